"""Lists: every operator of every kind of column, every order, pages that lose and repeat nothing, counts."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.access.actor import acting_as, today
from app.database import unit_of_work
from app.records.writing import bulk
from forms.field_types.base import pinyin_key
from tests.records.doors import codes, ids, listing, where
from tests.records.zoo import TRADES, ZOO, definition, fill, publish_form, who

NUMBER = 110


@pytest.fixture(scope="module")
def herd(app):
    with app.app_context():
        publish_form(definition())
    return fill(app, NUMBER)


def numbers(value):
    return None if value is None else Decimal(str(value))


def got(answers, key):
    value = answers.get(key)
    return value["id"] if isinstance(value, dict) else value


def under(code):
    return lambda value: value is not None and (value == code or value.startswith(code))


#: field, operator, value, what must hold of the stored value (None: not answered).
OPERATORS = [
    ("name", "eq", "焊工", lambda v: v == "焊工"),
    ("name", "ne", "焊工", lambda v: v != "焊工"),
    ("name", "in", ["焊工", "车工"], lambda v: v in {"焊工", "车工"}),
    ("name", "not_in", ["焊工", "车工"], lambda v: v not in {"焊工", "车工"}),
    ("name", "empty", None, lambda v: v is None),
    ("name", "not_empty", None, lambda v: v is not None),
    ("name", "contains", "焊", lambda v: v is not None and "焊" in v),
    ("name", "contains", "alph", lambda v: v is not None and "alph" in v.lower()),
    ("name", "contains", "%", lambda v: False),
    ("name", "contains", "_", lambda v: False),
    ("name", "starts", "高级", lambda v: v is not None and v.startswith("高级")),
    ("remark", "contains", "北京", lambda v: v is not None and "北京" in v),
    ("remark", "empty", None, lambda v: v is None),
    ("count", "eq", 2, lambda v: v == 2),
    ("count", "eq", "2", lambda v: v == 2),
    ("count", "ne", 2, lambda v: v != 2),
    ("count", "in", [0, 5], lambda v: v in {0, 5}),
    ("count", "not_in", [0, 5], lambda v: v not in {0, 5}),
    ("count", "lt", 1, lambda v: v is not None and v < 1),
    ("count", "lte", 1, lambda v: v is not None and v <= 1),
    ("count", "gt", 1.5, lambda v: v is not None and v > 1.5),
    ("count", "gte", 5, lambda v: v is not None and v >= 5),
    ("count", "between", [0, 5], lambda v: v is not None and 0 <= v <= 5),
    ("count", "empty", None, lambda v: v is None),
    ("count", "not_empty", None, lambda v: v is not None),
    ("weight", "eq", "1.1", lambda v: numbers(v) == Decimal("1.1")),
    ("weight", "between", ["-1", "1.25"], lambda v: v is not None and Decimal(-1) <= Decimal(v) <= Decimal("1.25")),
    ("weight", "gt", "1.10", lambda v: v is not None and Decimal(v) > Decimal("1.1")),
    ("price", "gte", "4500.50", lambda v: v is not None and Decimal(v) >= Decimal("4500.5")),
    ("price", "eq", "12,345,678.50", lambda v: numbers(v) == Decimal("12345678.5")),
    ("share", "lt", 50, lambda v: v is not None and Decimal(v) < 50),
    ("stars", "in", [1, 5], lambda v: v in {1, 5}),
    ("born", "eq", "2026-01-11", lambda v: v == "2026-01-11"),
    ("born", "eq", "2026年1月11日", lambda v: v == "2026-01-11"),
    ("born", "lt", "2027-01-01", lambda v: v is not None and v < "2027-01-01"),
    ("born", "between", ["2026-01-01", "2026-12-31"], lambda v: v is not None and v[:4] == "2026"),
    ("born", "ne", "2026-01-11", lambda v: v != "2026-01-11"),
    ("month", "gte", "2026-05", lambda v: v is not None and v >= "2026-05"),
    ("month", "between", ["2026-02", "2026-04"], lambda v: v is not None and "2026-02" <= v <= "2026-04"),
    ("year", "lte", "2021", lambda v: v is not None and v <= "2021"),
    ("seen", "gt", "2026-03-04 00:00", lambda v: v is not None and v > "2026-03-04T00:00:00"),
    ("seen", "eq", "2026-03-04T02:30:00", lambda v: v == "2026-03-04T02:30:00"),
    ("tame", "eq", True, lambda v: v is True),
    ("tame", "eq", "否", lambda v: v is False),
    ("tame", "ne", True, lambda v: v is not True),
    ("tame", "empty", None, lambda v: v is None),
    ("colour", "eq", "r", lambda v: v == "r"),
    ("colour", "eq", "红", lambda v: v == "r"),
    ("colour", "not_in", ["r", "g"], lambda v: v not in {"r", "g"}),
    ("colours", "has_any", ["r", "g"], lambda v: v is not None and bool({"r", "g"} & set(v))),
    ("colours", "has_all", ["r", "g"], lambda v: v is not None and {"r", "g"} <= set(v)),
    ("colours", "has_all", "b", lambda v: v is not None and "b" in v),
    ("colours", "empty", None, lambda v: v is None),
    ("colours", "not_empty", None, lambda v: v is not None),
    ("trade", "under", "C", under("C")),
    ("trade", "under", "A01", lambda v: v == "A01"),
    ("trade", "eq", "C", lambda v: v == "C"),
    ("home", "eq", "230203", lambda v: v == "230203"),
    ("home", "under", "230200", lambda v: v == "230200"),
    ("keeper", "contains", "数控", lambda v: v is not None and "数控" in v["label"]),
    ("keeper", "eq", "建华示范数控机床有限公司", lambda v: v is not None and v["label"] == "建华示范数控机床有限公司"),
    ("keeper", "ne", "建华示范数控机床有限公司", lambda v: v is None or v["label"] != "建华示范数控机床有限公司"),
    ("keeper", "empty", None, lambda v: v is None),
    ("keeper", "not_empty", None, lambda v: v is not None),
]


@pytest.mark.parametrize("case", OPERATORS, ids=[f"{f}-{o}-{n}" for n, (f, o, _, _) in enumerate(OPERATORS)])
def test_operators(api, herd, case):
    field, op, value, holds = case
    expected = {one.id for one in herd.animals if holds(one.answers.get(field))}
    page = listing(api("city_voc"), ZOO, filters=[where(field, op, value)], page_size=200, count="exact")
    assert set(ids(page)) == expected
    assert page["count"] == len(expected)


def test_a_reference_is_found_by_its_id(api, herd):
    keeper = next(one.answers["keeper"] for one in herd.animals if "keeper" in one.answers)
    expected = {one.id for one in herd.animals if (one.answers.get("keeper") or {}).get("id") == keeper["id"]}
    for op in ("eq", "in"):
        assert (
            set(ids(listing(api("city_voc"), ZOO, filters=[where("keeper", op, keeper["id"])], page_size=200)))
            == expected
        )
    rest = set(ids(listing(api("city_voc"), ZOO, filters=[where("keeper", "not_in", [keeper["id"]])], page_size=200)))
    assert rest == herd.ids() - expected


def test_computed_columns_are_numbers(api, herd):
    expected = {one.id for one in herd.animals if one.answers.get("count") is not None and one.answers["count"] * 2 > 2}
    assert set(ids(listing(api("city_voc"), ZOO, filters=[where("twice", "gt", 2)], page_size=200))) == expected


def test_system_columns(api, herd):
    city = api("city_voc")

    def found(*filters):
        return set(ids(listing(city, ZOO, filters=list(filters), page_size=200)))

    drafts = {one.id for one in herd.animals if one.state == "draft"}
    assert 0 < len(drafts) < NUMBER
    assert found(where("_state", "eq", "draft")) == drafts
    assert found(where("_state", "ne", "draft")) == herd.ids() - drafts
    assert found(where("_state", "in", ["draft", "submitted"])) == herd.ids()
    assert found(where("_submitted_at", "empty")) == drafts
    assert found(where("_submitted_at", "not_empty")) == herd.ids() - drafts
    assert found(where("_region", "eq", "230206")) == herd.ids("ent_b")
    assert found(where("_region", "starts", "2302")) == herd.ids()
    assert found(where("_organization_name", "contains", "数控")) == herd.ids("ent_a")
    number = listing(city, ZOO, filters=[where("_region", "eq", "230206")])["records"][0]["organization"]["id"]
    assert (
        found(where("_organization", "eq", number))
        == found(where("_organization", "in", [str(number)]))
        == herd.ids("ent_b")
    )
    one = herd.animals[3]
    assert found(where("_id", "in", [one.id, "nothing"])) == {one.id}
    assert one.id in found(where("_serial", "eq", one.serial))
    assert found(where("_created_at", "gte", "2020-01-01")) == herd.ids()
    assert found(where("_updated_at", "lt", "2020-01-01T00:00:00+08:00")) == set()
    assert (
        found(where("_updated_at", "between", ["2020-01-01", (today() + timedelta(days=2)).isoformat()])) == herd.ids()
    )
    # All conditions must hold.
    both = found(where("_state", "eq", "draft"), where("_region", "eq", "230206"), where("count", "gte", 1))
    assert both == {
        one.id
        for one in herd.animals
        if one.id in drafts and one.account == "ent_b" and (one.answers.get("count") or 0) >= 1
    }


BAD = [
    where("no_such", "eq", 1),
    where("meals", "not_empty"),
    where("meals.grams", "eq", 1),
    where("_batch", "eq", "x"),
    where("_flagged", "eq", True),
    where("_published", "eq", True),
    where("_created_by", "eq", 1),
    where("name", "lt", "x"),
    where("name", "under", "x"),
    where("name", "like", "x"),
    where("name", "contains", " "),
    where("name", "eq", []),
    where("name", "eq", {"a": 1}),
    where("name", "in", ["x"] * 501),
    where("count", "contains", "1"),
    where("count", "eq", "many"),
    where("count", "eq", True),
    where("count", "lt", "1e40"),
    where("count", "between", [1]),
    where("count", "between", [1, 2, 3]),
    where("born", "eq", "2026-02-30"),
    where("tame", "lt", True),
    where("tame", "eq", "maybe"),
    where("colour", "eq", "purple"),
    where("colours", "eq", ["r"]),
    where("colours", "has_any", ["purple"]),
    where("trade", "under", "no such"),
    where("_state", "lt", "draft"),
    where("_updated_at", "contains", "2026"),
    where("_updated_at", "eq", "yesterday"),
    where("_updated_at", "lt", "0001-01-01"),
    where("_organization", "eq", "x"),
    where("_organization", "contains", "1"),
    where("_organization", "eq", 10**30),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_cannot_be_asked_is_refused_with_the_filter(api, herd, number):
    problem = listing(api("city_voc"), ZOO, filters=[where("count", "gte", 0), BAD[number]], status=400)
    assert [(error["field"], error["row"]) for error in problem["errors"]] == [("filter", 2)]


def test_filters_are_limited(api, herd):
    assert codes(listing(api("city_voc"), ZOO, filters=[where("count", "gte", 0)] * 21, status=400)) == {"too_many"}
    assert listing(api("city_voc"), ZOO, filters=[where("count", "gte", 0)] * 20)["count"] > 0


# --- orders and pages --------------------------------------------------------------------------------------------

SORTED = (
    "name",
    "count",
    "weight",
    "price",
    "share",
    "stars",
    "born",
    "month",
    "year",
    "seen",
    "tame",
    "colour",
    "trade",
    "home",
    "keeper",
    "twice",
)
#: Options stand in the order of their list.
PLACES = {
    "colour": "rgb",
    "trade": ("A", "A01", "C", "C34", "C35", "D", "D44"),
    "home": ("230200", "230203", "230206", "230281"),
}
TEXTS = {"name", "month", "year", "seen", "colour", "trade", "home", "keeper"}


def key_of(animal, name):
    answers = animal.answers
    value = answers.get(name)
    if name == "twice":
        value = None if answers.get("count") is None else answers["count"] * 2
    if value is None:
        return None
    if name in PLACES:
        return PLACES[name].index(value)
    if name == "name":
        return pinyin_key(value).encode()
    if name == "keeper":
        return pinyin_key(value["label"]).encode()
    if name in {"weight", "price", "share"}:
        return Decimal(value)
    return value.encode() if isinstance(value, str) and name in TEXTS else value


def expected_order(herd, name, *, down):
    """Texts without a value stand first, everything else without one last, whichever way; ties by id."""
    rows = [(key_of(one, name), one.id) for one in herd.animals]
    if name in TEXTS:
        rows = [((0,) if key is None else (1, key), number) for key, number in rows]
    some = sorted((row for row in rows if row[0] is not None), reverse=down)
    none = sorted((row for row in rows if row[0] is None), key=lambda row: row[1], reverse=down)
    return [number for _, number in some + none]


def walk(client, order, size, *, backwards=False, **query):
    """Return all ids, page by page from the one end to the other."""
    found, pages = [], 0
    page = listing(client, ZOO, order=order, page_size=size, **({"from_": "end"} if backwards else {}), **query)
    while True:
        found = ids(page) + found if backwards else found + ids(page)
        pages += 1
        assert len(page["records"]) <= size
        cursor = page["previous"] if backwards else page["next"]
        if cursor is None:
            return found, pages
        page = listing(client, ZOO, order=order, page_size=size, cursor=cursor, **query)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", SORTED)
def test_pages_are_one_order_both_ways(api, herd, name, sign):
    city, order = api("city_voc"), sign + name
    whole = ids(listing(city, ZOO, order=order, page_size=200))
    assert whole == expected_order(herd, name, down=bool(sign))
    for size in (9, 60):
        forward, pages = walk(city, order, size)
        assert forward == whole
        assert pages == -(-NUMBER // size)
        assert walk(city, order, size, backwards=True)[0] == whole


@pytest.mark.parametrize(
    "name", ["_updated_at", "_created_at", "_submitted_at", "_serial", "_state", "_region", "_organization_name"]
)
def test_system_orders(api, herd, name):
    city = api("city_voc")
    for order in (name, f"-{name}"):
        page = listing(city, ZOO, order=order, page_size=200)
        whole = ids(page)
        assert set(whole) == herd.ids()
        assert walk(city, order, 23)[0] == walk(city, order, 23, backwards=True)[0] == whole
        shown = {"_organization_name": lambda r: r["organization"]["name"]}.get(name, lambda r: r.get(name[1:]))
        if name != "_created_at":
            values = [shown(record) for record in page["records"] if shown(record) is not None]
            assert values == sorted(values, reverse=order != name)
            empty = [shown(record) is None for record in page["records"]]
            assert empty == sorted(empty)


def test_turning_round_gives_the_page_before(api, herd):
    city = api("city_voc")
    for order in ("count", "-name", "-_submitted_at"):
        first = listing(city, ZOO, order=order, page_size=25)
        assert first["previous"] is None
        second = listing(city, ZOO, order=order, page_size=25, cursor=first["next"])
        again = listing(city, ZOO, order=order, page_size=25, cursor=second["previous"])
        assert ids(again) == ids(first)
        assert ids(listing(city, ZOO, order=order, page_size=25, cursor=again["next"])) == ids(second)
        last = listing(city, ZOO, order=order, page_size=25, from_="end")
        assert last["next"] is None
        assert len(ids(last)) == 25


def test_random_questions_page_alike(api, herd):
    """Whatever is asked: pages joined are the whole, which is what the conditions say."""
    dice = random.Random(11)
    readers = {"city_voc": herd.ids(), "ent_a": herd.ids("ent_a"), "county_a": None}
    clients = {name: api(name) for name in readers}
    for _ in range(25):
        account = dice.choice(list(readers))
        chosen = dice.sample(
            [item for item in OPERATORS if account != "county_a" or item[0] in {"name", "count"}], dice.randrange(0, 3)
        )
        filters = [where(field, op, value) for field, op, value, _ in chosen]
        names = ["_serial", "_updated_at", "name", "count"] + (
            [] if account == "county_a" else ["born", "tame", "weight"]
        )
        order, size = dice.choice(("", "-")) + dice.choice(names), dice.choice((3, 8, 17))
        whole = ids(listing(clients[account], ZOO, order=order, page_size=200, filters=filters))
        if readers[account] is not None:
            wanted = {
                one.id
                for one in herd.animals
                if one.id in readers[account] and all(holds(one.answers.get(field)) for field, _, _, holds in chosen)
            }
            assert set(whole) == wanted
        assert walk(clients[account], order, size, filters=filters)[0] == whole
        assert walk(clients[account], order, size, backwards=True, filters=filters)[0] == whole


def published(one):
    return (
        one.state == "submitted"
        and one.answers.get("stars") == 5
        and ("born" not in one.answers or one.answers["born"] >= today().isoformat())
    )


def test_several_scopes_make_one_list(api, herd):
    county = api("county_a")
    region = herd.ids("ent_a") | herd.ids("county_a")
    opened = {one.id for one in herd.animals if published(one)}
    assert opened & herd.ids("ent_b"), "the herd lacks a published animal of B"
    assert opened & region
    page = listing(county, ZOO, page_size=200, count="exact")
    assert set(ids(page)) == region | opened
    assert page["count"] == len(region | opened) == len(ids(page))
    for order in ("name", "-count", "_submitted_at", "-_updated_at", "_serial"):
        whole = ids(listing(county, ZOO, order=order, page_size=200))
        assert set(whole) == region | opened
        assert walk(county, order, 9)[0] == walk(county, order, 9, backwards=True)[0] == whole
    # What publication does not open is neither ordered nor, there, filtered by.
    assert codes(listing(county, ZOO, order="born", status=400)) == {"order"}
    found = set(ids(listing(county, ZOO, filters=[where("stars", "eq", 5)], page_size=200)))
    assert found == {one.id for one in herd.animals if one.id in region and one.answers.get("stars") == 5}
    seen = {record["id"]: record["answers"] for record in page["records"]}
    for one in herd.animals:
        if one.id in opened - region:
            assert set(seen[one.id]) <= {"name", "count"}


def test_an_order_is_refused_that_would_tell(api, herd):
    for order in (
        "owner_name",
        "owner_phone",
        "plan",
        "colours",
        "meals",
        "meals.grams",
        "paper",
        "no_such",
        "_flagged",
        "_batch",
        "_organization",
        "_id",
        "",
        "--name",
        "name__sort",
    ):
        response = listing(api("city_voc"), ZOO, order=order, status=200 if order == "" else 400)
        assert order == "" or codes(response) == {"order"}
    # The owner sees his people in plain.
    assert set(ids(listing(api("ent_a"), ZOO, order="owner_name", page_size=200))) == herd.ids("ent_a")


def test_a_cursor_belongs_to_its_list(api, herd):
    city = api("city_voc")
    cursor = listing(city, ZOO, order="name", page_size=5)["next"]
    assert herd.animals[0].answers.get("name", "x") not in cursor
    for order, wrong in (
        ("count", cursor),
        ("name", "x" * 500),
        ("name", "%%%"),
        ("name", ""),
        ("name", "bnVsbA"),
        ("name", "W10"),
        ("name", "äöü"),
    ):
        if wrong:
            assert codes(listing(city, ZOO, order=order, cursor=wrong, status=400)) == {"cursor"}


def test_a_cursor_of_what_is_out_of_view_tells_nothing(api, herd):
    """A made-up record and somebody else's start the same page."""
    import base64

    import orjson

    def start(order, record_id):
        content = base64.urlsafe_b64encode(orjson.dumps([order, record_id, 0])).rstrip(b"=").decode()
        return listing(api("ent_a"), ZOO, order=order, cursor=content, page_size=200)

    theirs = sorted(herd.ids("ent_b"))
    for foreign in theirs[:: max(1, len(theirs) // 6)]:
        near = foreign[:-1] + ("0" if foreign[-1] != "0" else "1")
        for order in ("count", "-count", "-_updated_at"):
            assert ids(start(order, foreign)) == ids(start(order, near)), order


def test_counts_stop_at_a_thousand(app, api, herd):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        with unit_of_work():
            bulk.create_many(
                actor, ZOO, [{"name": f"批量{number}", "count": number} for number in range(1100)], batch="b" * 26
            )
        assert listing(api("ent_a"), ZOO, filters=[where("name", "starts", "批量")])["count"] == 0
        with unit_of_work():
            assert bulk.show(actor, ZOO, "b" * 26) == 1100
    ent = api("ent_a")
    capped = listing(ent, ZOO)
    assert (capped["count"], capped["count_capped"]) == (1001, True)
    exact = listing(ent, ZOO, count="exact")
    assert (exact["count"], exact["count_capped"]) == (1100 + len(herd.ids("ent_a")), False)
    few = listing(ent, ZOO, filters=[where("count", "between", [10, 19]), where("name", "starts", "批量")])
    assert (few["count"], few["count_capped"]) == (10, False)
    assert listing(ent, ZOO, filters=[where("twice", "eq", 38), where("name", "starts", "批量")])["count"] == 1
    deep = listing(ent, ZOO, order="-count", page_size=50, from_="end")
    assert len(ids(deep)) == 50


def test_dates_are_days(herd):
    assert all(date.fromisoformat(one.answers["born"]) for one in herd.animals if "born" in one.answers)
    assert set(TRADES)
