"""What belongs to somebody else is answered, byte by byte, like what never existed: at every route that takes an id."""

from __future__ import annotations

import re

import pytest

from app.identity.service import find_user
from tests.access.routes import NOWHERE, accounts, may, table
from tests.access.tenants import DEMANDS, TEACHERS, live
from tests.access.test_routes import PAGE, send
from tests.conftest import ApiClient, csrf_token, sign_in_client

STRANGERS = ("ent_a", "ent_a_clerk", "school_a", "school_a_clerk", "county_a", "county_a_emp")
TOKENS = re.compile(r'(csrf[-_]token"[^>]*(?:value|content)=")[^"]+')
#: The name of a variable, and the form of the record that it names.
NAMED = {
    "pk": None,
    "record_id": None,
    "file_id": TEACHERS,
    "export_id": TEACHERS,
    "import_id": TEACHERS,
    "job_id": TEACHERS,
    "request_id": DEMANDS,
}


@pytest.fixture(scope="module")
def theirs(app):
    """Return the ids of what tenant B has."""
    found = live(app, "ent_b", "school_b", "county_b")
    with app.app_context():
        found["user_id"] = str(find_user("ent_b").id)
    return found


def variables(rule):
    return {name for _, name in re.findall(r"<(?:(\w+):)?(\w+)>", rule)} & {*NAMED, "user_id"}


def named(route, form, theirs):
    """Return the variables of a route as tenant B's things of that form, or ``None`` where it has none."""
    found = {}
    for name in variables(route.rule):
        if name in {"pk", "record_id"}:
            key = "file_id" if "/file/" in route.rule else "demand" if form == DEMANDS else "teacher"
            found[name] = theirs[key]
        else:
            found[name] = theirs[name]
    return found


def cases():
    return [route for route in table() if variables(route.rule)]


def answer(client, headers, route, form, *, token, values):
    if route.api:
        response = client.open(route.address(form, **values), method=route.method, headers=headers, json=route.body)
    else:
        response = send(client, route, form, token, **values)
    text = TOKENS.sub(r"\1", response.get_data(as_text=True))
    response.close()
    kept = {"Content-Type", "Location", "ETag", "Last-Modified", "Cache-Control"}
    return response.status_code, sorted((key, value) for key, value in response.headers if key in kept), text


@pytest.mark.parametrize("account", STRANGERS)
def test_a_strangers_answer_is_that_of_a_made_up_id(app, theirs, account):
    web, programs = app.test_client(), ApiClient(app, account)
    sign_in_client(web, account)
    token = csrf_token(web.get(PAGE).get_data(as_text=True))
    seen = set()
    for route in cases():
        client, headers = (programs.client, programs.headers) if route.api else (web, {})
        for form in (DEMANDS, TEACHERS) if "<form" in route.rule else (TEACHERS,):
            values = named(route, form, theirs)
            real = answer(client, headers, route, form, token=token, values=values)
            made_up = answer(client, headers, route, form, token=token, values={})
            where = (route.method, route.address(form, **values))
            assert real == made_up, where
            assert real[0] == (404 if may(accounts()[account], route.who, form) else 403), where
            assert not any(value in real[2] for value in values.values() if len(value) > 9), where
            seen.add(real[0])
    assert 404 in seen


def test_their_owners_find_them(app, theirs):
    """The twin: what is 404 above is there for whose it is, at every route that reads."""
    for route in cases():
        if route.method != "GET" or "errors.xlsx" in route.rule or route.rule == "/imports/<import_id>":
            continue
        if route.rule.startswith("/v/"):
            # Whoever has an account is nobody there: a visitor finds his own, see tests/visitors.
            continue
        if route.who.startswith("design:"):
            # What is designed belongs to no tenant.
            continue
        for form in (DEMANDS, TEACHERS) if "<form" in route.rule else (TEACHERS,):
            account = "county_b" if "accounts" in route.who else "school_b" if form == TEACHERS else "ent_b"
            if "/export-requests/<request_id>" in route.rule:
                account = "ent_b"
            if "/work/" in route.rule:
                account = "county_b" if form == DEMANDS else "school_b"
            if "import" in route.rule and form == DEMANDS:
                continue
            values = named(route, form, theirs)
            if "/file/" in route.rule and form == DEMANDS:
                continue
            web, programs = app.test_client(), ApiClient(app, account)
            sign_in_client(web, account)
            client = programs.client if route.api else web
            response = client.get(route.address(form, **values), headers=programs.headers if route.api else {})
            # A record of the present version has nothing to upgrade: its page leads back to it, the API says so.
            present = "/upgrade/" in route.rule and "/show/" in (response.location or "")
            current = route.api and route.rule.endswith("/upgrade")
            where = (account, route.address(form, **values), response.status_code)
            assert response.status_code == (302 if present else 409 if current else 200), where
            response.close()


def test_ones_own_record_is_not_found_under_another_form(app, theirs):
    client = ApiClient(app, "city_voc")
    assert client.get(f"/forms/{DEMANDS}/records/{theirs['demand']}").status_code == 200
    for tail in ("", "/revisions", "/actions"):
        wrong = client.get(f"/forms/{TEACHERS}/records/{theirs['demand']}{tail}")
        made_up = client.get(f"/forms/{TEACHERS}/records/{NOWHERE}{tail}")
        assert (wrong.status_code, wrong.data) == (made_up.status_code, made_up.data) == (404, made_up.data)
