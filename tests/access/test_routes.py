"""The route table holds: every route is listed, and answers each account, and whoever is signed out, as it says."""

from __future__ import annotations

import pytest

from tests.access.routes import accounts, may, table
from tests.conftest import csrf_token

FORMS = ("pt_teacher_register", "labor_demand_survey")
PAGE = "/account/password"


def send(client, route, form, token="", headers=None, **values):
    """Send a request of the table; to pages with the session's token."""
    arguments = {"headers": dict(headers or {})}
    if route.api or route.json is not None:
        arguments["headers"]["X-CSRFToken"] = token
        if route.body is not None or route.json is not None:
            arguments["json"] = route.body if route.json is None else route.json
    elif route.method != "GET":
        arguments["data"] = {**(route.body or {}), **({"csrf_token": token} if token else {})}
    return client.open(route.address(form, **values), method=route.method, **arguments)


def told(response):
    return response.get_data(as_text=True)[:400]


def test_every_route_is_listed_once(app):
    served = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}
    listed = [(route.method, route.rule) for route in table()]
    assert sorted(served - set(listed)) == [], "not in tests/access/routes.yaml"
    assert sorted(set(listed) - served) == [], "no longer served"
    assert len(listed) == len(set(listed))


def test_whoever_is_signed_out_is_sent_to_sign_in(app):
    for route in table():
        client = app.test_client()
        token = csrf_token(client.get("/login/").get_data(as_text=True)) if route.method != "GET" else ""
        response = send(client, route, FORMS[0], token)
        where = (route.method, route.rule, response.status_code, told(response))
        if route.who == "public":
            assert response.status_code in {*route.answers, 302}, where
        elif route.api:
            assert response.status_code == 401, where
            assert response.mimetype == "application/problem+json", where
        else:
            assert response.status_code == 302, where
            assert response.location.startswith("/login/"), where


@pytest.mark.parametrize("account", accounts())
def test_each_account_is_answered_as_the_table_says(app, api, sign_in, account):
    web, programs = sign_in(account), api(account)
    token = csrf_token(web.get(PAGE).get_data(as_text=True))
    wrong = []
    for route in table():
        if route.skip:
            continue
        for form in FORMS if "<form" in route.rule else FORMS[:1]:
            allowed = may(accounts()[account], route.who, form)
            expected = route.answers if allowed else (403,)
            if route.api:
                response = programs.client.open(
                    route.address(form), method=route.method, headers=programs.headers, json=route.body
                )
            else:
                response = send(web, route, form, token)
            if response.status_code not in expected:
                wrong.append(
                    f"{route.method} {route.address(form)}: {response.status_code}, not {expected}: {told(response)[:160]}"
                )
    assert wrong == []


@pytest.mark.parametrize("role", sorted(set(accounts().values())))
def test_each_role_may_something_and_not_everything(role):
    """The table can fail both ways for every role."""
    verdicts = {may(role, route.who, form) for route in table() if not route.skip for form in FORMS}
    assert verdicts == {True, False}


def test_nothing_is_changed_without_the_token_of_the_session(app, sign_in):
    """Whatever changes something and is sent by a browser needs the token: without it 400, whoever asks."""
    for account in ("city_admin", "ent_a"):
        client = sign_in(account)
        token = csrf_token(client.get(PAGE).get_data(as_text=True))
        for route in table():
            # What exchanges a secret for a token asks no session, so none can be misused.
            if route.method == "GET" or "/security/" in route.rule or route.rule == "/api/v1/visits":
                continue
            response = send(client, route, FORMS[0])
            assert response.status_code == 400, (route.method, route.rule, told(response))
            other = send(client, route, FORMS[0], token[:-2] + "xx")
            assert other.status_code == 400, (route.method, route.rule, told(other))
        assert client.get(PAGE).status_code == 200


def test_the_other_methods_of_a_route_are_refused(app, api, sign_in):
    served = {}
    for route in table():
        served.setdefault(route.rule, set()).add(route.method)
    web, programs = sign_in("city_admin"), api("city_admin")
    token = csrf_token(web.get(PAGE).get_data(as_text=True))
    for route in table():
        if "<path:filename>" in route.rule:
            continue
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - served[route.rule]:
            client, headers = (programs.client, programs.headers) if route.api else (web, {"X-CSRFToken": token})
            response = client.open(route.address(FORMS[0]), method=method, headers=headers)
            assert response.status_code in {404, 405}, (method, route.rule, response.status_code)
