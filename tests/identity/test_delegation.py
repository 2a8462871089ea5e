"""A delegated administrator of accounts stays within his scope, below his own role, and off himself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEvent
from app.database import db, unit_of_work
from app.errors import NotAllowed, NotFound
from app.identity import delegation, service
from app.identity.models import GrantRow, RoleDefinition, User
from tests.conftest import csrf_token


@pytest.fixture(autouse=True)
def roles(app):
    """Let administrators of enterprises and county bureaus give the roles that a real pack would let them give."""
    with app.app_context(), unit_of_work():
        for key, managers in {
            "ent_clerk": ["ent_admin"],
            "ent_admin": ["county_hr"],
            "leader_ro": None,
            "county_hr": None,
        }.items():
            db.session.get_one(RoleDefinition, key).managed_by = managers


def someone(actor, username):
    return actor(username), service.find_user(username)


def open_clerk(by, organization_id, username="new_clerk", role="ent_clerk"):
    with unit_of_work():
        return delegation.open_account(
            by,
            username=username,
            name="新人",
            mobile="",
            organization_id=organization_id,
            posts=[(role, organization_id)],
        )


def test_an_enterprise_administrator_opens_an_account_at_home_and_nowhere_else(context, actor):
    by, other = actor("ent_a"), actor("ent_b")
    user, password = open_clerk(by, by.organization_id, "clerk_1")
    assert user.must_change_password
    assert len(password) > 10
    assert [post.role for post in delegation.posts_of(user.id)] == ["ent_clerk"]
    with pytest.raises(NotAllowed):
        open_clerk(by, other.organization_id, "clerk_2")
    assert db.session.scalar(sa.select(AuditEvent.id).where(AuditEvent.event == "account_opened"))


@pytest.mark.parametrize(
    "role", ["city_admin", "city_voc", "leader_ro", "county_hr", "auditor", "ent_admin", "no_such_role"]
)
def test_no_role_above_his_own_is_given(context, actor, role):
    by = actor("ent_a")
    open_clerk(by, by.organization_id, f"before_{role}")
    with pytest.raises(NotAllowed):
        open_clerk(by, by.organization_id, f"clerk_{role}", role)


def test_nobody_changes_himself(context, actor):
    by, user = someone(actor, "ent_a")
    for change in (
        lambda: delegation.change_posts(by, user.id, [("ent_clerk", by.organization_id)]),
        lambda: delegation.reset_password(by, user.id),
        lambda: delegation.lock(by, user.id, active=True),
    ):
        with pytest.raises(NotAllowed), unit_of_work():
            change()
    clerk = service.find_user("ent_a_clerk")
    with unit_of_work():
        assert delegation.lock(by, clerk.id, active=False).active is False
        assert delegation.lock(by, clerk.id, active=True).active is True


def test_the_accounts_of_others_do_not_exist(context, actor):
    by = actor("ent_a")
    foreign = service.find_user("ent_b")
    with pytest.raises(NotFound):
        delegation.account(by, foreign.id)
    with pytest.raises(NotFound):
        delegation.account(by, 10**6)
    assert {user.organization_id for user in delegation.accounts(by)} == {by.organization_id}
    assert delegation.account(by, service.find_user("ent_a_clerk").id)


def test_a_county_reaches_its_own_region_only_and_no_equal(context, actor):
    by = actor("county_a")
    own, _password = open_clerk(by, actor("ent_a").organization_id, "second_admin", "ent_admin")
    foreign = service.find_user("ent_b")
    with unit_of_work():
        assert delegation.reset_password(by, own.id)
    with pytest.raises(NotFound), unit_of_work():
        delegation.reset_password(by, foreign.id)
    with pytest.raises((NotFound, NotAllowed)), unit_of_work():
        delegation.reset_password(by, service.find_user("city_admin").id)


def test_without_a_list_of_givers_the_grants_must_be_covered(context, actor):
    by = actor("ent_a")
    with unit_of_work():
        db.session.add(RoleDefinition(key="tiny", name_zh="小"))
        db.session.flush()
        db.session.add(GrantRow(role="tiny", resource="labor_demand", actions="V", scope="own"))
        db.session.add(RoleDefinition(key="wide", name_zh="大"))
        db.session.flush()
        db.session.add(GrantRow(role="wide", resource="labor_demand", actions="V", scope="city", mode="m1"))
    open_clerk(by, by.organization_id, "tiny_1", "tiny")
    with pytest.raises(NotAllowed):
        open_clerk(by, by.organization_id, "wide_1", "wide")


def test_the_screens_follow(app, sign_in, actor):
    administrator, clerk = sign_in("ent_a"), sign_in("ent_a_clerk")
    assert clerk.get("/accounts/").status_code == 403
    assert administrator.get("/accounts/").status_code == 200
    assert app.test_client().get("/accounts/").status_code == 302
    token = csrf_token(administrator.get("/accounts/add").get_data(as_text=True))
    with app.app_context():
        place = actor("ent_a").organization_id
        foreign = service.find_user("ent_b").id
    data = {"csrf_token": token, "username": "by_web", "name": "网", "organization_id": place, "role": "ent_clerk"}
    assert administrator.post("/accounts/add", data={**data, "role": "city_admin"}).status_code == 403
    assert administrator.post("/accounts/add", data=data).status_code == 200
    assert administrator.post("/accounts/add", data=data).status_code == 422
    never = administrator.get("/accounts/999999")
    assert administrator.get(f"/accounts/{foreign}").status_code == never.status_code == 404
    for action in ("posts", "password", "lock"):
        path = f"/accounts/{foreign}/{action}"
        sent = {"csrf_token": token, "role": "ent_clerk", "organization_id": place, "active": "0"}
        assert administrator.post(path, data=sent).status_code == 404
        assert administrator.get(path).status_code == 405
    with app.app_context():
        mine = db.session.scalar(sa.select(User.id).where(User.username == f"by_web@{place}"))
    assert administrator.post(f"/accounts/{mine}/lock", data={"csrf_token": token, "active": "0"}).status_code == 302


def test_a_taken_name_tells_of_no_account_elsewhere(app, sign_in, actor):
    """The same answer, names of others or not; only of his own organization's accounts he is told."""
    answers = []
    with app.app_context():
        place = actor("ent_a").organization_id
    administrator = sign_in("ent_a")
    for name in ("ent_b", "COUNTY_B", "school_a", "nobody_has_it"):
        page = administrator.get("/accounts/add").get_data(as_text=True)
        assert f"zhangsan@{place}" in page
        data = {"csrf_token": csrf_token(page), "username": name, "name": "甲", "organization_id": place}
        response = administrator.post("/accounts/add", data={**data, "role": "ent_clerk"})
        text = response.get_data(as_text=True)
        assert f"{name}@{place}" in text
        answers.append((response.status_code, len(text) - 2 * len(name) > 0, "已被使用" in text))
        again = administrator.post("/accounts/add", data={**data, "username": f"{name}@{place}", "role": "ent_clerk"})
        assert again.status_code == 422
        assert "已被使用" in again.get_data(as_text=True)
    assert answers == [(200, True, False)] * 4
    # Who sees every account gives whole names, and is told.
    city = sign_in("city_admin")
    page = city.get("/accounts/add").get_data(as_text=True)
    assert "zhangsan@" not in page
    data = {"csrf_token": csrf_token(page), "username": "ent_b", "name": "甲", "organization_id": place}
    response = city.post("/accounts/add", data={**data, "role": "ent_clerk"})
    assert (response.status_code, "已被使用" in response.get_data(as_text=True)) == (422, True)


def test_a_first_password_must_be_changed_first(app, actor):
    with app.app_context():
        by = actor("ent_a")
        user, password = open_clerk(by, by.organization_id, "first_time")
        username = user.username
    client = app.test_client()
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    sent = {"username": username, "password": password, "csrf_token": token}
    assert client.post("/login/", data=sent).headers["Location"] == "/account/password"
    assert client.get("/account/identity").headers["Location"] == "/account/password"
    token = csrf_token(client.get("/account/password").get_data(as_text=True))
    data = {"csrf_token": token, "current": password, "new": "Chosen-Myself-1", "again": "Chosen-Myself-1"}
    assert client.post("/account/password", data=data).status_code == 302
    assert client.get("/account/identity").status_code == 200


def test_a_verified_profile_is_copied_once(context, actor):
    by = actor("county_a")
    organization = db.session.get_one(service.Organization, actor("ent_a").organization_id)
    code = organization.code
    with unit_of_work():
        copied = service.adopt_profile(by, organization.id, name="新名称", code=code, region="230203")
        assert copied.name == "新名称"
    other = db.session.get_one(service.Organization, actor("ent_b").organization_id)
    with pytest.raises(service.Invalid), unit_of_work():
        service.adopt_profile(by, organization.id, name="新名称", code=other.code, region="230203")
    with pytest.raises(NotFound), unit_of_work():
        service.adopt_profile(by, 10**6, name="x", code="x", region="x")
