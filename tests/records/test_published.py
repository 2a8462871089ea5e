"""The scope *published*: exactly what the definition opens, while it is open, and nothing else of the record."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count

import pytest

from app.access import law
from app.access.actor import acting_as, today
from app.database import unit_of_work
from app.records import service
from tests.records.doors import DEMAND, NOWHERE, act, change, codes, ids, listing, ok, path, read, submitted, where
from tests.records.zoo import ZOO, definition, publish_form, who
from tests.samples import demand, position

#: Who sees published demands and nothing else of enterprise A.
STRANGERS = ("county_b", "school_b", "school_a")


_years = count(2100)


@pytest.fixture
def saved(api):
    """Return a demand of A with one position that is public and one that is not, submitted."""
    period = f"{next(_years)}-01"
    answers = demand(positions=0, difficulty="机密难处", staff_now=120, period_start=period, period_end=period)
    answers["positions"] = [
        position(position_name="公开焊工", remark="内部备注一"),
        position(position_name="保密车工", remark="内部备注二"),
    ]
    answers["positions"][0]["publish_ok"] = True
    return submitted(api("ent_a"), DEMAND, answers)


def collect(api, record):
    act(api("county_a"), DEMAND, record, "approve")
    return act(api("city_voc"), DEMAND, record, "collect")


def test_nothing_is_open_before_it_is_collected(api, saved):
    for account in STRANGERS:
        assert read(api(account), DEMAND, saved, 404)
        assert saved["id"] not in ids(listing(api(account), DEMAND, page_size=200))
    act(api("county_a"), DEMAND, saved, "approve")
    for account in STRANGERS:
        assert read(api(account), DEMAND, saved, 404)


def test_once_collected_the_public_position_is_seen_and_nothing_else(api, saved):
    collect(api, saved)
    for account in STRANGERS:
        client = api(account)
        view = read(client, DEMAND, saved)
        assert set(view["answers"]) == {"positions"}
        (row,) = view["answers"]["positions"]
        assert row["position_name"] == "公开焊工"
        assert row["salary_max"] == "6500.00"
        assert view["organization"]["name"] == "建华示范数控机床有限公司"
        text = json.dumps(view, ensure_ascii=False)
        for secret in ("保密车工", "机密难处", "测试员", "1390000000", "内部备注二"):
            assert secret not in text, (account, secret)
        (listed,) = [
            record for record in listing(client, DEMAND, page_size=200)["records"] if record["id"] == saved["id"]
        ]
        assert listed["answers"] == view["answers"]
    # The other enterprise has no such grant.
    assert read(api("ent_b"), DEMAND, saved, 404)


def test_neither_history_nor_notes_nor_steps(api, saved):
    collect(api, saved)
    for account in STRANGERS:
        client = api(account)
        assert ok(client.get(path(DEMAND, saved, "/revisions"))) == []
        assert read(client, DEMAND, saved)["notes"] == []
        assert ok(client.get(path(DEMAND, saved, "/actions")))["actions"] == []
    assert len(ok(api("ent_a").get(path(DEMAND, saved, "/revisions")))) == 3


def test_nothing_hidden_is_searched_or_filtered_by(api, saved):
    collect(api, saved)
    everything = where("_id", "eq", saved["id"])
    for account in STRANGERS:
        client = api(account)
        assert listing(client, DEMAND, filters=[everything])["count"] == 1
        for q in ("机密", "难处", "测试员"):
            assert listing(client, DEMAND, q=q, filters=[everything])["count"] == 0, (account, q)
        for name, value in (
            ("period_type", "1"),
            ("difficulty", "机密难处"),
            ("staff_now", 120),
            ("filler_name", "测试员"),
            ("total_need", 10),
        ):
            response = client.get(path(DEMAND) + "?filter=" + json.dumps([everything, where(name, "eq", value)]))
            # A county may filter its own region's rows by it; a school has none.
            assert response.status_code == 400 or response.get_json()["count"] == 0, (account, name)
            assert codes(listing(client, DEMAND, order=name, status=400)) == {"order"}
    assert listing(api("ent_a"), DEMAND, q="机密", filters=[everything])["count"] == 1


def test_it_is_only_seen(api, saved):
    collect(api, saved)
    lock = read(api("ent_a"), DEMAND, saved)["lock_version"]
    for account in STRANGERS:
        client = api(account)
        for method, tail, body in (
            ("PUT", "", {"lock_version": lock, "answers": {"staff_now": 1}}),
            ("DELETE", "", {"reason": "x", "lock_version": lock}),
            ("POST", "/reveal", {"fields": ["filler_mobile"], "reason": "x"}),
            ("POST", "/actions/withdraw", {"lock_version": lock, "comment": "x"}),
            ("POST", "/actions/push", {"lock_version": lock}),
        ):
            assert client.open(method, path(DEMAND, saved, tail), json=body).status_code in {403, 404}, (account, tail)
    assert read(api("ent_a"), DEMAND, saved)["lock_version"] == lock


def test_it_goes_when_it_is_withdrawn(api, saved):
    collect(api, saved)
    assert read(api("county_b"), DEMAND, saved)["state"] == "collected"
    act(api("city_voc"), DEMAND, saved, "push")
    assert read(api("county_b"), DEMAND, saved)["state"] == "pushed"
    act(api("ent_a"), DEMAND, saved, "withdraw", comment="停产")
    for account in STRANGERS:
        assert read(api(account), DEMAND, saved, 404)
        assert saved["id"] not in ids(listing(api(account), DEMAND, page_size=200))
    assert read(api("ent_a"), DEMAND, saved)["state"] == "withdrawn"


def test_it_goes_when_it_is_void(api, saved):
    collect(api, saved)
    ok(api("city_voc").delete(path(DEMAND, saved), json={"reason": "虚假"}))
    for account in STRANGERS:
        assert read(api(account), DEMAND, saved, 404)


def test_each_position_goes_when_it_expires(api, monkeypatch):
    answers = demand("到期", positions=0)
    answers["positions"] = [
        position(position_name="早到期", publish_ok=True, valid_until="2027-06-30"),
        position(position_name="晚到期", publish_ok=True, valid_until="2027-07-31"),
    ]
    saved = submitted(api("ent_a"), DEMAND, answers)
    collect(api, saved)

    def seen(account="county_b"):
        return [row["position_name"] for row in read(api(account), DEMAND, saved)["answers"]["positions"]]

    assert seen() == ["早到期", "晚到期"]
    for day, rows in (("2027-06-30", ["早到期", "晚到期"]), ("2027-07-01", ["晚到期"]), ("2027-07-31", ["晚到期"])):
        monkeypatch.setattr(law, "today", lambda day=day: today().fromisoformat(day))
        assert seen() == rows
        assert seen("ent_a") == ["早到期", "晚到期"]
    monkeypatch.setattr(law, "today", lambda: today().fromisoformat("2027-08-01"))
    for account in STRANGERS:
        assert read(api(account), DEMAND, saved, 404)
        assert saved["id"] not in ids(listing(api(account), DEMAND, page_size=200))
    assert seen("ent_a") == ["早到期", "晚到期"]


def test_a_record_that_is_open_as_a_whole(app, api):
    """Without workflow: open while five stars say so, with the fields that the definition names."""
    with app.app_context():
        publish_form(definition())
    ent, county = api("ent_a"), api("county_b")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    answers = {
        "name": "公开狮",
        "count": 3,
        "stars": 5,
        "born": tomorrow,
        "remark": "内部",
        "owner_name": "张三",
        "meals": [{"food": "肉"}],
    }
    saved = submitted(ent, ZOO, answers)
    view = read(county, ZOO, saved)
    assert view["answers"] == {"name": "公开狮", "count": 3}
    assert view["masked"] == []
    assert listing(county, ZOO, q="公开狮")["count"] == 1
    assert listing(county, ZOO, q="内部")["count"] == 0
    for taken_back in ({"stars": 4}, {"stars": 5, "born": "2020-01-01"}):
        change(ent, ZOO, saved, taken_back)
        assert read(county, ZOO, saved, 404)
        assert listing(county, ZOO, q="公开狮")["count"] == 0
    change(ent, ZOO, saved, {"born": None})
    assert read(county, ZOO, saved)["answers"]["name"] == "公开狮"
    assert county.get(path(ZOO, NOWHERE)).status_code == 404


def test_both_scopes_at_once_show_both(app, api):
    """The county of the enterprise sees the whole of it, published or not; and the history, once."""
    with app.app_context():
        publish_form(definition(title={"zh": "动物园二", "en": "Zoo two"}))
        with acting_as(who("ent_a")) as actor, unit_of_work():
            saved = service.create(actor, ZOO, {"name": "虎", "stars": 5, "owner_name": "张三"}, submit=True)
    county = api("county_a")
    view = read(county, ZOO, {"id": saved.id})
    assert view["answers"]["owner_name"] == "张*"
    assert view["answers"]["stars"] == 5
    assert len(ok(county.get(path(ZOO, saved.id, "/revisions")))) == 1
    assert ids(listing(county, ZOO)).count(saved.id) == 1


def charged(api, account, charge):
    return ids(listing(api(account), DEMAND, page_size=200, filters=[where("_charge", "eq", charge)]))


def test_ones_own_charge_and_what_others_publish_are_told_apart(api, sign_in, saved):
    collect(api, saved)
    for account, mine in (("county_a", True), ("county_b", False)):
        assert (saved["id"] in charged(api, account, "mine")) is mine
        assert (saved["id"] in charged(api, account, "others")) is not mine
    # Who sees all has nothing to tell apart.
    assert saved["id"] in charged(api, "city_voc", "mine")
    assert charged(api, "city_voc", "others") == []
    listing(api("county_a"), DEMAND, status=400, filters=[where("_charge", "eq", "x")])
    listing(api("county_a"), DEMAND, status=400, filters=[where("_charge", "ne", "mine")])
    pages = {
        (account, charge): sign_in(account).get(f"/records/{DEMAND}/list?size=100&charge={charge}").get_data(True)
        for account in ("county_a", "county_b", "city_voc")
        for charge in ("mine", "others")
    }
    for (account, charge), page in pages.items():
        shown = {"county_a": charge == "mine", "county_b": charge == "others"}.get(account, charge == "mine")
        assert (f"show/{saved['id']}" in page) is shown, (account, charge)
        assert ("其他单位公开" in page) is (account != "city_voc")
    # The choice stays while one turns the page, sorts, searches and exports.
    for link in ("list?charge=mine&amp;size=100&amp;order=_state", "export?charge=mine", 'name="charge" value="mine"'):
        assert link in pages["county_a", "mine"], link
