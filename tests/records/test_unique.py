"""Unique keys: refused inside the organization, accepted in silence across the city, never in the way of a draft."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.records.models import Record
from app.records.projection.tables import form_table
from tests.records.doors import (
    DEMAND,
    TEACHER,
    act,
    change,
    codes,
    create,
    ids,
    listing,
    ok,
    path,
    places,
    read,
    submitted,
    where,
)
from tests.records.threads import at_once, sent
from tests.records.zoo import definition, publish_form
from tests.samples import demand, teacher

#: A form without workflow: its name is unique in the city, count and colour together in the organization.
FORM = "unique_zoo"


@pytest.fixture(scope="module", autouse=True)
def form(app):
    keys = [{"fields": ["name"], "city_wide": True}, {"fields": ["count", "colour"]}]
    with app.app_context():
        publish_form(definition(key=FORM, serial="UZ", unique=keys))


def flags(app, form=FORM):
    """Return which records are flagged, by the ledger and by the projection."""
    with app.app_context():
        record, main = Record.__table__, form_table(form).main
        ledger = sa.select(record.c.id).where(record.c.flagged, record.c.form_key == form)
        projection = sa.select(main.c._id).where(main.c._flagged)
        found = [set(db.session.scalars(tagged(statement, "test"))) for statement in (ledger, projection)]
    assert found[0] == found[1]
    return found[0]


def test_a_duplicate_of_ones_own_is_refused_and_named(api):
    ent = api("ent_a")
    submitted(ent, FORM, {"name": "重名", "count": 1, "colour": "r"})
    problem = create(ent, FORM, {"name": "重名", "count": 2}, submit=True, status=422)
    assert (places(problem), codes(problem)) == ({("name", None)}, {"duplicate"})
    assert problem["errors"][0]["message"] == "本单位已提交过name相同的记录，请核对或修改原记录"
    kept = read(ent, FORM, problem["id"])
    assert (kept["state"], kept["answers"]["name"]) == ("draft", "重名")
    both = create(ent, FORM, {"name": "重名", "count": 1, "colour": "r"}, submit=True, status=422)
    assert places(both) == {("name", None), ("count", None)}
    colleague = create(api("ent_a_clerk"), FORM, {"name": "重名"})
    assert colleague["state"] == "draft"
    # One part alone, and an empty part, are no key.
    submitted(ent, FORM, {"name": "另一个", "count": 1, "colour": "g"})
    submitted(ent, FORM, {"count": 1})
    submitted(ent, FORM, {"count": 1})


def test_drafts_may_collide_until_one_is_submitted(api):
    ent = api("ent_a")
    first, second = (create(ent, DEMAND, demand("草稿相撞")) for _ in range(2))
    assert act(ent, DEMAND, first, "submit")["state"] == "county_review"
    problem = act(ent, DEMAND, second, "submit", status=422)
    assert (places(problem), codes(problem)) == ({("period_type", None)}, {"duplicate"})
    assert "需求期间、期间起" in problem["errors"][0]["message"]
    change(ent, DEMAND, second, {"period_start": "2099-01", "period_end": "2099-01"})
    assert act(ent, DEMAND, second, "submit")["state"] == "county_review"


def test_a_returned_record_is_saved_whatever_it_collides_with(api):
    ent, county = api("ent_a"), api("county_a")
    there = submitted(ent, DEMAND, demand("占用"))
    mine = submitted(ent, DEMAND, demand("退回"))
    act(
        county,
        DEMAND,
        mine,
        "return",
        notes=[{"field": "period_start", "row": None, "text": "期间有误", "severity": "must"}],
    )
    assert read(ent, DEMAND, mine)["submitted_at"] is None
    taken = {key: demand("占用")[key] for key in ("period_start", "period_end")}
    change(ent, DEMAND, mine, taken)
    problem = act(ent, DEMAND, mine, "submit", status=422)
    assert codes(problem) == {"duplicate"}
    assert ok(ent.delete(path(DEMAND, there), json={"reason": "重复"}))["state"] == "void"
    assert act(ent, DEMAND, mine, "submit")["state"] == "county_review"
    # Its former period is free, since it was returned.
    submitted(ent, DEMAND, demand("退回"))


def test_a_recalled_record_frees_its_key(api):
    ent = api("ent_a")
    saved = submitted(ent, DEMAND, demand("撤回"))
    assert act(ent, DEMAND, saved, "recall")["state"] == "draft"
    submitted(ent, DEMAND, demand("撤回"))
    assert codes(act(ent, DEMAND, saved, "submit", status=422)) == {"duplicate"}


def test_a_change_of_what_stands_submitted_may_not_collide(api):
    ent = api("ent_a")
    submitted(ent, FORM, {"name": "甲名"})
    other = submitted(ent, FORM, {"name": "乙名"})
    problem = change(ent, FORM, other, {"name": "甲名"}, status=422)
    assert (places(problem), codes(problem)) == ({("name", None)}, {"duplicate"})
    assert read(ent, FORM, other)["answers"]["name"] == "乙名"
    change(ent, FORM, other, {"name": "丙名"})
    submitted(ent, FORM, {"name": "乙名"})


def test_across_the_city_it_is_accepted_and_flagged_and_not_told(app, api):
    first = submitted(api("ent_a"), FORM, {"name": "全市同名"})
    assert flags(app) == set()
    alone = submitted(api("ent_b"), FORM, {"name": "全市独名"})
    second = submitted(api("ent_b"), FORM, {"name": "全市同名"})
    assert flags(app) == {second["id"]}
    # Neither side can tell: the answers differ in nothing but what is one's own.
    shape = {key: value for key, value in second.items() if key not in {"id", "serial", "receipt"}}
    assert shape == {key: value for key, value in alone.items() if key not in {"id", "serial", "receipt"}}
    for account, record in (("ent_a", first), ("ent_b", second), ("ent_b", alone)):
        for text in (
            json.dumps(read(api(account), FORM, record)),
            json.dumps(ok(api(account).get(path(FORM, record, "/revisions")))),
        ):
            assert "flag" not in text
        for name in ("_flagged", "flagged"):
            assert listing(api(account), FORM, filters=[where(name, "eq", True)], status=400)["status"] == 400
    # Once it collides no more, the flag goes.
    change(api("ent_b"), FORM, second, {"name": "全市改名"})
    assert flags(app) == set()


def test_teachers_of_two_schools(app, api):
    """The same person in two schools: accepted both times (what the attachments lack does not matter here)."""
    answers = teacher(11)
    problems = [create(api(school), TEACHER, answers, submit=True, status=422) for school in ("school_a", "school_b")]
    first, second = map(codes, problems)
    assert first == second
    assert "duplicate" not in second


def test_two_at_once_in_one_organization(api):
    ent = api("ent_a")
    drafts = [create(ent, DEMAND, demand("同时")) for _ in range(4)]
    calls = [sent(ent, "POST", path(DEMAND, draft, "/actions/submit"), {"lock_version": 1}) for draft in drafts]
    responses = at_once(*calls)
    assert sorted(response.status_code for response in responses) == [200, 422, 422, 422]
    for response in responses:
        if response.status_code == 422:
            assert codes(response.get_json()) == {"duplicate"}
    states = [read(ent, DEMAND, draft)["state"] for draft in drafts]
    assert sorted(states) == ["county_review", "draft", "draft", "draft"]


def test_two_at_once_in_one_stroke(api):
    ent = api("ent_a")
    body = {"answers": {"name": "一举", "count": 77, "colour": "b"}, "submit": True}
    calls = [sent(ent, "POST", path(FORM), body) for _ in range(4)]
    responses = at_once(*calls)
    assert sorted(response.status_code for response in responses) == [201, 422, 422, 422]
    refused = [response.get_json() for response in responses if response.status_code == 422]
    assert {code for problem in refused for code in codes(problem)} == {"duplicate"}
    # Each of the losers has a draft, and nothing else.
    found = listing(ent, FORM, filters=[where("name", "eq", "一举")])
    assert sorted(record["state"] for record in found["records"]) == ["draft", "draft", "draft", "submitted"]


def test_two_at_once_across_the_city(app, api):
    before = flags(app)
    body = {"answers": {"name": "同城同时"}, "submit": True}
    calls = [sent(api(account), "POST", path(FORM), body) for account in ("ent_a", "ent_b")]
    responses = at_once(*calls)
    assert [response.status_code for response in responses] == [201, 201]
    new = flags(app) - before
    assert len(new) == 1
    assert new < {response.get_json()["id"] for response in responses}


def test_void_records_leave_the_key(app, api):
    ent, other = api("ent_a"), api("ent_b")
    saved = submitted(ent, FORM, {"name": "作废名", "count": 5, "colour": "b"})
    ok(ent.delete(path(FORM, saved), json={"reason": "误填"}))
    again = submitted(ent, FORM, {"name": "作废名", "count": 5, "colour": "b"})
    assert again["state"] == "submitted"
    assert saved["id"] not in ids(listing(ent, FORM))
    ok(ent.delete(path(FORM, again), json={"reason": "误填"}))
    before = flags(app)
    submitted(other, FORM, {"name": "作废名"})
    assert flags(app) == before


def test_publishing_a_new_key_over_duplicates_is_refused(app, api):
    from app.errors import Conflict

    ent = api("ent_a")
    submitted(ent, FORM, {"name": "键一", "year": "2024"})
    submitted(ent, FORM, {"name": "键二", "year": "2024"})
    with app.app_context(), pytest.raises(Conflict) as raised:
        publish_form(definition(key=FORM, serial="UZ", unique=[{"fields": ["year"]}]))
    assert raised.value.code == "unique_violated"
    # Nothing of it has happened.
    problem = create(ent, FORM, {"name": "键一"}, submit=True, status=422)
    assert places(problem) == {("name", None)}
    with app.app_context():
        publish_form(definition(key=FORM, serial="UZ", unique=[{"fields": ["month"]}]))
    submitted(ent, FORM, {"name": "键一", "month": "2026-01"})
    assert places(create(ent, FORM, {"name": "键一", "month": "2026-01"}, submit=True, status=422)) == {("month", None)}
