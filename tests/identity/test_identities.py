"""One person in several posts, names of accounts, hosts, and what a signed-in stranger may try."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actor import today
from app.audit.models import AuditEvent
from app.database import db, unit_of_work
from app.errors import Invalid
from app.identity import delegation, service
from app.identity.models import Post, User
from app.identity.passwords import check_strength, set_password
from tests.conftest import PASSWORD, csrf_token, sign_in_client

TEACHERS = "pt_teacher_register"


@pytest.fixture(scope="module")
def both(app):
    """Make one account that is a clerk of college A and of enterprise B; return the ids of its posts."""
    with app.app_context(), unit_of_work():
        places = {name: service.find_user(name).organization_id for name in ("school_a", "ent_b")}
        user = service.create_user(
            username="two_hats",
            name="两职",
            password=PASSWORD,
            organization_id=places["school_a"],
            must_change_password=False,
        )
        service.set_posts(user, [("school_clerk", places["school_a"]), ("ent_clerk", places["ent_b"])])
        return [row["post_id"] for row in service.identities(user.id)]


def switch(client, post_id):
    token = csrf_token(client.get("/account/identity").get_data(as_text=True))
    return client.post("/account/identity", data={"csrf_token": token, "post_id": post_id})


def forms_of(client):
    return {form["key"]: form["actions"] for form in client.get("/api/v1/forms").get_json()["forms"]}


def test_rights_are_those_of_the_present_post_alone(app, both):
    """Rights of two posts are never added up."""
    client, elsewhere = app.test_client(), app.test_client()
    for one in (client, elsewhere):
        sign_in_client(one, "two_hats")
    as_school = forms_of(client)
    assert "C" in as_school[TEACHERS]
    assert "C" not in as_school["labor_demand_survey"]
    assert client.get("/records/labor_demand_survey/add").status_code == 403
    assert switch(client, both[1]).status_code == 302
    as_enterprise = forms_of(client)
    assert "C" in as_enterprise["labor_demand_survey"]
    assert client.get("/records/labor_demand_survey/add").status_code == 200
    assert client.get("/records/school_profile/add").status_code == 403
    assert forms_of(elsewhere) == as_school, "another session goes on as it was"
    assert switch(client, both[0]).status_code == 302
    assert forms_of(client) == as_school
    with app.app_context():
        events = db.session.scalars(sa.select(AuditEvent.object_id).where(AuditEvent.event == "identity_switched"))
        assert [int(found) for found in events] == [both[1], both[0]]


def test_each_page_is_framed_for_the_present_post(app, both):
    client, elsewhere = app.test_client(), app.test_client()
    for one in (client, elsewhere):
        sign_in_client(one, "two_hats")

    def framed(one):
        return re.search(r"small mb-2\">([^<]+)", one.get("/jobs/").get_data(as_text=True))[1]

    as_school = framed(client)
    for _ in range(2):
        switch(client, both[1])
        assert framed(client) != as_school
        assert framed(elsewhere) == as_school
        switch(client, both[0])
        assert framed(client) == as_school


def test_rows_follow_the_present_post(app, both):
    client = app.test_client()
    sign_in_client(client, "two_hats")
    token = csrf_token(client.get("/account/password").get_data(as_text=True))
    made = client.post(f"/api/v1/forms/{TEACHERS}/records", json={"answers": {}}, headers={"X-CSRFToken": token})
    assert made.status_code == 201
    address = f"/api/v1/forms/{TEACHERS}/records/{made.get_json()['id']}"
    assert client.get(address).status_code == 200
    switch(client, both[1])
    assert client.get(address).status_code == 404
    switch(client, both[0])
    assert client.get(address).status_code == 200


def test_a_post_that_ends_ends_what_is_done_in_it(app, both):
    client = app.test_client()
    sign_in_client(client, "two_hats")
    switch(client, both[1])

    def until(day):
        with app.app_context(), unit_of_work():
            db.session.execute(sa.update(Post.__table__).where(Post.__table__.c.id == both[1]).values(valid_to=day))

    try:
        until(today())
        assert client.get("/").status_code == 200
        until(today() - timedelta(days=1))
        assert client.get("/").status_code == 302
        assert client.get("/api/v1/forms").status_code == 401
        # No circle: whoever cannot go on signs in again, in the post that is left.
        assert client.get("/login/").status_code == 200
        sign_in_client(client, "two_hats")
        assert "C" in forms_of(client)[TEACHERS]
        assert switch(client, both[1]).status_code == 404
    finally:
        until(None)


@pytest.mark.parametrize(
    "username", ["", "a", "with blank", "line\nbreak", "nul\0", "zero\u200bwidth", "x" * 65, "<b>", "a'b"]
)
def test_names_that_deceive_are_refused(context, username):
    with pytest.raises(Invalid), unit_of_work():
        service.create_user(username=username, name="名", password=PASSWORD, organization_id=None)
    with unit_of_work():
        made = service.create_user(
            username=f"fine_{abs(hash(username))}", name="名", password=PASSWORD, organization_id=None
        )
    assert made.id


def test_names_differ_in_more_than_case(context):
    with pytest.raises(Invalid), unit_of_work():
        service.create_user(username="ENT_A", name="名", password=PASSWORD, organization_id=None)


def test_a_temporary_password_is_strong_for_every_name(context):
    for username in ("xq", "7", "q-", "abc", "county_a"):
        for _ in range(20):
            check_strength(delegation.temporary_password(), username)
    with pytest.raises(Invalid):
        check_strength("County_a-2026", "county_a")


def test_a_host_that_is_not_ours_is_refused(app):
    app.config["TRUSTED_HOSTS"] = ["bureau.example", "localhost"]
    try:
        assert app.test_client().get("/login/", headers={"Host": "evil.example"}).status_code == 400
        assert app.test_client().get("/login/", headers={"Host": "bureau.example"}).status_code == 200
    finally:
        app.config["TRUSTED_HOSTS"] = None


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/a",
        "http://[",
        "javascript:x",
        "\r\nX: y",
    ],
)
def test_signing_in_leads_nowhere_else(app, target):
    client = app.test_client()
    token = csrf_token(client.get("/login/").get_data(as_text=True))
    sent = {"username": "ent_b", "password": PASSWORD, "csrf_token": token}
    response = client.post("/login/", query_string={"next": target}, data=sent)
    assert (response.status_code, response.location) == (302, "/")
    assert client.get("/login/", query_string={"next": target}).location == "/"
    assert client.get("/lang/zh", headers={"Referer": target.strip()}).location == "/"
    assert client.get("/login/?next=/work/").location == "/work/"


def test_an_address_that_needs_signing_in_is_come_back_to(app):
    client = app.test_client()
    gone = client.get("/records/labor_demand_survey/list")
    assert gone.location == "/login/?next=/records/labor_demand_survey/list"
    token = csrf_token(client.get(gone.location).get_data(as_text=True))
    back = client.post(gone.location, data={"username": "ent_b", "password": PASSWORD, "csrf_token": token})
    assert back.location == "/records/labor_demand_survey/list"
    assert client.get(back.location).status_code == 200


def test_a_token_ends_with_what_it_stands_on(app, api):
    """A reset of the password, and the wish that it be changed first, hold for programs too."""
    client = api("school_b")
    assert client.get("/forms").status_code == 200
    with app.app_context(), unit_of_work():
        set_password(service.find_user("school_b"), "Other-Password-1", must_change=True)
    assert client.get("/forms").status_code == 401
    body = {"username": "school_b", "password": "Other-Password-1", "provider": "db"}
    refused = app.test_client().post("/api/v1/security/login", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "must_change_password")
    with app.app_context(), unit_of_work():
        set_password(service.find_user("school_b"), PASSWORD)
    assert api("school_b").get("/forms").status_code == 200


def test_signing_in_is_the_only_thing_that_an_unknown_account_can_try(app):
    with app.app_context():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(User))
    client = app.test_client()
    for address in (
        "/register/form",
        "/resetpassword/form?pk=1",
        "/users/list/",
        "/roles/list/",
        "/userinfo/",
        "/api/v1/security/users/",
    ):
        assert client.get(address).status_code == 404, address
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == before


@pytest.mark.parametrize("account", ["city_admin", "county_a", "ent_a", "auditor"])
def test_the_frameworks_own_administration_is_not_there(sign_in, account):
    """Stock screens let whoever reaches them become Admin."""
    client = sign_in(account)
    for address in (
        "/users/list/", "/users/add", "/users/edit/1", "/roles/list/", "/roles/add", "/permissions/list/", "/viewmenus/list/",
        "/permissionviews/list/", "/userstatschart/chart/", "/resetmypassword/form", "/resetpassword/form?pk=1", "/registeruser/list/",
        "/api/v1/security/roles/", "/api/v1/security/users/", "/api/v1/security/permissions/", "/api/v1/menu/", "/api/v1/_openapi",
        "/swagger/v1", "/download/x", "/records/labor_demand_survey/download/x", "/records/labor_demand_survey/delete/x",
        "/records/labor_demand_survey/action/delete/x", "/records/labor_demand_survey/api", "/records/labor_demand_survey/api/read",
    ):  # fmt: skip
        assert client.get(address).status_code in {404, 405}, address
    assert client.get("/").status_code == 200
