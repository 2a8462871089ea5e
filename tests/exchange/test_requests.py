"""Personal data in plain: asked for with a purpose, decided by a second person, taken along once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, actor_for
from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db, unit_of_work, utcnow
from app.errors import NotFound
from app.exchange.models import Export, ExportRequest
from app.exchange.requests import deciding
from app.identity.models import GrantRow, Post
from app.identity.service import find_user
from tests.exchange.books import opened, rows_of
from tests.exchange.conftest import DEMANDS, TEACHERS
from tests.records.threads import at_once, sent
from tests.samples import teacher

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
PERSONAL = ("full_name", "id_no", "mobile", "birth_date")
PURPOSE = "向市人大提供兼职教师名册"


@pytest.fixture(scope="module")
def made(app):
    return {}


@pytest.fixture
def people(desk, made):
    """Have teachers of a college of each county; return the numbers and names that nobody may find anywhere else."""
    if not made:
        for account, numbers in (("school_a", (700, 701, 702)), ("school_b", (710,))):
            for number in numbers:
                sent = desk(account).client.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(number)})
                made[number] = sent.get_json()["id"]
    return made


def ask(person, form=TEACHERS, status=201, **spec):
    response = person.client.post(f"/forms/{form}/export-requests", json={"purpose": PURPOSE, **spec})
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json()


def decide(person, request_id, *, approve=True, note="", status=200):
    body = {"approve": approve, "note": note}
    response = person.client.post(f"/export-requests/{request_id}/decision", json=body)
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json()


def approved(desk, account="county_a", by="city_voc", **spec):
    found = ask(desk(account), **spec)
    decide(desk(by), found["id"])
    return found["id"]


def start(person, request_id, form=TEACHERS, status=202, **more):
    response = person.client.post(f"/forms/{form}/exports", json={"request": request_id, **more})
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json()


def fetch(person, export_id, status=200):
    response = person.client.get(f"/exports/{export_id}/file")
    assert response.status_code == status, response.get_data(as_text=True)[:400]
    content = response.data if status == 200 else response.get_json()
    response.close()
    return content


def taken(person, request_id, form=TEACHERS):
    """Export by a request; return the file."""
    answer = start(person, request_id, form)
    person.work()
    job = person.client.get(f"/jobs/{answer['job']}").get_json()
    assert job["state"] == "done", job
    return fetch(person, answer["export"])


def state_of(person, request_id):
    return person.client.get(f"/export-requests/{request_id}").get_json()["state"]


def change_request(app, request_id, **values):
    table = ExportRequest.__table__
    with app.app_context(), unit_of_work():
        statement = sa.update(table).where(table.c.id == request_id).values(**values)
        db.session.execute(tagged(statement, "test"))


@contextmanager
def granted(app, role, resource, **values):
    """Change the first grant of a role on a resource for a while."""
    query = sa.select(GrantRow.id, GrantRow.actions, GrantRow.scope, GrantRow.mode)
    with app.app_context():
        row = db.session.execute(query.where(GrantRow.role == role, GrantRow.resource == resource)).first()

    def change(**present):
        with app.app_context(), unit_of_work():
            db.session.execute(sa.update(GrantRow).where(GrantRow.id == row.id).values(**present))

    change(**values)
    try:
        yield
    finally:
        change(actions=row.actions, scope=row.scope, mode=row.mode)


def test_what_a_second_person_has_approved_leaves_in_plain(app, desk, people):
    county = desk("county_a")
    wanted = [{"field": "source", "op": "eq", "value": "3"}]
    found = ask(county, filter=wanted, columns=["full_name", "id_no", "dept_post", "mobile", "certs"], days=3)
    assert set(found["plain"]) == {"full_name", "id_no", "mobile"}
    # What is in the file is what was there when it was asked.
    later = desk("school_a").client.post(f"/forms/{TEACHERS}/records", json={"answers": teacher(720)}).get_json()["id"]
    waiting = desk("city_voc").client.get("/export-requests?of=waiting").get_json()["requests"]
    (seen,) = [one for one in waiting if one["id"] == found["id"]]
    assert (seen["purpose"], seen["rows"], seen["days"], seen["may_decide"]) == (PURPOSE, 3, 3, True)
    assert seen["filter"] == "入库来源 等于 个人登记"
    assert seen["classes"] == ["personal"]
    decide(desk("city_voc"), found["id"], note="同意")
    book = opened(taken(county, found["id"]))
    rows = {row["_record"]: row for row in rows_of(book.worksheets[0])}
    assert set(rows) == {people[700], people[701], people[702]}
    assert later in {row["_record"] for row in rows_of(opened(county.export()).worksheets[0])}
    for number in (700, 701, 702):
        answers = teacher(number)
        assert {key: rows[people[number]][key] for key in ("full_name", "id_no", "mobile")} == {
            key: answers[key] for key in ("full_name", "id_no", "mobile")
        }
    told = dict(book["导出说明"].iter_rows(values_only=True, max_col=2))
    assert told["申请编号"] == found["number"]
    assert told["审批人"]
    assert told["明文列"] == "姓名、证件号码、手机"
    assert told["用途"] == PURPOSE
    until = county.client.get(f"/export-requests/{found['id']}").get_json()["valid_until"]
    assert told["有效期至"][:7] == until[:7]
    assert "经批准" in told["说明"]
    assert all(found["number"] in sheet.oddFooter.left.text for sheet in book)
    assert county.client.get(f"/export-requests/{found['id']}").get_json()["used"] == 1


def test_the_trail_tells_who_asked_decided_and_took_it_and_nothing_about_anybody(app, desk, people, caplog):
    with caplog.at_level(logging.INFO):
        county = desk("county_a")
        request_id = approved(desk, columns=["full_name"])
        export_id = start(county, request_id)["export"]
        county.work()
        fetch(county, export_id)
    with app.app_context():
        events = db.session.execute(
            sa.select(AuditEvent.event, AuditEvent.detail, AuditEvent.user_id)
            .where(AuditEvent.object_id.in_([request_id, export_id]))
            .order_by(AuditEvent.id)
        ).all()
        asker, decider = find_user("county_a").id, find_user("city_voc").id
    assert [(event.event, event.user_id) for event in events] == [
        ("export_requested", asker),
        ("export_request_approved", decider),
        ("export_started", asker),
        ("export", asker),
        ("export_fetched", asker),
    ]
    assert all(event.detail["request"] == request_id for event in events[2:])
    assert events[3].detail["plain"] == ["full_name"]
    text = caplog.text + str([event.detail for event in events])
    assert not [value for number in (700, 701) for value in map(teacher(number).get, PERSONAL) if value in text]


def test_without_a_request_or_for_other_fields_it_leaves_masked(desk, people):
    county = desk("county_a")
    for row in rows_of(opened(county.export(columns=["full_name", "id_no"])).worksheets[0]):
        assert "*" in row["full_name"]
    # Only what was asked for is in plain, though the whole form is taken along.
    request_id = approved(desk)
    rows = rows_of(opened(taken(county, request_id)).worksheets[0])
    assert all("*" not in row["full_name"] for row in rows)
    found = county.client.get(f"/export-requests/{request_id}").get_json()
    assert {"full_name", "id_no"} < set(found["plain"])


def test_what_became_personal_or_was_added_after_the_approval_is_not_opened(app, desk, people):
    county = desk("county_a")
    request_id = approved(desk, columns=["full_name", "id_no"])
    change_request(app, request_id, plain=["full_name"])
    row = rows_of(opened(taken(county, request_id)).worksheets[0])[0]
    assert "*" not in row["full_name"]
    assert "*" in row["id_no"]


def test_never_more_than_who_asks_may_see_himself(app, desk, people):
    # His grant to export shows less than that to view: nothing to ask for.
    school = desk("school_a")
    assert ask(school, status=422)["errors"][0]["code"] == "nothing_masked"
    # City and county see enterprises masked; the enterprise sees its own.
    profile = {"hr_contact": "测试员", "hr_mobile": "13900000740"}
    desk("ent_a").client.post("/forms/enterprise_profile/records", json={"answers": profile})
    assert ask(desk("city_voc"), "enterprise_profile", status=422)["errors"][0]["code"] == "nothing_masked"
    found = ask(desk("ent_a"), "enterprise_profile")
    assert "hr_mobile" in found["plain"]
    decide(desk("county_a"), found["id"])
    rows = rows_of(opened(taken(desk("ent_a"), found["id"], "enterprise_profile")).worksheets[0])
    assert {row["hr_mobile"] for row in rows} == {"13900000740"}
    # Secret fields stay out.
    with app.app_context():
        request = db.session.execute(
            tagged(sa.select(ExportRequest.__table__).where(ExportRequest.__table__.c.id == found["id"]), "test")
        ).one()
    assert request.classes == ["personal"]
    assert request.reach == "own"


def test_nobody_decides_about_his_own(desk, people):
    voc = desk("city_voc")
    found = ask(voc)
    assert decide(voc, found["id"], status=403)["code"] == "second_person"
    assert found["id"] not in {
        one["id"] for one in voc.client.get("/export-requests?of=waiting").get_json()["requests"]
    }
    decide(desk("city_admin"), found["id"])
    assert state_of(voc, found["id"]) == "approved"


def test_nor_in_another_post_of_his(app, desk, people):
    """A second post of the same person is no second person; and what he asked in one is not his in another."""
    found = ask(desk("county_a"))
    with app.app_context():
        user, voc = find_user("county_a"), find_user("city_voc")
        with unit_of_work():
            there = db.session.scalar(sa.select(Post).where(Post.user_id == voc.id))
            post = Post(
                user_id=user.id, role="city_voc", organization_id=there.organization_id, valid_from=there.valid_from
            )
            db.session.add(post)
        second = actor_for(user.id, post.id)
        with acting_as(second):
            seen = deciding.request_of(found["id"])
            assert not deciding.is_own(second, seen)
            assert deciding.waiting(second) == [] or found["id"] not in {one.id for one in deciding.waiting(second)}
            with pytest.raises(Exception, match="不能自己审批"), unit_of_work():
                deciding.decide(second, found["id"], approve=True, note="")
        with unit_of_work():
            db.session.delete(db.session.get(Post, post.id))
    decide(desk("city_voc"), found["id"])


def test_whose_grant_does_not_reach_as_far_finds_nothing(desk, people):
    found = ask(desk("county_a"))
    for account in ("county_b", "school_a", "ent_a", "school_b", "county_a_emp", "leader"):
        person = desk(account)
        for method, path, body in (
            ("GET", "/export-requests/{}", None),
            ("POST", "/export-requests/{}/decision", {"approve": True}),
            ("DELETE", "/export-requests/{}", None),
        ):
            real = person.client.open(method, path.format(found["id"]), json=body)
            none = person.client.open(method, path.format(NOWHERE), json=body)
            assert (real.status_code, real.data) == (404, none.data), (account, method)
        for of in ("mine", "waiting", "others"):
            listed = person.client.get(f"/export-requests?of={of}").get_json()["requests"]
            assert found["id"] not in {one["id"] for one in listed}
    # Who may look and not decide.
    auditor = desk("auditor")
    assert auditor.client.get(f"/export-requests/{found['id']}").get_json()["may_decide"] is False
    decide(auditor, found["id"], status=403)
    decide(desk("city_voc"), found["id"])


def test_a_county_decides_about_rows_of_its_own_alone(app, desk, people):
    """Who may export beyond the county is decided about by the city, though he works in the county."""
    form = "enterprise_profile"
    near = ask(desk("ent_a"), form)
    with granted(app, "ent_admin", "org_enterprise", scope="city", mode="m0"):
        far = ask(desk("ent_a"), form)
    county = desk("county_a")
    waiting = {one["id"] for one in county.client.get("/export-requests?of=waiting").get_json()["requests"]}
    assert near["id"] in waiting
    assert far["id"] not in waiting
    assert decide(county, far["id"], status=403)["code"] == "second_person"
    decide(county, near["id"], approve=False, note="不需要")
    with granted(app, "ent_admin", "org_enterprise", scope="city", mode="m0"):
        decide(desk("city_voc"), far["id"])
    told = desk("county_a").client.get("/notifications").get_json()["notifications"]
    assert near["id"] in {one["request"] for one in told}
    assert far["id"] not in {one["request"] for one in told}


def test_who_sees_further_than_he_decides_decides_no_further(app, desk, people):
    found = ask(desk("county_a"))
    with app.app_context(), unit_of_work():
        far = GrantRow(role="county_hr", resource="export_request", actions="V", scope="city", mode="")
        db.session.add(far)
    seen = desk("county_b").client.get(f"/export-requests/{found['id']}")
    assert seen.get_json()["may_decide"] is False
    decide(desk("county_b"), found["id"], status=403)
    with app.app_context(), unit_of_work():
        db.session.delete(db.session.get(GrantRow, far.id))
    assert desk("county_b").client.get(f"/export-requests/{found['id']}").status_code == 404
    decide(desk("city_voc"), found["id"])


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"purpose": "   "}, "purpose"),
        ({"purpose": "x" * 201}, "purpose"),
        ({"days": 0}, "days"),
        ({"days": 31}, "days"),
        ({"columns": ["dept_post"]}, "columns"),
        ({"columns": ["nothing"]}, "columns"),
        ({"format": "csv"}, "format"),
        ({"q": "没有这个词"}, "filter"),
    ],
)
def test_what_is_missing_is_named(desk, people, spec, field):
    county = desk("county_a")
    response = county.client.post(f"/forms/{TEACHERS}/export-requests", json={"purpose": PURPOSE, **spec})
    assert response.status_code in {400, 422}
    assert field in {error["field"] for error in response.get_json()["errors"]}, response.get_json()
    assert ask(county)["state"] == "open"


def test_who_may_not_export_may_not_ask(desk, people):
    for account in ("leader", "auditor", "ent_a", "school_a_clerk"):
        ask(desk(account), status=403)
    ask(desk("county_a"))


def test_only_an_approved_one_opens_anything_and_once(app, desk, people):
    county, voc = desk("county_a"), desk("city_voc")
    request_id = ask(county)["id"]

    def refused(code):
        answer = start(county, request_id, status=409)
        assert (answer["code"], answer["state"]) == ("request_state", code)

    refused("open")
    decide(voc, request_id)
    assert decide(voc, request_id, status=409)["state"] == "approved"
    start(county, request_id, status=400, format="xlsx")
    start(county, request_id, DEMANDS, status=404)
    start(desk("city_voc"), request_id, status=404)
    taken(county, request_id)
    refused("used")
    # Refused.
    request_id = ask(county)["id"]
    decide(voc, request_id, approve=False, status=422)
    decide(voc, request_id, approve=False, note="用途不明")
    refused("refused")
    assert decide(voc, request_id, status=409)["state"] == "refused"
    # Withdrawn, by who asked alone.
    request_id = ask(county)["id"]
    assert voc.client.delete(f"/export-requests/{request_id}").status_code == 403
    assert county.client.delete(f"/export-requests/{request_id}").get_json() == {"state": "withdrawn"}
    refused("withdrawn")
    assert decide(voc, request_id, status=409)["state"] == "withdrawn"
    assert county.client.delete(f"/export-requests/{request_id}").status_code == 409
    # Expired, before and after the decision.
    request_id = ask(county)["id"]
    change_request(app, request_id, valid_until=utcnow() - timedelta(seconds=1))
    assert decide(voc, request_id, status=409)["state"] == "expired"
    refused("expired")
    request_id = approved(desk)
    change_request(app, request_id, valid_until=utcnow() - timedelta(seconds=1))
    refused("expired")


def test_two_at_once_make_one_file(desk, people):
    county, voc = desk("county_a").client, desk("city_voc").client
    for _ in range(3):
        request_id = approved(desk)
        address, body = f"/forms/{TEACHERS}/exports", {"request": request_id}
        statuses = [answer.status_code for answer in at_once(*[sent(county, "POST", address, body) for _ in range(4)])]
        assert sorted(statuses) == [202, 409, 409, 409]
        request_id = ask(desk("county_a"))["id"]
        address = f"/export-requests/{request_id}/decision"
        bodies = [{"approve": True}, {"approve": True}]
        statuses = [answer.status_code for answer in at_once(*[sent(voc, "POST", address, body) for body in bodies])]
        assert sorted(statuses) == [200, 409]


def test_a_failed_export_does_not_use_it_up(app, desk, people):
    county = desk("county_a")
    request_id = approved(desk)
    job = start(county, request_id)["job"]
    with app.app_context(), unit_of_work():
        from app.jobs import service as jobs

        jobs.cancel(actor_for(find_user("county_a").id), job)
    assert state_of(county, request_id) == "approved"
    assert taken(county, request_id)


def test_taken_back_there_is_no_file_any_more(app, desk, people):
    county, voc = desk("county_a"), desk("city_voc")
    for by, take_back in (
        ("revoked", lambda request_id: decide(voc, request_id, approve=False, note="误批")),
        ("withdrawn", lambda request_id: county.client.delete(f"/export-requests/{request_id}")),
    ):
        request_id = approved(desk)
        export_id = start(county, request_id)["export"]
        county.work()
        fetch(county, export_id)
        take_back(request_id)
        assert state_of(county, request_id) == by
        fetch(county, export_id, status=404)
        # Though its time were not over.
        with app.app_context(), unit_of_work():
            table = Export.__table__
            later = sa.update(table).where(table.c.id == export_id).values(expires_at=utcnow() + timedelta(days=1))
            db.session.execute(tagged(later, "test"))
        answer = fetch(county, export_id, status=409)
        assert (answer["code"], answer["state"]) == ("request_state", by)


def test_the_file_is_kept_no_longer_than_the_approval(app, desk, people):
    county = desk("county_a")
    request_id = approved(desk, days=1)
    export_id = start(county, request_id)["export"]
    county.work()
    with app.app_context():
        table, request = Export.__table__, ExportRequest.__table__
        both = sa.select(table.c.expires_at, request.c.valid_until).join(request, request.c.id == table.c.request_id)
        expires, valid = db.session.execute(tagged(both.where(table.c.id == export_id), "test")).one()
    assert expires == valid
    change_request(app, request_id, valid_until=utcnow() - timedelta(seconds=1))
    assert fetch(county, export_id, status=409)["state"] == "expired"


def test_taken_back_before_the_job_runs_it_writes_nothing(desk, people):
    county, voc = desk("county_a"), desk("city_voc")
    request_id = approved(desk)
    answer = start(county, request_id)
    decide(voc, request_id, approve=False, note="误批")
    county.work()
    job = county.client.get(f"/jobs/{answer['job']}").get_json()
    assert job["state"] == "failed"
    assert "收回" in job["error"]
    fetch(county, answer["export"], status=404)


def test_who_has_other_rights_by_now_asks_again(app, desk, people):
    county, voc = desk("county_a"), desk("city_voc")
    wider = {"scope": "city"}
    # Before the decision, before the export, before the job, before the file is fetched.
    request_id = ask(county)["id"]
    with granted(app, "county_hr", "pt_teacher", **wider):
        assert decide(voc, request_id, status=409)["code"] == "rights_changed"
    decide(voc, request_id)
    with granted(app, "county_hr", "pt_teacher", **wider):
        assert start(county, request_id, status=409)["code"] == "rights_changed"
    answer = start(county, request_id)
    with granted(app, "county_hr", "pt_teacher", **wider):
        county.work()
        assert county.client.get(f"/jobs/{answer['job']}").get_json()["state"] == "failed"
    answer = start(county, request_id)
    county.work()
    with granted(app, "county_hr", "pt_teacher", mode="m1"):
        assert fetch(county, answer["export"], status=409)["code"] == "rights_changed"
    assert fetch(county, answer["export"])


def test_both_are_told(desk, people):
    county, voc = desk("county_a"), desk("city_voc")
    found = ask(county)

    def told(person):
        notes = person.client.get("/notifications").get_json()["notifications"]
        return [(one["text"], one["record"]) for one in notes if one["request"] == found["id"]]

    ((text, record),) = told(voc)
    assert found["number"] in text
    assert record is None
    assert told(county) == []
    assert told(desk("county_b")) == []
    decide(voc, found["id"])
    ((text, _),) = told(county)
    assert "已批准" in text
    english = desk("county_a", "en").client.get("/notifications").get_json()["notifications"]
    assert any("was approved" in one["text"] and found["number"] in one["text"] for one in english)


def test_values_of_personal_fields_in_a_filter_are_told_to_who_asked_alone(desk, people):
    ent, form = desk("ent_a"), "enterprise_profile"
    contact = "联系人甲"
    ent.client.post(f"/forms/{form}/records", json={"answers": {"hr_contact": contact}})
    found = ask(ent, form, filter=[{"field": "hr_contact", "op": "contains", "value": contact}])
    assert contact in ent.client.get(f"/export-requests/{found['id']}").get_json()["filter"]
    seen = desk("county_a").client.get(f"/export-requests/{found['id']}")
    assert seen.status_code == 200
    assert contact not in seen.get_data(as_text=True)


def test_an_actor_of_nobody_sees_none(app, desk, people):
    found = ask(desk("county_a"))
    with app.app_context():
        leader = actor_for(find_user("leader").id)
        with acting_as(leader), pytest.raises(NotFound):
            deciding.request_of(found["id"])
        with acting_as(actor_for(find_user("county_a").id)):
            assert deciding.request_of(found["id"]).id == found["id"]
