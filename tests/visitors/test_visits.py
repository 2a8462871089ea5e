"""Filling without an account: a code is issued, shown, filled with, spent; it reaches nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from app.access.actor import today
from app.access.query import tagged
from app.database import db, utcnow
from app.visitors import attempts, codes
from app.visitors.models import VisitCode, VisitSession
from tests.conftest import csrf_token
from tests.visitors.probes import ANONYMOUS, NAMED, Visitor, issue, publish

RECORDS = f"/forms/{NAMED}/records"
GIVEN = {"name": "来访者", "score": 4}


@pytest.fixture(scope="module", autouse=True)
def _forms(app):
    publish(app)


@pytest.fixture(autouse=True)
def _no_attempts_before(app):
    with app.app_context():
        db.session.execute(sa.text("DELETE FROM failed_attempt"))
        db.session.commit()


def refused(response):
    assert response.status_code == 422, response.get_data(as_text=True)
    return response.get_json()["title"]


def test_a_code_is_filled_with_once(app, api):
    (code,) = issue(api("school_a"), NAMED)
    visitor = Visitor(app, code)
    draft = visitor.post(RECORDS, json={"answers": {"name": "来访者"}})
    assert draft.status_code == 201, draft.get_data(as_text=True)
    record = draft.get_json()
    # The same code in another browser goes on with the same draft.
    other = Visitor(app, code.lower().replace("-", " "))
    kept = other.get(f"{RECORDS}/{record['id']}").get_json()
    assert kept["answers"] == {"group": "1", "name": "来访者"}
    assert other.post(RECORDS, json={"answers": GIVEN}).status_code == 409
    changed = other.put(f"{RECORDS}/{record['id']}", json={"lock_version": 1, "answers": {"score": 5}})
    assert changed.status_code == 200, changed.get_data(as_text=True)
    again = Visitor(app, code)
    # The form has no workflow: it is handed in by the page, or as it is created.
    assert again.get(f"/forms/{NAMED}").get_json()["key"] == NAMED
    client = web(app, code)
    page = client.get("/v/fill").get_data(as_text=True)
    sent = client.post("/v/fill", data={"csrf_token": csrf_token(page), "lock_version": "2", "_do": "submit"})
    assert (sent.status_code, sent.location) == (302, "/v/done")
    for gone in (visitor, other, again):
        assert gone.get(f"{RECORDS}/{record['id']}").status_code == 401
    assert refused(app.test_client().post("/api/v1/visits", json={"code": code})) == wrong(app)
    seen = api("school_a").get(f"{RECORDS}/{record['id']}").get_json()
    assert (seen["state"], seen["answers"]["score"]) == ("submitted", 5)
    assert [row["by"] for row in api("school_a").get(f"{RECORDS}/{record['id']}/revisions").get_json()][-1] == "访客"
    assert api("school_b").get(f"{RECORDS}/{record['id']}").status_code == 404


def wrong(app):
    return refused(app.test_client().post("/api/v1/visits", json={"code": codes.new()}))


def web(app, code):
    """Return a browser that has shown a code."""
    client = app.test_client()
    token = csrf_token(client.get(f"/v/c/{code}").get_data(as_text=True))
    response = client.post("/v/", data={"csrf_token": token, "code": code})
    assert (response.status_code, response.location) == (302, "/v/fill"), response.get_data(as_text=True)
    return client


def test_a_visitor_reaches_his_own_record_and_no_other(app, api):
    first, second = issue(api("school_a"), NAMED, 2)
    mine, theirs = Visitor(app, first), Visitor(app, second)
    saved = mine.post(RECORDS, json={"answers": GIVEN}).get_json()
    address = f"{RECORDS}/{saved['id']}"
    assert mine.get(address).status_code == 200
    nothing = theirs.get(f"{RECORDS}/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    foreign = theirs.get(address)
    assert (
        (foreign.status_code, foreign.get_data())
        == (nothing.status_code, nothing.get_data())
        == (404, nothing.get_data())
    )
    for method, more in (("PUT", {"lock_version": 1, "answers": {"score": 1}}), ("DELETE", {"reason": "x"})):
        assert theirs.open(method, address, json=more).status_code in {403, 404}
    # What the office may ask is not for visitors, whatever their role may view.
    for path in (
        "/forms",
        RECORDS,
        "/work",
        "/jobs/x",
        "/notifications",
        "/codes",
        "/campaigns",
        f"{address}/revisions",
    ):
        assert mine.get(path).status_code == 403, path
    for key in ("pt_teacher_register", ANONYMOUS):
        assert mine.post(f"/forms/{key}/records", json={"answers": {}, "submit": True}).status_code == 403, key
    assert (
        mine.client.get("/records/visit_probe/list", headers={"Authorization": f"Bearer {mine.token}"}).status_code
        == 302
    )


def test_what_the_code_fixes_and_whose_record_it_is_are_not_his_to_change(app, api, actor):
    (code,) = issue(api("school_a"), NAMED)
    visitor = Visitor(app, code)
    other = visitor.post(RECORDS, json={"answers": {**GIVEN, "group": "2"}})
    assert other.status_code == 422
    assert other.get_json()["errors"][0]["field"] == "group"
    with app.app_context():
        theirs, own = actor("school_b").organization_id, actor("school_a").organization_id
    saved = visitor.post(RECORDS, json={"answers": GIVEN, "submit": True, "on_behalf_of": theirs}).get_json()
    seen = api("school_a").get(f"{RECORDS}/{saved['id']}").get_json()
    assert seen["organization"]["id"] == own
    assert seen["answers"]["group"] == "1"


def test_attachments_belong_to_the_code(app, api):
    first, second = issue(api("school_a"), NAMED, 2)
    mine, theirs = Visitor(app, first), Visitor(app, second)
    sent = mine.post(f"/forms/{NAMED}/files", data={"field": "paper", "file": (BytesIO(b"%PDF-1.4\n"), "a.pdf")})
    assert sent.status_code == 201, sent.get_data(as_text=True)
    file = sent.get_json()["id"]
    with mine.get(f"/files/{file}") as own:
        assert own.status_code == 200
    assert theirs.get(f"/files/{file}").status_code == 404
    stolen = theirs.post(RECORDS, json={"answers": {**GIVEN, "paper": [file]}})
    assert stolen.status_code == 422
    kept = mine.post(RECORDS, json={"answers": {**GIVEN, "paper": [file]}})
    assert kept.status_code == 201, kept.get_data(as_text=True)
    assert theirs.get(f"/files/{file}").status_code == 404
    with mine.get(f"/files/{file}") as own:
        assert own.status_code == 200


def test_wrong_spent_expired_and_revoked_codes_are_told_alike(app, api, monkeypatch):
    spent, late, revoked = (issue(api("school_a"), NAMED, note=note)[0] for note in ("用", "晚", "停"))
    assert Visitor(app, spent).post(RECORDS, json={"answers": GIVEN, "submit": True}).status_code == 201
    batches = api("school_a").get("/codes").get_json()["batches"]
    batch = next(item for item in batches if item["note"] == "停")
    before = Visitor(app, revoked)
    assert api("school_a").post(f"/codes/{batch['id']}/revoke").status_code == 200
    assert before.post(RECORDS, json={"answers": GIVEN}).status_code == 401
    bodies = {
        app.test_client().post("/api/v1/visits", json={"code": code}).get_data()
        for code in (spent, revoked, codes.new(), "short", "")
    }
    after = today() + timedelta(days=31)
    monkeypatch.setattr("app.visitors.arriving.today", lambda: after)
    bodies.add(app.test_client().post("/api/v1/visits", json={"code": late}).get_data())
    assert len(bodies) == 1


def test_guessing_is_slowed_down_and_others_are_not(app, api):
    (code,) = issue(api("school_a"), NAMED)
    client = app.test_client()
    answers = [client.post("/api/v1/visits", json={"code": codes.new()}).status_code for _ in range(attempts.MOST + 2)]
    assert answers == [422] * attempts.MOST + [429] * 2
    assert client.post("/api/v1/visits", json={"code": code}).status_code == 429
    page = client.get("/v/")
    token = csrf_token(page.get_data(as_text=True))
    assert client.post("/v/", data={"csrf_token": token, "code": code}).status_code == 429
    elsewhere = client.post("/api/v1/visits", json={"code": code}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 201
    with app.app_context():
        rows = db.session.execute(sa.text("SELECT address FROM failed_attempt")).scalars().all()
        assert rows
        assert not any("127.0.0.1" in row or "192.0.2.7" in row for row in rows)


def test_right_codes_are_no_failures(app, api):
    given = issue(api("school_a"), NAMED, attempts.MOST + 3)
    assert {app.test_client().post("/api/v1/visits", json={"code": code}).status_code for code in given} == {201}


def test_codes_are_long_random_and_kept_as_keyed_hashes(app, api):
    given = issue(api("school_a"), NAMED, 50)
    plain = {code.replace("-", "") for code in given}
    assert len(plain) == 50
    assert {len(code) for code in plain} == {codes.LENGTH}
    assert len(codes.ALPHABET) ** codes.LENGTH >= 2**60
    with app.app_context():
        stored = set(db.session.scalars(tagged(sa.select(VisitCode.__table__.c.digest), "test")))
        assert {codes.digest(code) for code in plain} <= stored
        key = app.config["SECRET_KEY"]
        app.config["SECRET_KEY"] = "another key of this site, 32 signs"
        try:
            assert not {codes.digest(code) for code in plain} & stored
        finally:
            app.config["SECRET_KEY"] = key


def test_who_may_issue(app, api):
    body = {"count": 1, "valid_until": today().isoformat(), "fixed": {"group": "1"}}
    for account in ("ent_a", "leader", "county_a", "auditor"):
        assert api(account).post(f"/forms/{NAMED}/codes", json=body).status_code == 403, account
    # May begin records and not hand them in: 404, for this form gives him nothing to issue.
    assert api("school_a_clerk").post(f"/forms/{NAMED}/codes", json=body).status_code == 404
    assert api("school_a").post(f"/forms/{NAMED}/codes", json=body).status_code == 201
    batch = api("school_a").get("/codes").get_json()["batches"][0]["id"]
    assert batch not in api("school_b").get("/codes").get_data(as_text=True)
    assert api("school_b").post(f"/codes/{batch}/revoke").status_code == 404
    assert api("school_a").post(f"/codes/{batch}/revoke").status_code == 200


@pytest.mark.parametrize(
    ("more", "wrong_field"),
    [
        ({"count": 0}, "count"),
        ({"count": 501}, "count"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"valid_until": "2999-01-01"}, "valid_until"),
        ({"fixed": {}}, "group"),
        ({"fixed": {"group": "9"}}, "group"),
        ({"campaign": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "campaign"),
    ],
)
def test_what_is_wrong_with_a_batch_is_named(api, more, wrong_field):
    body = {"count": 1, "valid_until": today().isoformat(), "fixed": {"group": "1"}} | more
    response = api("school_a").post(f"/forms/{NAMED}/codes", json=body)
    assert response.status_code == 422, response.get_data(as_text=True)
    assert [error["field"] for error in response.get_json()["errors"]] == [wrong_field]


def test_a_visit_ends_and_the_code_goes_on(app, api, monkeypatch):
    (code,) = issue(api("school_a"), NAMED)
    visitor = Visitor(app, code)
    later = utcnow() + timedelta(hours=3)
    monkeypatch.setattr("app.visitors.arriving.utcnow", lambda: later)
    assert visitor.get(f"/forms/{NAMED}").status_code == 401
    assert Visitor(app, code).get(f"/forms/{NAMED}").status_code == 200
    with app.app_context():
        from app.visitors import arriving

        assert arriving.forget() >= 1
        db.session.commit()
        digest = codes.digest(code.replace("-", ""))
        table = VisitSession.__table__
        assert len(db.session.execute(tagged(sa.select(table).where(table.c.code == digest), "test")).all()) == 1


def test_records_of_codes_carry_the_campaign(app, api, actor):
    day = today().isoformat()
    with app.app_context():
        school = actor("school_a").organization_name
    assert school
    body = {"form": NAMED, "title": "登记", "opens_on": day, "due_on": day, "targets": {"kinds": ["college"]}}
    campaign = api("city_voc").post("/campaigns", json=body).get_json()["id"]
    assert api("city_voc").post(f"/campaigns/{campaign}/open").status_code == 200
    (code,) = issue(api("school_a"), NAMED, campaign=campaign)
    saved = Visitor(app, code).post(RECORDS, json={"answers": GIVEN, "submit": True})
    assert saved.status_code == 201, saved.get_data(as_text=True)
    assert api("school_a").get(f"{RECORDS}/{saved.get_json()['id']}").get_json()["campaign"] == campaign


def test_the_pages_without_a_script(app, api, sign_in):
    officer = sign_in("school_a")
    page = officer.get(f"/codes/add?form={NAMED}").get_data(as_text=True)
    issued = officer.post(
        "/codes/add",
        data={
            "csrf_token": csrf_token(page),
            "form": NAMED,
            "f-group": "1",
            "count": "2",
            "valid_until": today().isoformat(),
            "note": "一班",
        },
    )
    text = issued.get_data(as_text=True)
    assert issued.status_code == 200, text
    assert text.count("<svg") >= 2
    code = text.partition("http://localhost/v/c/")[2][:14]
    assert "一班" in officer.get("/codes/").get_data(as_text=True)
    client = web(app, code)
    assert csrf_token(client.get("/v/fill").get_data(as_text=True))
    page = client.get("/v/fill").get_data(as_text=True)
    assert "甲班" in page
    assert 'name="f-group"' not in page
    lacking = client.post("/v/fill", data={"csrf_token": csrf_token(page), "_do": "submit", "f-name": "来访者"})
    assert lacking.status_code == 422
    page = lacking.get_data(as_text=True)
    assert "来访者" in page
    assert client.get("/v/fill").status_code == 200
    done = client.post(
        "/v/fill",
        data={"csrf_token": csrf_token(page), "lock_version": "1", "_do": "submit", "f-name": "来访者", "f-score": "3"},
    )
    assert (done.status_code, done.location) == (302, "/v/done"), done.get_data(as_text=True)
    assert "谢谢" in client.get("/v/done").get_data(as_text=True)
    assert client.get("/v/fill").location == "/v/"
    batch = officer.get("/codes/").get_data(as_text=True)
    assert "1/2" in batch


def test_a_link_is_only_shown_and_a_cookie_tells_nothing(app, api):
    (code,) = issue(api("school_a"), NAMED)
    client = app.test_client()
    for _ in range(3):
        # A preview of the link in a chat opens it: that must not begin anything.
        assert client.get(f"/v/c/{code}").status_code == 200
    assert client.get("/v/fill").location == "/v/"
    client = web(app, code)
    cookie = client.get_cookie("xqt_visit", path="/v/")
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    assert code.replace("-", "") not in cookie.value
    assert client.get_cookie("xqt_session") is None or "visit" not in client.get_cookie("xqt_session").value
    assert client.get("/").location.startswith("/login/")


def test_what_a_visitor_typed_outlives_his_visit(app, api):
    (code,) = issue(api("school_a"), NAMED)
    client = web(app, code)
    sent = {"csrf_token": csrf_token(client.get("/v/fill").get_data(as_text=True)), "_do": "submit"}
    sent |= {"f-name": "来访者乙", "f-score": "4"}
    # A token that aged asks nobody to sign in who has no account.
    aged = client.post("/v/fill", data={**sent, "csrf_token": "x"}, headers={"Origin": "http://localhost"})
    assert aged.status_code == 400
    assert "来访者乙" in aged.get_data(as_text=True)
    assert 'name="password"' not in aged.get_data(as_text=True)
    client.delete_cookie("xqt_visit", path="/v/")
    assert client.post("/v/fill", data=sent).location == "/v/"
    page = client.post("/v/fill", data=sent, headers={"Origin": "http://localhost"})
    assert page.status_code == 401
    kept = dict(re.findall(r'name="(kept[^"]+)" value="([^"]*)"', page.get_data(as_text=True)))
    assert kept["kept:f-name"] == "来访者乙"
    begun = client.post("/v/", data={**kept, "csrf_token": csrf_token(page.get_data(as_text=True)), "code": code})
    text = begun.get_data(as_text=True)
    assert begun.status_code == 200
    assert 'action="/v/fill"' in text
    again = {name.removeprefix("kept:"): value for name, value in kept.items() if name.startswith("kept:")}
    done = client.post("/v/fill", data={**again, "csrf_token": csrf_token(text)})
    assert (done.status_code, done.location) == (302, "/v/done"), done.get_data(as_text=True)
    assert any(row["answers"]["name"] == "来访者乙" for row in api("school_a").get(RECORDS).get_json()["records"])
