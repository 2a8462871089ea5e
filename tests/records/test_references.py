"""References: found by typing within one's view, refused outside it like made-up ones, kept with the label of then."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from app.access.actor import acting_as
from app.database import db, unit_of_work
from app.identity.models import Organization
from app.identity.service import find_user
from app.records import service
from app.records.writing import references
from tests.conftest import ApiClient
from tests.records.doors import (
    BASE,
    DEMAND,
    ENTERPRISE,
    NOWHERE,
    TEACHER,
    change,
    codes,
    create,
    ids,
    listing,
    ok,
    path,
    places,
    read,
    where,
)
from tests.records.zoo import ZOO, definition, publish_form, who
from tests.samples import demand, teacher

SCHOOL = "school_profile"


@pytest.fixture(scope="module")
def profiles(app, signed_in):
    """Let both enterprises and both colleges have a profile; return them by account."""
    with app.app_context():
        publish_form(definition())
    found = {}
    for account, form in (("ent_a", ENTERPRISE), ("ent_b", ENTERPRISE), ("school_a", SCHOOL), ("school_b", SCHOOL)):
        client = signed_in.setdefault((account, "zh"), ApiClient(app, account))
        found[account] = create(client, form, {})
    return found


def lookup(client, form, field, q=""):
    return ok(client.get(f"/forms/{form}/lookup/{field}?q={quote(q)}"))["items"]


def organization(app, username):
    with app.app_context():
        return find_user(username).organization_id


def use(app, username, *, active):
    with app.app_context(), unit_of_work():
        db.session.get(Organization, find_user(username).organization_id).active = active


def test_typing_finds_what_is_in_view(api, profiles):
    city, county, ent = api("city_voc"), api("county_a"), api("ent_a")
    both = [item["id"] for item in lookup(city, DEMAND, "ent_id", "有限公司")]
    assert {profiles["ent_a"]["id"], profiles["ent_b"]["id"]} <= set(both)
    for client in (county, ent):
        for q in ("有限公司", "", "富拉尔基", "公司"):
            assert profiles["ent_b"]["id"] not in [item["id"] for item in lookup(client, DEMAND, "ent_id", q)]
        assert profiles["ent_a"]["id"] in [item["id"] for item in lookup(client, DEMAND, "ent_id", "数控机床")]
    assert lookup(ent, DEMAND, "ent_id", "没有这样的") == []
    found = next(item for item in lookup(ent, DEMAND, "ent_id", "数控") if item["id"] == profiles["ent_a"]["id"])
    assert found == {
        "id": profiles["ent_a"]["id"],
        "label": "建华示范数控机床有限公司",
        "hint": profiles["ent_a"]["serial"],
    }
    # In a sub-table, and of a form that every enterprise may see.
    assert {item["id"] for item in lookup(ent, DEMAND, "positions.order_school", "技")} >= {
        profiles["school_a"]["id"],
        profiles["school_b"]["id"],
    }


def test_a_form_that_is_nothing_to_the_actor_offers_nothing(api, profiles):
    # Schools see enterprises only where these are published.
    assert lookup(api("school_a"), TEACHER, "employer_id", "数控") == []
    assert ok(api("ent_a").get(f"/forms/{DEMAND}/lookup/staff_now?q=x"), 404)
    assert ok(api("ent_a").get(f"/forms/{DEMAND}/lookup/no_such?q=x"), 404)
    assert ok(api("ent_a").get("/forms/no_such/lookup/ent_id?q=x"), 404)


def test_organizations_are_found_by_name(app, api, profiles):
    ent = api("ent_a")
    assert [item["label"] for item in lookup(ent, ZOO, "keeper")] == ["建华示范数控机床有限公司"]
    assert [item["label"] for item in lookup(ent, ZOO, "keeper", "建")] == ["建华示范数控机床有限公司"]
    found = lookup(ent, ZOO, "keeper", "富拉尔基 装备")
    assert [(item["id"], item["label"], item["hint"]) for item in found] == [
        (str(organization(app, "ent_b")), "富拉尔基示范重型装备有限公司", "富区重装")
    ]
    assert [item["label"] for item in lookup(ent, ZOO, "keeper", "富区重装")] == ["富拉尔基示范重型装备有限公司"]
    assert lookup(ent, ZOO, "keeper", "%%") == lookup(ent, ZOO, "keeper", "__") == []
    assert len(lookup(ent, ZOO, "keeper", "人力资源")) <= 20


def test_the_label_is_ours_and_that_of_the_choice(api, profiles):
    city = api("city_voc")
    chosen = {"id": profiles["school_b"]["id"], "label": "我自己写的名字"}
    saved = create(api("ent_a"), DEMAND, {"positions": [{"order_school": chosen}]})
    cell = read(api("ent_a"), DEMAND, saved)["answers"]["positions"][0]["order_school"]
    assert cell == {"id": profiles["school_b"]["id"], "label": "嫩江示范高级技工学校"}
    assert read(city, DEMAND, saved)["answers"]["positions"][0]["order_school"] == cell


@pytest.mark.parametrize("bad", ["foreign", "made_up", "other_form", "text", "number", "void"])
def test_what_is_out_of_view_is_refused_like_what_is_not(api, profiles, bad):
    county = api("county_a")
    own_base = create(api("school_a"), BASE, {"base_name": "示范实训基地"})
    gone = create(api("ent_a"), ENTERPRISE, {})
    ok(api("city_voc").delete(path(ENTERPRISE, gone), json={"reason": "重复"}))
    target = {
        "foreign": profiles["ent_b"]["id"],
        "made_up": NOWHERE,
        "other_form": own_base["id"],
        "text": "富拉尔基示范重型装备有限公司",
        "number": 5,
        "void": gone["id"],
    }[bad]
    problem = create(county, DEMAND, {"ent_id": target}, status=422)
    assert (places(problem), codes(problem)) == ({("ent_id", None)}, {"not_reference"})
    assert problem["errors"][0]["message"] == "没有找到这个单位，或不在您可以代填的范围内，请另选"
    problem = create(api("ent_a"), DEMAND, {"positions": [{}, {"order_school": target}]}, status=422)
    assert (places(problem), codes(problem)) == ({("positions.order_school", 2)}, {"not_reference"})
    # The positive twin.
    create(county, DEMAND, {"ent_id": profiles["ent_a"]["id"]})


def test_what_went_out_of_view_is_kept(app, api, profiles):
    """An organization that is out of use cannot be chosen; where it was chosen before, it stays, with its label."""
    with app.app_context(), acting_as(who("city_voc")) as city, unit_of_work():
        saved = service.create(
            city,
            ZOO,
            {"name": "狮", "keeper": str(organization(app, "ent_b"))},
            on_behalf_of=organization(app, "ent_a"),
        )
    saved = {"id": saved.id}
    ent = api("ent_a")
    label = read(ent, ZOO, saved)["answers"]["keeper"]["label"]
    use(app, "ent_b", active=False)
    try:
        # A new choice of it is refused; the old one survives saves, whole and untouched.
        assert codes(create(ent, ZOO, {"keeper": str(organization(app, "ent_b"))}, status=422)) == {"not_reference"}
        view = read(ent, ZOO, saved)
        change(ent, ZOO, saved, {**view["answers"], "name": "老狮"})
        assert read(ent, ZOO, saved)["answers"]["keeper"] == {"id": str(organization(app, "ent_b")), "label": label}
        assert saved["id"] in ids(listing(ent, ZOO, filters=[where("keeper", "eq", label)]))
        change(ent, ZOO, saved, {"keeper": None})
        assert codes(change(ent, ZOO, saved, {"keeper": str(organization(app, "ent_b"))}, status=422)) == {
            "not_reference"
        }
    finally:
        use(app, "ent_b", active=True)


def test_a_record_of_another_form_is_called_by_what_is_public(api, profiles):
    """Teachers are called by their serial number: their names are personal."""
    saved = create(api("school_a"), TEACHER, teacher(3))
    with_reference = definition(key="zoo_two", serial="Z2")
    with_reference["sections"][0]["fields"].append(
        {"key": "vet", "type": "reference", "form": TEACHER, "label": {"zh": "兽医", "en": "Vet"}, "class": "public"}
    )
    with_reference["sections"][0]["fields"].append(
        {"key": "stable", "type": "reference", "form": BASE, "label": {"zh": "基地", "en": "Base"}, "class": "public"}
    )
    with api("city_voc").client.application.app_context():
        publish_form(with_reference)
    base = create(api("school_a"), BASE, {"base_name": "马厩实训基地"})
    county = api("county_a")
    found = lookup(county, "zoo_two", "vet", saved["serial"])
    assert [(item["id"], item["label"]) for item in found if item["id"] == saved["id"]] == [
        (saved["id"], saved["serial"])
    ]
    assert ("马厩实训基地", base["id"]) in [
        (item["label"], item["id"]) for item in lookup(county, "zoo_two", "stable", "马厩")
    ]
    assert lookup(api("county_b"), "zoo_two", "vet", saved["serial"]) == []


def test_texts_of_a_workbook(app, api, profiles):
    with app.app_context():
        with acting_as(who("county_a")) as county:
            texts = [
                profiles["ent_a"]["id"],
                "建华示范数控机床有限公司",
                "91230203MA90000011",
                profiles["ent_a"]["serial"],
                profiles["ent_b"]["id"],
                "富拉尔基示范重型装备有限公司",
                "91230206MA9000002F",
                "没有",
                "",
            ]
            found = references.resolve(county, DEMAND, "ent_id", texts)
            own = {"id": profiles["ent_a"]["id"], "label": "建华示范数控机床有限公司"}
            assert set(found) <= set(texts[:4])
            assert found[profiles["ent_a"]["id"]] == own
            assert references.resolve(county, DEMAND, "ent_id", []) == {}
        with acting_as(who("ent_a")) as ent:
            number = str(organization(app, "ent_b"))
            found = references.resolve(
                ent, ZOO, "keeper", ["富区重装", "91230206MA9000002F", number, "富拉尔基示范重型装备有限公司", "没有"]
            )
            assert {value["id"] for value in found.values()} == {number}
            assert set(found) == {"富区重装", "91230206MA9000002F", number, "富拉尔基示范重型装备有限公司"}
        with acting_as(who("school_a")) as school:
            assert references.resolve(school, TEACHER, "employer_id", ["建华示范数控机床有限公司"]) == {}


def test_a_demand_of_an_enterprise_names_its_profile(api, profiles):
    saved = create(api("ent_b"), DEMAND, demand("自填"))
    assert read(api("ent_b"), DEMAND, saved)["answers"]["ent_id"] == {
        "id": profiles["ent_b"]["id"],
        "label": "富拉尔基示范重型装备有限公司",
    }
