"""An anonymous record leads to nobody: not by its rows, not by the trail, not by the code, not by an aggregate."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as, system_actor, today
from app.access.query import tagged
from app.audit.models import AuditEvent
from app.builder.checking import errors_of, issues_of
from app.database import db, utcnow
from app.identity import service as identity
from app.records.models import Receipt, Record, RecordRevision
from app.visitors import codes
from app.visitors.models import VisitCode, VisitSession
from app.workflow.models import WorkflowEvent
from tests.conftest import csrf_token
from tests.records.zoo import publish_form
from tests.visitors.probes import ANONYMOUS, Visitor, form, issue, publish

RECORDS = f"/forms/{ANONYMOUS}/records"
GIVEN = {"name": "某同学", "score": 4}


@pytest.fixture(scope="module", autouse=True)
def _forms(app):
    publish(app)


def everything(app):
    """Return every row of every table as text, by table; of records and what hangs on them only the anonymous ones."""
    found = {}
    with app.app_context(), db.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        for name in names:
            statement = sa.text(f'SELECT * FROM "{name}"')  # noqa: S608 - names of tables
            statement = statement.execution_options(tenant_ok="test")
            found[name] = [tuple(map(str, row)) for row in connection.execute(statement)]
    return found


def filled(app, api, **more):
    (code,) = issue(api("school_a"), ANONYMOUS)
    visitor = Visitor(app, code)
    sent = visitor.post(RECORDS, json={"answers": {**GIVEN, **more}, "submit": True})
    assert sent.status_code == 201, sent.get_data(as_text=True)
    return code, visitor, sent.get_json()["id"]


def test_nothing_leads_from_the_record_to_the_visitor(app, api, caplog):
    (code,) = issue(api("school_a"), ANONYMOUS)
    before = everything(app)
    with caplog.at_level(logging.DEBUG):
        visitor = Visitor(app, code)
        headers = {"Authorization": f"Bearer {visitor.token}", "Idempotency-Key": "again"}
        body = {"answers": GIVEN, "submit": True}
        address = {"REMOTE_ADDR": "198.51.100.23"}
        sent = visitor.client.post(f"/api/v1{RECORDS}", json=body, headers=headers, environ_base=address)
    assert sent.status_code == 201, sent.get_data(as_text=True)
    record_id = sent.get_json()["id"]
    after = everything(app)
    new = {name: [row for row in rows if row not in before.get(name, [])] for name, rows in after.items()}
    written = {name for name, rows in new.items() if rows}
    # The record with its revision, its projection and search document; the code is spent. No event, no receipt, no visit.
    assert {"record", "record_revision", "visit_code", f"data_{ANONYMOUS}"} <= written
    others = {name for name in written if not name.startswith(("data_", "record", "visit_code", "sqlite_"))}
    assert others <= {"failed_attempt"}
    with app.app_context():
        digest = codes.digest(code.replace("-", ""))
    day = today().isoformat()
    for name in written - {"visit_code", "failed_attempt"}:
        text = str(new[name])
        assert digest not in text, name
        assert "198.51.100.23" not in text, name
        assert "访客" not in text, name
    midnight = utcnow().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    with app.app_context():
        statement = sa.select(Record.__table__).where(Record.__table__.c.id == record_id)
        record = db.session.execute(tagged(statement, "test")).one()
        assert {record.created_at, record.updated_at, record.submitted_at} == {midnight}
        assert (record.created_by, record.on_behalf_by) == (None, None)
        table = RecordRevision.__table__
        revision = db.session.execute(tagged(sa.select(table).where(table.c.record_id == record_id), "test")).one()
        assert (revision.author_id, revision.author_name, revision.at) == (None, "", midnight)
        # Ids begin with a time: here with that of midnight, for all records of the day.
        assert record_id[:10] == revision.id[:10]
        spent = db.session.execute(
            tagged(sa.select(VisitCode.__table__).where(VisitCode.__table__.c.digest == digest), "test")
        ).one()
        assert (spent.spent, spent.record_id) == (True, None)
        assert db.session.execute(tagged(sa.select(VisitSession.__table__), "test")).all() == []
        events = sa.select(WorkflowEvent.__table__).where(WorkflowEvent.__table__.c.record_id == record_id)
        assert db.session.execute(tagged(events, "test")).all() == []
        assert db.session.scalar(sa.select(Receipt).where(Receipt.idempotency_key == "again")) is None
        trail = db.session.scalars(sa.select(AuditEvent)).all()
        assert not any(record_id in (event.object_id, str(event.detail)) for event in trail)
        assert not any(event.actor_kind == "visitor" for event in trail)
    assert record_id not in caplog.text
    assert "198.51.100.23" not in caplog.text
    assert day


def test_every_code_of_the_batch_is_written_anew_when_one_is_spent(app, api):
    """So that which transaction wrote a row tells no more of this code than of its neighbours."""
    given = issue(api("school_a"), ANONYMOUS, 3)
    seen = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        if statement.startswith("UPDATE visit_code"):
            seen.append((statement, str(parameters)))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert Visitor(app, given[1]).post(RECORDS, json={"answers": GIVEN, "submit": True}).status_code == 201
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    ((statement, _),) = seen
    assert "WHERE visit_code.batch_id" in statement
    assert api("school_a").get("/codes").get_json()["batches"][0]["spent"] == 1


def test_nothing_is_kept_before_it_is_handed_in(app, api):
    (code,) = issue(api("school_a"), ANONYMOUS)
    visitor = Visitor(app, code)
    assert visitor.post(RECORDS, json={"answers": GIVEN}).status_code == 422
    lacking = visitor.post(RECORDS, json={"answers": {"name": "某同学"}, "submit": True})
    assert lacking.status_code == 422
    assert [error["field"] for error in lacking.get_json()["errors"]] == ["score"]
    with app.app_context():
        table = Record.__table__
        count = sa.select(sa.func.count()).where(table.c.form_key == ANONYMOUS, table.c.submitted_at.is_(None))
        assert db.session.scalar(tagged(count, "test")) == 0
    assert visitor.post(RECORDS, json={"answers": GIVEN, "submit": True}).status_code == 201
    assert visitor.post(RECORDS, json={"answers": GIVEN, "submit": True}).status_code == 401


def test_nobody_sees_a_single_record(app, api, sign_in):
    _, visitor, record_id = filled(app, api)
    assert visitor.get(f"{RECORDS}/{record_id}").status_code == 401
    for account in ("school_a", "city_voc", "city_admin", "county_a", "leader", "auditor"):
        client = api(account)
        assert client.get(RECORDS).status_code == 403, account
        assert client.get(f"{RECORDS}/{record_id}").status_code == 404, account
        assert client.get(f"{RECORDS}/{record_id}/revisions").status_code == 404, account
        listed = sign_in(account).get(f"/records/{ANONYMOUS}/list")
        assert (listed.status_code, listed.location) == (302, f"/records/{ANONYMOUS}/summary")
    assert api("ent_a").get(f"/forms/{ANONYMOUS}/summary").status_code == 403
    exported = api("city_voc").post(f"/forms/{ANONYMOUS}/exports", json={"format": "csv"})
    if exported.status_code == 202:
        with app.app_context(), acting_as(system_actor("rebuild")):
            from app.jobs import running

            running.run_all()
            db.session.remove()
        with api("city_voc").get(f"/exports/{exported.get_json()['export']}/file") as file:
            assert "某同学" not in file.get_data(as_text=True)


def test_whatever_the_grants_say(app, api):
    """A grant in plain on an anonymous resource shows aggregates alone; on another resource it shows."""
    with app.app_context(), acting_as(system_actor("seeds")) as who:
        grants = {
            "leader_ro": {"evaluation_anonymous": "V@city[m0]", "class_student": "V@city[m0]", "campaign": "V@city"}
        }
        identity.load_grants(who, grants)
        db.session.commit()
    _, _, record_id = filled(app, api)
    assert api("leader").get(f"{RECORDS}/{record_id}").status_code == 404
    assert api("leader").get(RECORDS).status_code == 403
    assert api("leader").get("/forms/visit_probe/records").status_code == 200
    with app.app_context(), pytest.raises(ValueError, match="has to stay so"):
        identity.load_resources({"evaluation_anonymous": {"zh": "公开"}})


def test_aggregates_come_in_steps_of_five_and_a_day_later(app, api, monkeypatch):
    address = f"/forms/{ANONYMOUS}/summary"
    start = api("school_b").get(address).get_json()
    assert (start["records"], start["enough"], start["fields"]) == (0, False, [])
    given = issue(api("school_b"), ANONYMOUS, 6)
    tomorrow = today() + timedelta(days=1)
    for number, code in enumerate(given[:4]):
        Visitor(app, code).post(RECORDS, json={"answers": {**GIVEN, "score": number + 1}, "submit": True})
    with monkeypatch.context() as later:
        later.setattr("app.records.lists.summary.today", lambda: tomorrow)
        assert api("school_b").get(address).get_json()["enough"] is False
    Visitor(app, given[4]).post(RECORDS, json={"answers": {**GIVEN, "score": 5}, "submit": True})
    assert api("school_b").get(address).get_json()["enough"] is False
    monkeypatch.setattr("app.records.lists.summary.today", lambda: tomorrow)
    told = api("school_b").get(address).get_json()
    assert (told["records"], told["enough"]) == (5, True)
    fields = {item["field"]: item for item in told["fields"]}
    assert fields["score"]["choices"] == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}
    assert fields["score"]["mean"] == "3.00"
    assert fields["name"] == {"field": "name", "answered": 5, "choices": {}, "mean": None}
    assert told["groups"] == [{"value": "1", "label": "1"}]
    Visitor(app, given[5]).post(RECORDS, json={"answers": {**GIVEN, "score": 1}, "submit": True})
    # The sixth changes nothing: what is shown would else differ by one record.
    assert api("school_b").get(address).get_json()["records"] == 5
    assert api("school_b").get(address, query_string={"group": "1"}).get_json()["records"] == 5
    assert api("school_b").get(address, query_string={"group": "2"}).get_json()["enough"] is False


def test_what_few_have_answered_is_summed_up_in_steps_of_five_answers(app, api, sign_in, monkeypatch):
    settings = {"role": "public_self", "anonymous": True, "fixed": ["group"]}
    raw = form("sparse_probe", "evaluation_anonymous", visitors=settings)
    raw["sections"][0]["fields"].append(
        {"key": "extra", "type": "rating", "label": {"zh": "附加", "en": "Extra"}, "class": "internal"}
    )
    with app.app_context():
        publish_form(raw)
    tomorrow = today() + timedelta(days=1)
    monkeypatch.setattr("app.records.lists.summary.today", lambda: tomorrow)

    def told(extra):
        """Return what is told of the question after five more records, each with one of these answers."""
        for code, mark in zip(issue(api("school_b"), "sparse_probe", 5), extra, strict=True):
            answers = {**GIVEN, "extra": mark}
            sent = Visitor(app, code).post("/forms/sparse_probe/records", json={"answers": answers, "submit": True})
            assert sent.status_code == 201, sent.get_data(as_text=True)
        found = api("school_b").get("/forms/sparse_probe/summary").get_json()
        fields = {item["field"]: item for item in found["fields"]}
        assert fields["score"]["answered"] == found["records"]
        return fields["extra"]

    nothing = {"field": "extra", "answered": 0, "choices": {}, "mean": None}
    assert told([2, None, None, None, None]) == nothing
    page = sign_in("school_b").get("/records/sparse_probe/summary").get_data(as_text=True)
    assert page.count("样本不足") == 1
    # Six have answered on one day: one of them, nobody knows which, waits for four more.
    assert told([1, 1, 1, 1, 5]) in (
        {"field": "extra", "answered": 5, "choices": {"1": 4, "2": 1}, "mean": "1.20"},
        {"field": "extra", "answered": 5, "choices": {"1": 4, "5": 1}, "mean": "1.80"},
        {"field": "extra", "answered": 5, "choices": {"1": 3, "2": 1, "5": 1}, "mean": "2.00"},
    )


def test_the_page_of_aggregates(app, api, sign_in, monkeypatch):
    tomorrow = today() + timedelta(days=1)
    page = sign_in("school_a_clerk").get(f"/records/{ANONYMOUS}/summary").get_data(as_text=True)
    assert "样本不足" in page
    for code in issue(api("school_a"), ANONYMOUS, 5):
        Visitor(app, code).post(RECORDS, json={"answers": GIVEN, "submit": True})
    monkeypatch.setattr("app.records.lists.summary.today", lambda: tomorrow)
    page = sign_in("school_a_clerk").get(f"/records/{ANONYMOUS}/summary").get_data(as_text=True)
    assert "样本不足" not in page
    assert "某同学" not in page


def test_the_pages_of_an_anonymous_visitor(app, api):
    (code,) = issue(api("school_a"), ANONYMOUS)
    client = app.test_client()
    token = csrf_token(client.get("/v/").get_data(as_text=True))
    assert client.post("/v/", data={"csrf_token": token, "code": code}).location == "/v/fill"
    page = client.get("/v/fill").get_data(as_text=True)
    assert "匿名" in page
    assert 'value="save"' not in page
    lacking = client.post("/v/fill", data={"csrf_token": csrf_token(page), "_do": "submit", "f-name": "某同学"})
    assert lacking.status_code == 422
    assert "某同学" in lacking.get_data(as_text=True)
    saved = client.post("/v/fill", data={"csrf_token": csrf_token(page), "_do": "save", "f-name": "某同学"})
    assert saved.status_code == 422
    done = client.post(
        "/v/fill", data={"csrf_token": csrf_token(page), "_do": "submit", "f-name": "某同学", "f-score": "5"}
    )
    assert done.location == "/v/done", done.get_data(as_text=True)


def test_a_signed_in_browser_fills_as_a_visitor_all_the_same(app, api, sign_in):
    (code,) = issue(api("school_a"), ANONYMOUS)
    client = sign_in("ent_a")
    page = client.get("/v/").get_data(as_text=True)
    before = everything(app)
    client.post("/v/", data={"csrf_token": csrf_token(page), "code": code})
    page = client.get("/v/fill").get_data(as_text=True)
    assert "sidebar" not in page
    done = client.post(
        "/v/fill", data={"csrf_token": csrf_token(page), "_do": "submit", "f-name": "某", "f-score": "5"}
    )
    assert done.location == "/v/done"
    after = everything(app)
    new = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
    assert new["audit_event"] == []
    assert "visit" not in str(new["web_session"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fill_roles": ["school_admin"]}, "visitor_role"),
        ({"visitors": {"role": "public_self", "anonymous": True, "fixed": ["name"]}}, "visitor_fixed"),
        ({"unique": [{"fields": ["name"]}]}, "anonymous_unique"),
        ({"resource": "evaluation"}, "anonymous_resource"),
        ({"visitors": {"role": "public_self"}}, "anonymous_stays"),
    ],
)
def test_a_definition_cannot_break_the_promise(app, change, code):
    with app.app_context():
        assert code in {issue.code for issue in errors_of(issues_of(form(ANONYMOUS, "evaluation_anonymous") | change))}
        assert errors_of(issues_of(form(ANONYMOUS, "evaluation_anonymous"))) == []


@pytest.mark.parametrize(
    ("type_", "class_", "code"),
    [("file", "internal", "anonymous_attachment"), ("text", "personal", "anonymous_personal")],
)
def test_what_an_anonymous_form_cannot_ask(app, type_, class_, code):
    raw = form(ANONYMOUS, "evaluation_anonymous")
    more = {"key": "more", "type": type_, "label": {"zh": "更多", "en": "More"}, "class": class_}
    raw["sections"][0]["fields"].append(more)
    with app.app_context():
        assert code in {issue.code for issue in errors_of(issues_of(raw))}
