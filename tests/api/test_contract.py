"""The outline of the API: signing in, problem documents, languages, the published document."""

from __future__ import annotations

import re

import pytest

from tests.samples import demand

FORM = "/forms/labor_demand_survey/records"


def test_without_a_token_every_declared_route_answers_401(app):
    client = app.test_client()
    found = client.get("/api/v1/openapi.json").get_json()
    assert found["openapi"].startswith("3.1")
    for path, operations in found["paths"].items():
        if path == "/security/login":
            continue
        for method in operations:
            address = re.sub(r"\{number\}", "1", path)
            address = "/api/v1" + re.sub(r"\{\w+\}", "x", address)
            response = client.open(address, method=method.upper())
            assert response.status_code == 401, (method, path)
            assert response.mimetype == "application/problem+json"


def test_every_route_of_the_api_is_in_the_document(app):
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    published = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served
    assert served == published - {("POST", "/security/login")}


def test_the_reader_chooses_the_language(api):
    zh = api("ent_a").get("/forms/nothing_such").get_json()["title"]
    en = api("ent_a", "en").get("/forms/nothing_such").get_json()["title"]
    assert "没有找到" in zh
    assert "Not found" in en


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=x", "filter=[1]", "filter={", "order=nothing", "surprise=1", "cursor=%00"]
)
def test_an_unfit_query_is_refused(api, query):
    assert api("ent_a").get(f"{FORM}?{query}").status_code == 400
    assert api("ent_a").get(FORM).status_code == 200


@pytest.mark.parametrize(
    "body", [[], {"answers": []}, {}, {"answers": {}, "surprise": 1}, {"answers": {}, "submit": "yes"}]
)
def test_an_unfit_body_is_refused(api, body):
    assert api("ent_a").post(FORM, json=body).status_code == 400


def test_the_same_key_and_body_give_the_same_receipt(api):
    client, body = api("ent_a"), {"answers": demand("镗工")}
    first = client.post(FORM, json=body, headers={"Idempotency-Key": "k-1"})
    again = client.post(FORM, json=body, headers={"Idempotency-Key": "k-1"})
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    other = client.post(FORM, json={"answers": {}}, headers={"Idempotency-Key": "k-1"})
    assert other.status_code in {409, 422}


def test_a_stale_change_tells_both_values(api):
    client = api("ent_a")
    saved = client.post(FORM, json={"answers": demand("刨工")}).get_json()
    address = f"{FORM}/{saved['id']}"
    first = client.put(address, json={"lock_version": saved["lock_version"], "answers": {"staff_now": 7}})
    assert first.status_code == 200
    stale = client.put(address, json={"lock_version": saved["lock_version"], "answers": {"staff_now": 8}})
    assert stale.status_code == 409
    assert stale.get_json()["conflicts"] == [{"field": "staff_now", "mine": 8, "theirs": 7}]
    assert stale.get_json()["lock_version"] == first.get_json()["lock_version"]


def test_a_cookie_alone_changes_nothing(sign_in):
    client = sign_in("ent_a")
    assert client.get("/api/v1" + FORM).status_code == 200
    refused = client.post("/api/v1" + FORM, json={"answers": {}})
    assert refused.status_code == 400
    page = client.get("/account/password").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    taken = client.post("/api/v1" + FORM, json={"answers": {}}, headers={"X-CSRFToken": token})
    assert taken.status_code == 201


def test_those_who_never_design_are_told_so(api):
    assert api("ent_a").post("/forms", json={"definition": {}}).status_code == 403
    assert api("ent_a").post("/forms/labor_demand_survey/check").status_code == 403
    assert api("city_admin").post("/forms/labor_demand_survey/check").status_code == 200


def test_forms_are_listed_by_what_the_actor_may_see(api):
    keys = {form["key"] for form in api("ent_a").get("/forms").get_json()["forms"]}
    assert "labor_demand_survey" in keys
    found = api("ent_a").get("/forms/labor_demand_survey").get_json()
    assert found["definition"]["key"] == "labor_demand_survey"
    assert api("ent_a").get("/forms/labor_demand_survey/versions/1").status_code == 200
    assert api("ent_a").get("/forms/labor_demand_survey/versions/99").status_code == 404
