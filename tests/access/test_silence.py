"""Looking changes nothing; logs and the audit trail hold nothing about anybody."""

from __future__ import annotations

import logging
import re

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db
from tests.access.routes import table
from tests.access.tenants import DEMANDS, TEACHERS, live, work
from tests.access.test_foreign import named
from tests.conftest import ApiClient, sign_in_client
from tests.samples import teacher

#: Tables in which looking may leave a trace: sessions, what was read when, sign-ins, when an exported file was fetched.
TRACES = {"web_session", "audit_event", "ab_user", "export"}


@pytest.fixture(scope="module")
def story(app):
    """Let two tenants live while everything that is logged is kept; return the ids and the log."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, entry):
            kept.append(self.format(entry))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    levels = {name: logging.getLogger(name).level for name in ("", "app", "sqlalchemy.engine")}
    root.addHandler(handler)
    logging.getLogger("app").setLevel(logging.DEBUG)
    root.setLevel(logging.INFO)
    try:
        found = live(app, "ent_b", "school_b", "county_b")
        client = ApiClient(app, "school_b")
        number, phone = teacher(0)["id_no"], teacher(0)["mobile"]
        client.get(f"/forms/{TEACHERS}/records?q={number}")
        client.get(f"/forms/{TEACHERS}/records?order={phone}")
        client.post(f"/forms/{TEACHERS}/records", json={"answers": {"id_no": number, "nothing_such": phone}})
        app.test_client().post("/api/v1/security/login", json={"username": number, "password": phone})
        reveal = {"fields": ["id_no", "mobile"], "reason": "核对"}
        shown = client.post(f"/forms/{TEACHERS}/records/{found['teacher']}/reveal", json=reveal)
        assert shown.status_code == 200
        assert number in shown.get_data(as_text=True)
        work(app)
        logging.getLogger("app.probe").info("the handler hears")
    finally:
        root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    return found, kept


def persons():
    """Return what nobody may find outside the records: names, numbers, telephones."""
    for number in range(5):
        answers = teacher(number)
        yield from (answers["full_name"], answers["id_no"], answers["mobile"])
    yield from ("测试员", "13900000001", "Xiaoqitong-Demo")


def test_logs_hold_nothing_about_anybody(story):
    _ids, kept = story
    assert any("the handler hears" in line for line in kept)
    text = "\n".join(kept)
    assert [word for word in persons() if word in text] == []
    assert not re.search(r"Traceback", text), text[:2000]


def test_the_trail_names_fields_and_never_what_is_in_them(app, story):
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent)).all()
        text = "\n".join(f"{event.event} {event.object_type} {event.object_id} {event.detail}" for event in events)
        names = {event.event for event in events}
    assert {"login", "record_created", "reveal", "file_stored", "workflow"} <= names
    assert [word for word in persons() if word in text] == []
    assert "id_no" in text


def test_answers_to_errors_hold_no_statement(app, story):
    """A wrong value is not echoed beside a statement or a trace."""
    client = ApiClient(app, "school_b")
    for response in (
        client.get(f"/forms/{TEACHERS}/records?filter=[{{}}]"),
        client.get(f"/forms/{TEACHERS}/records?cursor=%27;--"),
        client.put(f"/forms/{TEACHERS}/records/x", json={"lock_version": 1, "answers": {}}),
        client.post(f"/forms/{TEACHERS}/records", json={"answers": {"mobile": "'; DROP TABLE record"}}),
    ):
        assert not re.search(r"SELECT|INSERT|sqlite|psycopg|File \"|line \d+", response.get_data(as_text=True))
        assert response.status_code < 500


def content():
    """Return a sum of every table but those in which looking leaves a trace."""
    found = {}
    with db.engine.connect() as connection:
        for name in sa.inspect(connection).get_table_names():
            if name in TRACES:
                continue
            rows = connection.execute(tagged(sa.text(f'SELECT * FROM "{name}"'), "test"))  # noqa: S608 - names of tables
            found[name] = sorted(map(repr, rows))
    return found


def test_looking_changes_nothing(app, story):
    ids, _kept = story
    with app.app_context():
        before = content()
    looked = 0
    for account in ("city_admin", "county_b", "ent_b", "school_b"):
        web, programs = app.test_client(), ApiClient(app, account)
        sign_in_client(web, account)
        for route in table():
            if route.method != "GET":
                continue
            for form in (DEMANDS, TEACHERS) if "<form" in route.rule else (DEMANDS,):
                address = route.address(form, **named(route, form, {**ids, "user_id": "1"}))
                client, headers = (programs.client, programs.headers) if route.api else (web, {})
                response = client.get(address, headers=headers)
                assert response.status_code < 500, address
                looked += response.status_code == 200
                response.close()
    with app.app_context():
        after = content()
    assert looked > 50
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.parametrize(
    "address", ["/login/", "/records/labor_demand_survey/list", "/nothing", "/api/v1/forms", "/api/v1/nothing"]
)
def test_every_answer_is_guarded_by_its_headers(app, address):
    web = app.test_client()
    sign_in_client(web, "ent_a")
    for client in (app.test_client(), web):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors",
            "form-action 'self'",
        ):
            assert part in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] in {"DENY", "SAMEORIGIN"}
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert "no-store" in headers["Cache-Control"]
        assert "Server" not in headers or "Werkzeug" not in headers["Server"]
        assert "Strict-Transport-Security" not in headers
    app.config["HTTPS"] = True
    try:
        assert "max-age" in web.get(address).headers["Strict-Transport-Security"]
    finally:
        app.config["HTTPS"] = False
