"""What a session holds, and which visitors get one at all."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from app.database import db, unit_of_work, utcnow
from app.identity.models import User, WebSession
from app.identity.sessions import purge, revoke_user
from tests.conftest import csrf_token


def test_nobody_gets_a_cookie_for_looking(app):
    for path in ("/healthz", "/static/css/shell.css", "/api/v1/openapi.json", "/api/v1/forms"):
        response = app.test_client().get(path)
        assert "Set-Cookie" not in response.headers
        response.close()
    assert "Set-Cookie" in app.test_client().get("/login/").headers


def test_visitors_leave_no_row(app):
    with app.app_context():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(WebSession))
    for _ in range(3):
        app.test_client().get("/login/")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == before


def test_addresses_of_pages_are_not_kept(app, sign_in):
    client = sign_in("county_a")
    assert client.get("/accounts/?q=230203198503120011").status_code == 200
    client.get("/accounts/?page_x=1")
    with app.app_context():
        rows = db.session.scalars(sa.select(WebSession)).all()
        assert rows
        assert not any("230203198503120011" in str(row.data) or "page_history" in row.data for row in rows)


def test_language_follows_the_choice_and_the_account(app, sign_in):
    client = sign_in("auditor")
    assert (
        client.get("/lang/en", headers={"Referer": "http://localhost/account/password?x=1"}).headers["Location"]
        == "/account/password?x=1"
    )
    assert client.get("/lang/en", headers={"Referer": "http://evil.example/x"}).headers["Location"] == "/"
    assert client.get("/lang/xx").status_code == 404
    with app.app_context():
        assert db.session.scalar(sa.select(User.locale).where(User.username == "auditor")) == "en"
    client.get("/lang/zh")
    with app.app_context():
        assert db.session.scalar(sa.select(User.locale).where(User.username == "auditor")) == "zh"


def test_programs_are_answered_in_the_language_they_accept(app):
    def title(language):
        body = {"username": "x", "password": "y", "provider": "db"}
        response = app.test_client().post("/api/v1/security/login", json=body, headers={"Accept-Language": language})
        return response.headers.get("Content-Language"), response.status_code

    assert title("zh")[1] == title("en")[1] == 401
    with app.test_request_context("/api/v1/forms", headers={"Accept-Language": "en"}):
        assert str(app.extensions["babel"].locale_selector()) == "en"
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert str(app.extensions["babel"].locale_selector()) == "zh"


def test_old_rows_are_purged_and_fresh_ones_kept(app, sign_in):
    client = sign_in("ent_a")
    with app.app_context(), unit_of_work():
        total = db.session.scalar(sa.select(sa.func.count()).select_from(WebSession))
        assert purge(utcnow() - app.config["SESSION_LIFETIME"]) == 0
    assert client.get("/account/password").status_code == 200
    with app.app_context(), unit_of_work():
        assert purge(utcnow()) == total
    assert client.get("/account/password").status_code == 302


def test_revoking_keeps_the_one_session_named(app, sign_in):
    kept, lost = sign_in("ent_a"), sign_in("ent_a")
    with app.app_context(), unit_of_work():
        rows = db.session.scalars(sa.select(WebSession).order_by(WebSession.created_at)).all()
        revoke_user(rows[0].user_id, keep=rows[-2].id)
    assert kept.get("/account/password").status_code == 200
    assert lost.get("/account/password").status_code == 302


def test_a_user_goes_on_in_another_post(app, sign_in, actor):
    """Switching changes the session's post, is refused for a post of somebody else, and needs the token."""
    client = sign_in("ent_a")
    token = csrf_token(client.get("/account/identity").get_data(as_text=True))
    own, foreign = actor_post(app, actor, "ent_a"), actor_post(app, actor, "ent_b")
    assert client.post("/account/identity", data={"post_id": own}).status_code == 400
    assert client.post("/account/identity", data={"csrf_token": token, "post_id": own}).status_code == 302
    for post in (foreign, 10**9):
        assert client.post("/account/identity", data={"csrf_token": token, "post_id": post}).status_code == 404
    with app.app_context():
        row = db.session.scalars(sa.select(WebSession).order_by(WebSession.created_at.desc())).first()
        assert row.post_id == own


def actor_post(app, actor, username):
    with app.app_context():
        return actor(username).post_id


def test_what_is_told_travels_outside_the_row_and_is_told_once(app, sign_in):
    client = sign_in("city_admin")
    answer = client.post(
        "/records/labor_demand_survey/reveal/x", data={"csrf_token": csrf_token(client.get("/account/password").text)}
    )
    assert answer.status_code == 302
    (told,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("xqt_session_told=")]
    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    other = sign_in("city_admin")
    other.set_cookie("xqt_session_told", told.partition("=")[2].partition(";")[0])
    assert "请选择要查看的内容" not in other.get("/account/password").text
    assert "请选择要查看的内容" in client.get("/account/password").text
    assert "请选择要查看的内容" not in client.get("/account/password").text
    with app.app_context():
        assert not any("_flashes" in row.data for row in db.session.scalars(sa.select(WebSession)))


def test_messages_that_no_cookie_holds_are_told_by_the_row(app, sign_in):
    """Long ones neither vanish nor stay: a browser drops a cookie of more than 4 KB."""
    client = sign_in("city_admin")
    with client.session_transaction() as session:
        session["_flashes"] = [("danger", f"{number}-{secrets.token_hex(40)}") for number in range(60)]
        last = session["_flashes"][-1][1]
    assert len(client.get_cookie("xqt_session_told").value if client.get_cookie("xqt_session_told") else "") < 4000
    assert last in client.get("/account/password").text
    assert last not in client.get("/account/password").text


def test_a_request_is_answered_though_its_session_cannot_be_noted(app, sign_in, api, monkeypatch):
    web, program = sign_in("county_a"), api("county_a")
    web.get("/work")

    def locked(*_args, **_values):
        raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr("app.identity.sessions._TOUCH_SECONDS", -1)
    monkeypatch.setattr("app.identity.sessions.update_row", locked)
    assert web.get("/work").status_code == 200
    assert program.get("/forms").status_code == 200
