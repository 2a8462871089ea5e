"""Creating and changing a record: drafts half done, merging, submitting, stale locks, what is nobody's to write."""

from __future__ import annotations

import pytest

from app.access.actor import acting_as
from app.database import db, unit_of_work
from app.errors import Invalid, NotAllowed, NotFound
from app.identity.models import Organization
from app.records import service
from tests.records.doors import (
    BASE,
    DEMAND,
    ENTERPRISE,
    NOWHERE,
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
)
from tests.records.threads import at_once, sent
from tests.samples import demand, position


def test_a_draft_may_lack_anything_and_hold_anything(api):
    ent = api("ent_a")
    empty = create(ent, DEMAND, {})
    assert (empty["state"], empty["lock_version"]) == ("draft", 1)
    half = {
        "period_type": "1",
        "staff_now": "about a hundred",
        "positions": [{"position_name": "焊工", "need_count": "five"}],
    }
    saved = create(ent, DEMAND, half)
    answers = read(ent, DEMAND, saved)["answers"]
    assert answers["staff_now"] == "about a hundred"
    assert answers["positions"][0]["need_count"] == "five"
    assert answers["positions"][0]["_row"]
    # What does not fit its type stands in no column, so nothing finds or orders by it.
    assert saved["id"] not in ids(listing(ent, DEMAND, filters=[{"field": "staff_now", "op": "gte", "value": 0}]))
    assert saved["id"] in ids(listing(ent, DEMAND, filters=[{"field": "staff_now", "op": "empty"}]))


def test_a_new_record_starts_as_the_form_says(api):
    ent = api("ent_a")
    answers = read(ent, DEMAND, create(ent, DEMAND, {}))["answers"]
    assert answers["filler_name"] == "甲企管理员"
    assert answers["filler_mobile"] == "13900000010"
    emptied = read(ent, DEMAND, create(ent, DEMAND, {"filler_name": None, "filler_mobile": ""}))["answers"]
    assert not emptied.get("filler_name")
    assert not emptied.get("filler_mobile")


def test_an_update_merges(api):
    ent = api("ent_a")
    saved = create(ent, DEMAND, demand("合并"))
    before = read(ent, DEMAND, saved)["answers"]
    change(ent, DEMAND, saved, {"staff_now": 99, "difficulty": "招工难"})
    answers = read(ent, DEMAND, saved)["answers"]
    assert (answers["staff_now"], answers["difficulty"]) == (99, "招工难")
    assert answers["filler_name"] == before["filler_name"]
    assert answers["positions"] == before["positions"]
    change(ent, DEMAND, saved, {"difficulty": None})
    assert "difficulty" not in {key for key, value in read(ent, DEMAND, saved)["answers"].items() if value}


def test_rows_merge_by_their_id(api):
    ent = api("ent_a")
    saved = create(ent, DEMAND, demand("明细", positions=3))
    first, second, third = read(ent, DEMAND, saved)["answers"]["positions"]
    rows = [
        {"_row": third["_row"]},
        {"_row": first["_row"], "need_count": 8, "welfare": None},
        position(position_name="新岗位"),
    ]
    change(ent, DEMAND, saved, {"positions": rows})
    now = read(ent, DEMAND, saved)["answers"]["positions"]
    assert [row["position_name"] for row in now] == ["明细3", "明细1", "新岗位"]
    assert now[0] == third
    assert now[1] == {**first, "need_count": 8}
    assert now[2]["_row"] not in {first["_row"], second["_row"], third["_row"]}
    change(ent, DEMAND, saved, {"positions": None})
    assert not read(ent, DEMAND, saved)["answers"].get("positions")


def test_a_row_cannot_take_the_id_of_another_records_row(api):
    ent = api("ent_a")
    first, second = create(ent, DEMAND, demand("甲")), create(ent, DEMAND, demand("乙"))
    taken = read(ent, DEMAND, first)["answers"]["positions"][0]["_row"]
    change(ent, DEMAND, second, {"positions": [position(position_name="丙"), {"_row": taken, "need_count": 1}]})
    assert read(ent, DEMAND, first)["answers"]["positions"][0]["need_count"] == 5
    assert "position_name" not in read(ent, DEMAND, second)["answers"]["positions"][1]


def test_totals_follow_every_change(api):
    ent = api("ent_a")
    saved = create(ent, DEMAND, demand("合计"))
    assert read(ent, DEMAND, saved)["answers"]["total_need"] == 10
    rows = read(ent, DEMAND, saved)["answers"]["positions"]
    change(ent, DEMAND, saved, {"positions": [{"_row": rows[0]["_row"], "need_count": 7}]})
    assert read(ent, DEMAND, saved)["answers"]["total_need"] == 7
    assert saved["id"] in ids(listing(ent, DEMAND, filters=[{"field": "total_need", "op": "eq", "value": 7}]))
    change(ent, DEMAND, saved, {"total_need": 1000})
    assert read(ent, DEMAND, saved)["answers"]["total_need"] == 7


def test_nothing_changed_writes_nothing(api):
    ent = api("ent_a")
    saved = create(ent, DEMAND, demand("不变"))
    before = read(ent, DEMAND, saved)
    for same in ({}, before["answers"], {"staff_now": before["answers"]["staff_now"]}, {"difficulty": None}):
        assert change(ent, DEMAND, saved, same)["lock_version"] == 1
    assert read(ent, DEMAND, saved) == before
    assert len(ok(ent.get(path(DEMAND, saved, "/revisions")))) == 1
    assert change(ent, DEMAND, saved, {"staff_now": 1})["lock_version"] == 2
    assert len(ok(ent.get(path(DEMAND, saved, "/revisions")))) == 2


def test_submitting_names_every_problem_and_keeps_the_draft(api):
    ent = api("ent_a")
    answers = demand("问题", filler_mobile=None)
    answers["positions"][1].update(salary_max="100.00", duty=None)
    problem = create(ent, DEMAND, answers, submit=True, status=422)
    assert {("filler_mobile", None), ("positions.salary_max", 2), ("positions.duty", 2)} <= places(problem)
    assert all(error["message"] for error in problem["errors"])
    assert ("positions.salary_max", 1) not in places(problem)
    kept = read(ent, DEMAND, problem["id"])
    assert (kept["state"], kept["answers"]["positions"][1]["salary_max"]) == ("draft", "100.00")
    rows = [
        kept["answers"]["positions"][0],
        {**kept["answers"]["positions"][1], "salary_max": "9000.00", "duty": "负责结构件打磨"},
    ]
    change(ent, DEMAND, problem["id"], {"filler_mobile": "13900000001", "positions": rows})
    assert act(ent, DEMAND, problem["id"], "submit")["state"] == "county_review"


def test_hidden_answers_leave_with_the_submission(api):
    ent = api("ent_a")
    saved = submitted(ent, DEMAND, {**demand("隐藏"), "no_demand_reason": "1"})
    answers = read(ent, DEMAND, saved)["answers"]
    assert "no_demand_reason" not in answers
    assert answers["total_need"] == 10


def test_the_same_key_answers_the_same(api):
    ent = api("ent_a")
    headers = {"Idempotency-Key": "k-1"}
    body = {"answers": demand("幂等"), "submit": True}
    first = ok(ent.post(path(DEMAND), json=body, headers=headers), 201)
    second = ok(ent.post(path(DEMAND), json=body, headers=headers), 201)
    assert first == second
    other = ent.post(path(DEMAND), json={**body, "submit": False}, headers=headers)
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_key")
    # A key belongs to its sender.
    assert ok(api("ent_a_clerk").post(path(DEMAND), json={"answers": {}}, headers=headers), 201)["id"] != first["id"]
    assert ent.post(path(DEMAND), json=body, headers={"Idempotency-Key": "k" * 129}).status_code == 400
    found = listing(
        ent, DEMAND, filters=[{"field": "period_start", "op": "eq", "value": demand("幂等")["period_start"]}]
    )
    assert found["count"] == 1


def test_a_refused_submission_is_answered_alike_again(api):
    ent = api("ent_a")
    body = {"answers": demand("幂等二", filler_name=None), "submit": True}
    first = ok(ent.post(path(DEMAND), json=body, headers={"Idempotency-Key": "k-2"}), 422)
    second = ok(ent.post(path(DEMAND), json=body, headers={"Idempotency-Key": "k-2"}), 422)
    assert first == second
    assert ("filler_name", None) in places(second)


def test_one_key_at_once_makes_one_record(api):
    ent = api("ent_a")
    body = {"answers": demand("并发幂等")}
    answers = at_once(*(sent(ent, "POST", path(DEMAND), body, **{"Idempotency-Key": "k-3"}) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["receipt"] for answer in answers}) == 1
    found = listing(
        ent, DEMAND, filters=[{"field": "period_start", "op": "eq", "value": body["answers"]["period_start"]}]
    )
    assert found["count"] == 1


def test_who_was_slower_learns_what_both_changed(api):
    ent, clerk = api("ent_a"), api("ent_a_clerk")
    saved = create(ent, DEMAND, demand("冲突", staff_now=100, difficulty="无"))
    change(clerk, DEMAND, saved, {"staff_now": 200, "difficulty": "招工难", "expect_leave": 3})
    mine = {"staff_now": 300, "difficulty": "招工难", "filler_name": "李四", "expect_leave": None}
    problem = change(ent, DEMAND, saved, mine, lock=1, status=409)
    assert problem["lock_version"] == 2
    assert {item["field"]: (item["mine"], item["theirs"]) for item in problem["conflicts"]} == {"staff_now": (300, 200)}
    assert read(ent, DEMAND, saved)["answers"]["staff_now"] == 200
    assert change(ent, DEMAND, saved, mine, lock=2)["lock_version"] == 3
    assert read(ent, DEMAND, saved)["answers"]["filler_name"] == "李四"


def test_rows_are_compared_in_a_conflict(api):
    ent, clerk = api("ent_a"), api("ent_a_clerk")
    saved = create(ent, DEMAND, demand("行冲突", positions=1))
    row = read(ent, DEMAND, saved)["answers"]["positions"][0]
    change(clerk, DEMAND, saved, {"positions": [{"_row": row["_row"], "need_count": 9}]})
    untouched = change(ent, DEMAND, saved, {"positions": [row]}, lock=1, status=409)
    assert untouched["conflicts"] == []
    both = change(ent, DEMAND, saved, {"positions": [{**row, "need_count": 4}]}, lock=1, status=409)
    assert [item["field"] for item in both["conflicts"]] == ["positions"]
    assert both["conflicts"][0]["theirs"][0]["need_count"] == 9


def test_a_record_is_changed_only_in_a_state_that_allows_it(api):
    ent, county = api("ent_a"), api("county_a")
    saved = submitted(ent, DEMAND, demand("状态"))
    problem = change(ent, DEMAND, saved, {"staff_now": 1}, status=409)
    assert (problem["code"], problem["state"]) == ("state", "county_review")
    # Whose grant names no change at all is told so, whatever the state.
    assert api("leader").put(path(DEMAND, saved), json={"lock_version": 2, "answers": {}}).status_code == 403
    note = [{"field": "staff_now", "row": None, "text": "请核实", "severity": "must"}]
    act(county, DEMAND, saved, "return", notes=note)
    change(ent, DEMAND, saved, {"staff_now": 70})
    assert act(ent, DEMAND, saved, "submit")["state"] == "county_review"


def test_void_needs_the_right_and_a_reason(api):
    ent, clerk = api("ent_a"), api("ent_a_clerk")
    saved = submitted(ent, DEMAND, demand("作废"))
    assert clerk.delete(path(DEMAND, saved), json={"reason": "错"}).status_code == 403
    assert api("ent_b").delete(path(DEMAND, saved), json={"reason": "错"}).status_code == 404
    assert places(ok(ent.delete(path(DEMAND, saved), json={}), 422)) == {("reason", None)}
    assert places(ok(ent.delete(path(DEMAND, saved), json={"reason": "长" * 501}), 422)) == {("reason", None)}
    assert ent.delete(path(DEMAND, saved), json={"reason": "重复", "lock_version": 99}).status_code == 409
    assert ok(ent.delete(path(DEMAND, saved), json={"reason": "重复"}))["state"] == "void"
    again = ent.delete(path(DEMAND, saved), json={"reason": "重复"})
    assert (again.status_code, again.get_json()["code"]) == (409, "void")
    assert saved["id"] not in ids(listing(ent, DEMAND, page_size=200))
    for wanted in ("void", ["void", "draft"]):
        op = "in" if isinstance(wanted, list) else "eq"
        found = listing(ent, DEMAND, filters=[{"field": "_state", "op": op, "value": wanted}], page_size=200)
        assert saved["id"] in ids(found)
    view = read(ent, DEMAND, saved)
    assert (view["state"], view["state_label"]) == ("void", "已作废")
    last = ok(ent.get(path(DEMAND, saved, "/revisions")))[-1]
    assert (last["verb"], last["comment"], last["changes"]) == ("void", "重复", [])
    assert change(ent, DEMAND, saved, {"staff_now": 1}, status=409)["code"] == "state"
    assert (
        ent.post(path(DEMAND, saved, "/actions/recall"), json={"lock_version": view["lock_version"]}).status_code == 409
    )
    # Its key is free again.
    assert submitted(ent, DEMAND, demand("作废"))["state"] == "county_review"


def test_what_the_form_does_not_have_is_refused(api):
    ent = api("ent_a")
    answers = demand("未知", surprise=1)
    answers["positions"][1]["surprise"] = 1
    problem = create(ent, DEMAND, answers, status=422)
    assert places(problem) == {("surprise", None), ("positions.surprise", 2)}
    assert codes(problem) == {"unknown_field"}


def test_who_may_not_fill_does_not_fill(api):
    for account, status in (
        ("leader", 403),
        ("auditor", 403),
        ("school_a", 403),
        ("city_voc", 403),
        ("county_a", 201),
        ("ent_a_clerk", 201),
    ):
        assert api(account).post(path(DEMAND), json={"answers": {}}).status_code == status, account
    problem = create(api("ent_a_clerk"), DEMAND, demand("只填"), submit=True, status=403)
    assert problem["status"] == 403


def test_an_unknown_form_is_not_found(api):
    assert api("ent_a").post(path("no_such_form"), json={"answers": {}}).status_code == 404
    assert api("ent_a").get(path("no_such_form", NOWHERE)).status_code == 404


# --- whose record it is ------------------------------------------------------------------------------------------


def organization(app, username):
    from app.identity.service import find_user

    with app.app_context():
        return find_user(username).organization_id


def profile(client, **changes):
    return create(client, ENTERPRISE, changes)


def test_an_enterprise_cannot_name_another(api):
    ent = api("ent_a")
    own = profile(ent)
    other = profile(api("ent_b"))
    saved = create(ent, DEMAND, demand("自己"))
    answers = read(ent, DEMAND, saved)["answers"]
    assert answers["ent_id"] == {"id": own["id"], "label": "建华示范数控机床有限公司"}
    assert change(ent, DEMAND, saved, {"ent_id": answers["ent_id"]})["lock_version"] == 1
    for foreign in (other["id"], NOWHERE):
        problem = change(ent, DEMAND, saved, {"ent_id": foreign}, status=422)
        assert (places(problem), codes(problem)) == ({("ent_id", None)}, {"readonly"})
        problem = create(ent, DEMAND, demand("他人", ent_id=foreign), status=422)
        assert (places(problem), codes(problem)) == ({("ent_id", None)}, {"readonly"})
    assert change(ent, DEMAND, saved, {"ent_id": None}, status=422)["errors"]


def test_a_county_fills_on_behalf(app, api):
    ent, county = api("ent_a"), api("county_a")
    own = profile(ent, staff_total=88)
    saved = create(county, DEMAND, {**demand("代填"), "ent_id": own["id"], "staff_now": 5})
    view = read(county, DEMAND, saved)
    assert view["organization"]["id"] == organization(app, "ent_a")
    assert view["answers"]["ent_id"]["label"] == "建华示范数控机床有限公司"
    assert read(ent, DEMAND, saved)["answers"]["staff_now"] == 5
    with app.app_context():
        from app.access.actor import system_actor

        with acting_as(system_actor("rebuild")) as system:
            assert service.read(system, DEMAND, saved["id"]).on_behalf is True
    untold = create(county, DEMAND, {"ent_id": own["id"]})
    # What the form takes from the organization comes from the one that it is filled for.
    assert read(county, DEMAND, untold)["answers"]["staff_now"] == 88
    mine = create(ent, DEMAND, demand("自填"))
    with app.app_context():
        from app.access.actor import system_actor

        with acting_as(system_actor("rebuild")) as system:
            assert service.read(system, DEMAND, mine["id"]).on_behalf is False


def test_a_county_chooses_the_enterprise_later(app, api):
    ent, county = api("ent_a"), api("county_a")
    own = profile(ent)
    saved = create(county, DEMAND, {"period_type": "1"})
    assert ent.get(path(DEMAND, saved)).status_code == 404
    taken = read(ent, DEMAND, create(ent, DEMAND, {}))["serial"]
    change(county, DEMAND, saved, {"ent_id": own["id"]})
    view = read(ent, DEMAND, saved)
    assert view["organization"]["id"] == organization(app, "ent_a")
    assert view["serial"] != taken
    assert view["serial"].startswith("XQ-230203-")
    # Back again is not on behalf of anybody.
    change(county, DEMAND, saved, {"staff_now": 3})
    assert read(ent, DEMAND, saved)["answers"]["staff_now"] == 3


def test_a_county_cannot_fill_for_another_countys_enterprise(app, api):
    county = api("county_a")
    foreign = profile(api("ent_b"))
    answers = []
    for target in (foreign["id"], NOWHERE):
        problem = create(county, DEMAND, {**demand("越界"), "ent_id": target}, status=422)
        assert places(problem) == {("ent_id", None)}
        answers.append({key: value for key, value in problem.items() if key != "id"})
    assert answers[0] == answers[1]
    refusals = [
        county.post(path(DEMAND), json={"answers": {}, "on_behalf_of": number})
        for number in (organization(app, "ent_b"), 999999)
    ]
    assert [refusal.status_code for refusal in refusals] == [404, 404]
    assert refusals[0].get_json() == refusals[1].get_json()
    own = create(county, DEMAND, {}, on_behalf_of=organization(app, "ent_a"))
    assert read(county, DEMAND, own)["organization"]["id"] == organization(app, "ent_a")
    assert (
        api("ent_a").post(path(DEMAND), json={"answers": {}, "on_behalf_of": organization(app, "ent_b")}).status_code
        == 404
    )
    assert listing(api("ent_b"), DEMAND)["count"] == 0


def test_whom_it_is_filled_for_is_said_once(app, api):
    county = api("county_a")
    own = profile(api("ent_a"))
    problem = create(county, DEMAND, {"ent_id": own["id"]}, on_behalf_of=organization(app, "county_a_emp"), status=422)
    assert places(problem) == {("ent_id", None)}
    create(county, DEMAND, {"ent_id": own["id"]}, on_behalf_of=organization(app, "ent_a"))


def test_an_organization_out_of_use_gets_no_records(app, api):
    county, number = api("county_a"), organization(app, "ent_a")
    with app.app_context(), unit_of_work():
        db.session.get(Organization, number).active = False
    try:
        assert county.post(path(DEMAND), json={"answers": {}, "on_behalf_of": number}).status_code == 404
    finally:
        with app.app_context(), unit_of_work():
            db.session.get(Organization, number).active = True


# --- services, without the web -----------------------------------------------------------------------------------


def test_services_do_not_commit(context, actor):
    with acting_as(actor("school_a")) as school:
        saved = service.create(school, BASE, {"base_name": "示范焊接实训基地"})
        db.session.rollback()
        with pytest.raises(Exception, match="没有找到"):
            service.read(school, BASE, saved.id)


def test_nobody_acts_without_a_right(context, actor):
    with acting_as(actor("auditor")) as who, pytest.raises(NotAllowed):
        service.create(who, BASE, {})
    with acting_as(actor("county_a_emp")) as who:
        for call in (
            lambda: service.read(who, TEACHER, NOWHERE),
            lambda: service.update(who, TEACHER, NOWHERE, 1, {}),
            lambda: service.void(who, TEACHER, NOWHERE, "x"),
            lambda: service.revisions(who, TEACHER, NOWHERE),
        ):
            with pytest.raises(NotAllowed):
                call()
    with acting_as(actor("school_a")) as who:
        with pytest.raises(Invalid):
            service.create(who, BASE, {"no_such_field": 1})
        with pytest.raises(NotFound):
            service.read(who, TEACHER, NOWHERE)
