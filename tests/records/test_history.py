"""The history of a record: what each revision changed, by whom, as its reader may see it."""

from __future__ import annotations

import pytest

from tests.records.doors import DEMAND, NOWHERE, act, change, create, ok, path, read
from tests.records.zoo import ZOO, definition, publish_form
from tests.samples import demand


@pytest.fixture(scope="module", autouse=True)
def zoo(app):
    with app.app_context():
        publish_form(definition())


def revisions(client, form, record, status=200):
    return ok(client.get(path(form, record, "/revisions")), status)


def changes(revision):
    return {(item["field"], item["row"]): (item["old"], item["new"]) for item in revision["changes"]}


def test_each_revision_tells_what_it_changed(api):
    ent = api("ent_a")
    saved = create(
        ent, ZOO, {"name": "狮", "count": 1, "meals": [{"food": "草", "grams": 1}, {"food": "肉", "grams": 2}]}
    )
    first, second = read(ent, ZOO, saved)["answers"]["meals"]
    change(
        ent, ZOO, saved, {"count": 2, "remark": "新", "meals": [{"_row": second["_row"], "grams": 9}, {"food": "鱼"}]}
    )
    change(api("ent_a_clerk"), ZOO, saved, {"name": None})
    one, two, three = revisions(ent, ZOO, saved)
    assert [item["no"] for item in (one, two, three)] == [1, 2, 3]
    assert changes(one)["name", None] == (None, "狮")
    assert changes(one)["meals", 1] == (None, {"food": "草", "grams": 1})
    assert changes(two) == {
        ("remark", None): (None, "新"),
        ("count", None): (1, 2),
        ("twice", None): (2, 4),
        ("meals.grams", 1): (2, 9),
        ("meals", 2): (None, {"food": "鱼"}),
        ("meals", None): ({"food": first["food"], "grams": first["grams"]}, None),
    }
    assert changes(three) == {("name", None): ("狮", None)}
    assert [item["by"] for item in (two, three)] == ["甲企管理员", "甲企填报员"]
    assert {item["origin"] for item in (one, two, three)} == {"api"}


def test_a_row_that_came_or_went_shows_masks(api):
    ent, county = api("ent_a"), api("county_a")
    saved = create(ent, ZOO, {"meals": [{"food": "草", "cook": "张三丰", "recipe": "祖传"}]})
    change(ent, ZOO, saved, {"meals": None})
    came, went = revisions(county, ZOO, saved)
    assert changes(came)["meals", 1] == (None, {"food": "草", "cook": "张**"})
    assert changes(went)["meals", None] == ({"food": "草", "cook": "张**"}, None)
    text = county.get(path(ZOO, saved, "/revisions")).get_data(as_text=True)
    assert "三丰" not in text
    assert "祖传" not in text
    # Its owner sees the cook in plain, and what is secret as a mask.
    own = changes(revisions(ent, ZOO, saved)[0])["meals", 1][1]
    assert own == {"food": "草", "cook": "张三丰", "recipe": "***"}


def test_what_is_secret_shows_only_that_it_changed(api):
    ent, county = api("ent_a"), api("county_a")
    saved = create(ent, ZOO, {"plan": "甲计划"})
    change(ent, ZOO, saved, {"plan": "乙计划"})
    assert changes(revisions(ent, ZOO, saved)[1]) == {("plan", None): ("***", "***")}
    assert revisions(county, ZOO, saved)[1]["changes"] == []


def test_steps_stand_in_the_history(api):
    ent, county = api("ent_a"), api("county_a")
    saved = create(ent, DEMAND, demand("史"), submit=True)
    act(
        county,
        DEMAND,
        saved,
        "return",
        comment="请改",
        notes=[{"field": "staff_now", "row": None, "text": "核实", "severity": "must"}],
    )
    change(ent, DEMAND, saved, {"staff_now": 110})
    found = revisions(ent, DEMAND, saved)
    assert [(item["verb"], item["state"], item["origin"]) for item in found] == [
        ("submit", "county_review", "api"),
        ("return", "returned", "review"),
        (None, "returned", "api"),
    ]
    assert found[1]["comment"] == "请改"
    assert changes(found[2]) == {("staff_now", None): (120, 110)}


@pytest.mark.parametrize("account", ["ent_b", "county_b", "school_b"])
def test_strangers_get_none(api, account):
    saved = create(api("ent_a"), DEMAND, {"staff_now": 1})
    refused = revisions(api(account), DEMAND, saved, 404)
    assert refused == revisions(api(account), DEMAND, NOWHERE, 404)
    assert len(revisions(api("county_a"), DEMAND, saved)) == 1
