"""Sign-in, lockout, sign-out: for people and for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.database import db, unit_of_work, utcnow
from app.errors import Invalid
from app.identity import service
from app.identity.models import Post, User, WebSession
from app.identity.passwords import check_strength, set_password
from app.identity.sessions import digest
from app.identity.signin import safe_target
from tests.conftest import PASSWORD, csrf_token, sign_in_client

COOKIE = "xqt_session"
OWN_PAGE = "/account/password"


def api_login(app, username, password=PASSWORD, **more):
    body = {"username": username, "password": password, "provider": "db", **more}
    return app.test_client().post("/api/v1/security/login", json=body)


def token_works(app, token):
    response = app.test_client().get("/api/v1/work", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code in {200, 401}
    return response.status_code == 200


def page_works(client):
    return client.get(OWN_PAGE).status_code == 200


def secret(client):
    cookie = client.get_cookie(COOKIE)
    return cookie.value if cookie else None


def unlock(app):
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(User.__table__).values(fail_login_count=0, locked_until=None))


def test_the_session_secret_is_new_at_sign_in(app):
    client = app.test_client()
    page = client.get("/login/").get_data(as_text=True)
    before = secret(client)
    assert before
    sign_in_client(client, "ent_a")
    after = secret(client)
    assert after
    assert after != before
    assert page_works(client)
    stranger = app.test_client()
    stranger.set_cookie(COOKIE, before)
    assert not page_works(stranger)
    assert csrf_token(page) not in client.get(OWN_PAGE).get_data(as_text=True)


def test_a_secret_that_a_stranger_chose_is_worth_nothing(app):
    client = app.test_client()
    client.set_cookie(COOKIE, "s.chosen-by-a-stranger")
    sign_in_client(client, "ent_a")
    assert secret(client) not in {None, "s.chosen-by-a-stranger"}
    assert page_works(client)


def test_a_signed_visitor_cookie_cannot_name_a_user(app):
    serializer = app.session_interface._serializer(app)
    client = app.test_client()
    client.set_cookie(COOKIE, serializer.dumps({"_user_id": "1", "locale": "en"}))
    assert not page_works(client)


def test_the_database_holds_a_hash_and_the_cookie_its_flags(app, sign_in):
    client = sign_in("ent_a")
    with app.app_context():
        row = db.session.get(WebSession, digest(secret(client).removeprefix("s.")))
        assert row is not None
        assert secret(client) not in str(vars(row))
    cookie = client.get_cookie(COOKIE)
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert not cookie.secure


def test_cookies_are_secure_behind_https(app):
    app.config["SESSION_COOKIE_SECURE"] = True
    try:
        header = app.test_client().get("/login/").headers["Set-Cookie"]
    finally:
        app.config["SESSION_COOKIE_SECURE"] = False
    assert "Secure" in header


def test_logout_kills_the_cookie_and_needs_a_token_and_post(app, sign_in):
    client = sign_in("ent_a")
    kept = secret(client)
    token = csrf_token(client.get(OWN_PAGE).get_data(as_text=True))
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 400
    assert page_works(client)
    assert client.post("/logout/", data={"csrf_token": token}).status_code == 302
    assert not page_works(client)
    thief = app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert not page_works(thief)


def test_logout_kills_the_token(app):
    token = api_login(app, "ent_a").get_json()["access_token"]
    other = api_login(app, "ent_a").get_json()["access_token"]
    assert token_works(app, token)
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().post("/api/v1/security/logout", headers=headers).status_code == 204
    assert not token_works(app, token)
    assert token_works(app, other)


def test_a_refreshed_token_belongs_to_the_same_session(app):
    body = api_login(app, "ent_a", refresh=True).get_json()
    refresh = {"Authorization": f"Bearer {body['refresh_token']}"}
    fresh = app.test_client().post("/api/v1/security/refresh", headers=refresh).get_json()["access_token"]
    assert token_works(app, fresh)
    headers = {"Authorization": f"Bearer {fresh}"}
    app.test_client().post("/api/v1/security/logout", headers=headers)
    assert not token_works(app, body["access_token"])
    assert app.test_client().post("/api/v1/security/refresh", headers=refresh).status_code == 401


def test_a_cookie_is_no_token_and_a_token_no_cookie(app, sign_in):
    client = sign_in("ent_a")
    row_id = digest(secret(client).removeprefix("s."))
    with app.app_context():
        user_id = db.session.scalar(sa.select(User.id).where(User.username == "ent_a"))
        forged = app.appbuilder.sm.load_user_jwt({}, {"sid": row_id, "sub": str(user_id)})
    assert forged is None
    token = api_login(app, "ent_a").get_json()["access_token"]
    assert token_works(app, token)


@pytest.mark.parametrize("change", ["lock", "posts", "password"])
def test_lock_role_and_password_changes_take_effect_at_once(app, sign_in, change):
    client, token = sign_in("ent_b"), api_login(app, "ent_b").get_json()["access_token"]
    bystander = sign_in("ent_a")
    assert page_works(client)
    assert token_works(app, token)
    with app.app_context(), unit_of_work():
        user = service.find_user("ent_b")
        posts = list(db.session.scalars(sa.select(Post).where(Post.user_id == user.id)))
        if change == "lock":
            service.set_active(user, active=False)
        elif change == "posts":
            service.set_posts(user, [])
        else:
            set_password(user, "Another-Password-1")
    assert not page_works(client)
    assert not token_works(app, token)
    assert page_works(bystander)
    with app.app_context(), unit_of_work():
        user = service.find_user("ent_b")
        service.set_active(user, active=True)
        service.set_posts(user, [(post.role, post.organization_id) for post in posts])
        set_password(user, PASSWORD)
    assert page_works(sign_in("ent_b"))


@pytest.mark.parametrize(
    ("column", "setting", "alive"),
    [
        ("seen_at", "SESSION_IDLE", True),
        ("created_at", "SESSION_LIFETIME", True),
        ("seen_at", "SESSION_IDLE", False),
        ("created_at", "SESSION_LIFETIME", False),
    ],
)
def test_idle_and_old_sessions_end(app, sign_in, column, setting, alive):
    client = sign_in("ent_a")
    age = app.config[setting] + timedelta(seconds=-30 if alive else 30)
    with app.app_context(), unit_of_work():
        row = db.session.get(WebSession, digest(secret(client).removeprefix("s.")))
        setattr(row, column, utcnow() - age)
    assert page_works(client) is alive


def test_five_failures_lock_for_ten_minutes(app):
    try:
        for _ in range(4):
            assert api_login(app, "school_a", "wrong").status_code == 401
        assert api_login(app, "school_a").status_code == 200
        for _ in range(5):
            assert api_login(app, "school_a", "wrong").status_code == 401
        refused = api_login(app, "school_a")
        assert refused.status_code == 401
        assert api_login(app, "ent_a").status_code == 200
        with app.app_context(), unit_of_work():
            user = service.find_user("school_a")
            assert timedelta(minutes=9) < user.locked_until - utcnow() <= timedelta(minutes=10)
            user.locked_until = utcnow() - timedelta(seconds=1)
        assert api_login(app, "school_a").status_code == 200
    finally:
        unlock(app)


def test_unknown_locked_and_wrong_are_answered_alike(app):
    try:
        for _ in range(5):
            wrong = api_login(app, "school_a", "wrong")
        locked = api_login(app, "school_a")
        unknown = api_login(app, "no_such_user", "wrong")
        assert wrong.get_json() == locked.get_json() == unknown.get_json()
        assert {wrong.status_code, locked.status_code, unknown.status_code} == {401}
    finally:
        unlock(app)


def test_unknown_and_known_names_cost_the_same_statements(app):
    def statements(username):
        seen = []
        with app.app_context():

            def note(_c, _cursor, statement, *_rest):
                seen.append(statement.split()[0:3])

            sa.event.listen(db.engine, "before_cursor_execute", note)
            try:
                assert app.appbuilder.sm.auth_user_db(username, "wrong") is None
            finally:
                sa.event.remove(db.engine, "before_cursor_execute", note)
        return seen

    try:
        assert statements("no_such_user") == statements("ent_a")
    finally:
        unlock(app)


def test_the_trail_names_sign_ins_without_what_was_typed(app, sign_in):
    sign_in("ent_a")
    api_login(app, "typed-my-password-here", "wrong")
    with app.app_context():
        events = db.session.scalars(
            sa.select(AuditEvent).where(AuditEvent.event == "login").order_by(AuditEvent.id.desc()).limit(2)
        ).all()
    failed, passed = events
    assert (failed.result, passed.result) == ("failed", "ok")
    assert passed.actor_name
    assert "typed-my-password" not in str(vars(failed))


def test_a_post_without_a_token_is_refused(app, sign_in):
    client = sign_in("ent_a")
    assert client.post(OWN_PAGE, data={"current": PASSWORD, "new": "x", "again": "x"}).status_code == 400
    assert app.test_client().post("/login/", data={"username": "ent_a", "password": PASSWORD}).status_code == 400
    token = csrf_token(client.get(OWN_PAGE).get_data(as_text=True))
    assert (
        client.post(OWN_PAGE, data={"csrf_token": token, "current": "no", "new": "x", "again": "x"}).status_code == 422
    )


def test_a_password_is_changed_by_who_knows_it(app, sign_in):
    client, elsewhere = sign_in("ent_a_clerk"), sign_in("ent_a_clerk")
    token = csrf_token(client.get(OWN_PAGE).get_data(as_text=True))

    def change(current, new, again=None):
        data = {"csrf_token": token, "current": current, "new": new, "again": again or new}
        return client.post(OWN_PAGE, data=data).status_code

    assert change("wrong", "Quite-New-2026") == 422
    assert change(PASSWORD, "short") == 422
    assert change(PASSWORD, "Quite-New-2026", "Other-New-2026") == 422
    assert page_works(elsewhere)
    assert change(PASSWORD, "Quite-New-2026") == 302
    assert page_works(client)
    assert not page_works(elsewhere)
    with app.app_context(), unit_of_work():
        set_password(service.find_user("ent_a_clerk"), PASSWORD)


def test_guessing_on_the_password_page_locks_the_account(app, sign_in):
    """Whoever finds a browser signed in may not try passwords at leisure; wrong ones count with those of the sign-in."""
    client = sign_in("ent_b")
    token = csrf_token(client.get(OWN_PAGE).get_data(as_text=True))

    def change(current):
        data = {"csrf_token": token, "current": current, "new": "Quite-New-2026", "again": "Quite-New-2026"}
        return client.post(OWN_PAGE, data=data)

    try:
        assert api_login(app, "ent_b", "wrong").status_code == 401
        for _ in range(4):
            refused = change("wrong")
            assert refused.status_code == 422
            assert "当前密码不正确" in refused.get_data(as_text=True)
        refused = change(PASSWORD)
        assert refused.status_code == 422
        assert "十分钟" in refused.get_data(as_text=True)
        assert api_login(app, "ent_b").status_code == 401
        with app.app_context():
            trail = sa.select(AuditEvent.result, AuditEvent.detail).where(
                AuditEvent.event == "password_check", AuditEvent.user_id == service.find_user("ent_b").id
            )
            assert [tuple(row) for row in db.session.execute(trail)] == [("failed", {})] * 4 + [
                ("failed", {"locked": True})
            ]
    finally:
        unlock(app)
    assert change(PASSWORD).status_code == 302
    with app.app_context(), unit_of_work():
        set_password(service.find_user("ent_b"), PASSWORD)


@pytest.mark.parametrize("weak", ["Short-1", "alllowercase", "alllower1234", "Xent_a-12345"])
def test_weak_passwords_are_refused(app, weak):
    with app.app_context():
        check_strength("Xiaoqitong-Demo-2025", "ent_a")
        with pytest.raises(Invalid):
            check_strength(weak, "ent_a")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/records/x/list", "/records/x/list"),
        ("/a?b=1", "/a?b=1"),
        ("http://localhost/a?b=1", "/a?b=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("http://evil.example/a", "/"),
        ("javascript:alert(1)", "/"),
        ("http://localhost//evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_sign_in_leads_to_this_site_only(app, target, path):
    with app.test_request_context("/login/"):
        assert safe_target(target) == path


def test_demo_accounts_sign_in_only_in_demo_mode(app):
    app.config["DEMO_MODE"] = False
    try:
        assert api_login(app, "ent_a").status_code == 401
        assert "school_a" not in app.test_client().get("/login/").get_data(as_text=True)
    finally:
        app.config["DEMO_MODE"] = True
        unlock(app)
    assert api_login(app, "ent_a").status_code == 200


def test_nul_and_empty_passwords_are_refused(app):
    for password in ("", "\0", PASSWORD + "\0"):
        assert api_login(app, "ent_a", password).status_code in {400, 401}
    assert api_login(app, "ent_a").status_code == 200
    unlock(app)
