"""The outline of the API: signing in, problem documents, languages, the published document."""

from __future__ import annotations

import re

import pytest

from tests.conftest import PASSWORD, csrf_token
from tests.samples import demand

FORM = "/forms/labor_demand_survey/records"
NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
PROBLEM = {"type", "title", "status", "detail", "errors", "code"}


def document(app):
    return app.test_client().get("/api/v1/openapi.json").get_json()


def problem_of(response, status, *more):
    assert response.status_code == status, response.get_data(as_text=True)[:400]
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    assert {*PROBLEM, *more} <= set(body)
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    assert body["detail"]
    for error in body["errors"]:
        assert {"field", "row", "code", "message"} <= set(error)
        assert error["message"]
    return body


# The document


def test_every_route_of_the_api_is_in_the_document(app):
    published = {(method.upper(), path) for path, found in document(app)["paths"].items() for method in found}
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == published


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def schemas(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def test_the_document_is_sound(app):
    found = document(app)
    assert set(found) == {"openapi", "info", "servers", "security", "paths", "components"}
    assert re.fullmatch(r"3\.1\.\d", found["openapi"])
    assert {"title", "version"} <= set(found["info"])
    names = []
    for path, item in found["paths"].items():
        assert path.startswith("/")
        for method, operation in item.items():
            where = (method, path)
            assert method in {"get", "post", "put", "delete"}, where
            assert operation["responses"], where
            assert operation["summary"], where
            names.append(operation["operationId"])
            variables = set(re.findall(r"\{(\w+)\}", path))
            parameters = operation.get("parameters", [])
            assert {p["name"] for p in parameters if p["in"] == "path"} == variables, where
            assert all(p["required"] for p in parameters if p["in"] == "path"), where
            assert len({(p["name"], p["in"]) for p in parameters}) == len(parameters), where
            assert all("schema" in p and p["in"] in {"path", "query", "header"} for p in parameters), where
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status), where
                assert response["description"], where
            assert method != "get" or "requestBody" not in operation, where
            for body in operation.get("requestBody", {}).get("content", {}).values():
                schema = body["schema"]
                assert set(schema.get("required", ())) <= set(schema["properties"]), where
            for requirement in operation.get("security", found["security"]):
                assert set(requirement) <= set(found["components"]["securitySchemes"]), where
    assert len(names) == len(set(names))
    for reference in references(found):
        target = found
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
    kinds = {"string", "integer", "boolean", "object", "array", "null"}
    for schema in schemas(found):
        wanted = schema.get("type", [])
        assert {wanted} <= kinds if isinstance(wanted, str) else set(wanted) <= kinds, schema


def test_without_a_token_every_route_of_the_document_answers_401(app):
    client = app.test_client()
    for path, found in document(app)["paths"].items():
        for method, operation in found.items():
            if operation.get("security") == []:
                continue
            address = "/api/v1" + re.sub(r"\{\w+\}", "x", re.sub(r"\{number\}", "1", path))
            problem_of(client.open(address, method=method.upper()), 401)


def test_answers_keep_what_the_document_says(app, api):
    """What is promised to be there is there, with the type that is promised."""
    paths, client = document(app)["paths"], api("city_admin")
    python = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}

    def check(value, schema, where):
        wanted = schema.get("type")
        if wanted is None:
            return
        types = [wanted] if isinstance(wanted, str) else wanted
        assert isinstance(value, tuple(python[name] for name in types)), (where, value, types)
        for name in schema.get("required", ()):
            assert name in value, (where, name)
        for name, part in schema.get("properties", {}).items():
            if isinstance(value, dict) and name in value:
                check(value[name], part, (*where, name))
        if isinstance(value, list):
            for item in value:
                check(item, schema.get("items", {}), where)

    for path, found in paths.items():
        if "get" not in found or re.search(r"\{(?!form)", path):
            continue
        response = client.get(path.replace("{form}", "labor_demand_survey"))
        if response.status_code == 403:
            continue
        answer = found["get"]["responses"][str(response.status_code)]["content"]
        if response.is_json:
            check(response.get_json(), answer["application/json"]["schema"], (path,))
        assert response.mimetype in answer


# Signing in


def login(app, body, **more):
    return app.test_client().post("/api/v1/security/login", json=body, **more)


def test_login_answers_with_a_token(app):
    body = {"username": "ent_a", "password": PASSWORD, "provider": "db"}
    response = login(app, body)
    assert response.status_code == 200
    assert set(response.get_json()) == {"access_token"}
    assert set(login(app, {**body, "refresh": True}).get_json()) == {"access_token", "refresh_token"}
    assert login(app, {key: body[key] for key in ("username", "password")}).status_code == 200
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "ldap"},
        {"provider": None},
        {"username": None},
        {"username": ["ent_a"]},
        {"password": 1},
        {"refresh": "yes"},
        {"surprise": 1},
    ],
)
def test_an_unfit_login_is_refused(app, change):
    body = {"username": "ent_a", "password": PASSWORD, "provider": "db", **change}
    problem_of(login(app, body), 400)
    assert login(app, {**body, "provider": "db"}).status_code in {200, 400}


def test_a_wrong_password_is_told_in_the_readers_language(app):
    body = {"username": "nobody_here", "password": "x", "provider": "db"}
    zh = problem_of(login(app, body), 401)["title"]
    en = problem_of(login(app, body, headers={"Accept-Language": "en-GB,en;q=0.9"}), 401)["title"]
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)


def test_tokens_that_are_none_are_refused_alike(app, api):
    good = api("ent_a").headers["Authorization"]
    head, body, seal = good.removeprefix("Bearer ").split(".")
    unsigned = f"Bearer eyJhbGciOiJub25lIn0.{body}."
    for value in (
        "",
        "Bearer",
        "Bearer x",
        unsigned,
        f"Bearer {head}.{body}.{seal[:-2]}xx",
        "Basic " + head,
        good.lower(),
    ):
        for method, path in (("GET", "/forms"), ("POST", "/security/logout"), ("POST", "/security/refresh")):
            response = app.test_client().open("/api/v1" + path, method=method, headers={"Authorization": value})
            problem_of(response, 401)
    assert app.test_client().get("/api/v1/forms", headers={"Authorization": good}).status_code == 200
    problem_of(app.test_client().post("/api/v1/security/refresh", headers={"Authorization": good}), 401)


def test_a_refresh_token_opens_nothing_but_a_refresh(app):
    tokens = login(app, {"username": "ent_a", "password": PASSWORD, "refresh": True}).get_json()
    bearer = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    problem_of(app.test_client().get("/api/v1/forms", headers=bearer), 401)
    fresh = app.test_client().post("/api/v1/security/refresh", headers=bearer)
    assert set(fresh.get_json()) == {"access_token"}


# Problems


def test_every_kind_of_problem_is_a_problem_document(app, api, sign_in):
    client = api("ent_a")
    problem_of(client.get("/nothing"), 404)
    problem_of(client.get(f"{FORM}/{NOWHERE}"), 404)
    problem_of(client.post("/notifications"), 405)
    problem_of(api("leader").post("/forms/pt_teacher_register/exports", json={}), 403)
    problem_of(client.post(FORM, data=b'{"answers":{}}', content_type="text/plain"), 415)
    problem_of(client.post(FORM, data=b"{", content_type="application/json"), 400)
    problem_of(client.post(FORM, data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json"), 413)
    problem_of(client.post(FORM, json={"answers": {"nothing_such": 1}}), 422)
    problem_of(sign_in("ent_a").post("/api/v1" + FORM, json={"answers": {}}), 400)
    assert client.post(FORM, json={"answers": {}}).status_code == 201


def test_our_own_fault_is_told_by_its_number_alone(app, api, monkeypatch):
    client = api("ent_a")

    def broken(*_):
        raise RuntimeError("SELECT secret FROM record WHERE id_no = '230203198503121234'")

    monkeypatch.setattr("app.records.lists.listing.page", broken)
    for language in ("zh", "en"):
        response = client.get(FORM, headers={"Accept-Language": language})
        body = problem_of(response, 500, "id")
        assert re.fullmatch(r"[0-9a-f]{12}", body["id"])
        assert not re.search(r"SELECT|230203|RuntimeError|Traceback", response.get_data(as_text=True))
    monkeypatch.undo()
    assert client.get(FORM).status_code == 200


def test_the_reader_chooses_the_language(api):
    zh = api("ent_a").get("/forms/nothing_such").get_json()
    en = api("ent_a", "en").get("/forms/nothing_such").get_json()
    neither = api("ent_a", "fr, de;q=0.8").get("/forms/nothing_such").get_json()
    assert "没有找到" in zh["title"]
    assert "Not found" in en["title"]
    assert neither["title"] == zh["title"]
    half = demand("语")
    half["positions"][0]["salary_max"] = "1.00"
    texts = {}
    for language in ("zh", "en"):
        found = api("ent_a", language).post(FORM, json={"answers": half, "submit": True})
        body = problem_of(found, 422)
        place = next(error for error in body["errors"] if error["field"] == "positions.salary_max")
        assert place["row"] == 1
        texts[language] = [error["message"] for error in body["errors"]]
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in texts["zh"])
    assert not any(re.search(r"[\u4e00-\u9fff]", text) for text in texts["en"]), texts["en"]


def test_no_answer_may_be_kept_by_a_cache(app, api):
    client = api("ent_a")
    for path in ("/forms", "/forms/labor_demand_survey", FORM, f"{FORM}/{NOWHERE}", "/work", "/notifications"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
    template = client.get("/forms/labor_demand_survey/template.xlsx")
    assert "no-store" in template.headers["Cache-Control"]
    assert template.headers["Content-Disposition"].startswith("attachment")
    assert template.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=201", "page_size=x", "filter=[1]", "filter={", "order=nothing", "surprise=1", "cursor=%00", "cursor=x", "from=start", "count=all"]
)  # fmt: skip
def test_an_unfit_query_is_refused(api, query):
    problem_of(api("ent_a").get(f"{FORM}?{query}"), 400)
    assert api("ent_a").get(FORM).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"answers": []},
        {},
        {"answers": {}, "surprise": 1},
        {"answers": {}, "submit": "yes"},
        {"answers": {}, "on_behalf_of": "1"},
    ],
)
def test_an_unfit_body_is_refused(api, body):
    problem_of(api("ent_a").post(FORM, json=body), 400)


def test_a_cookie_alone_changes_nothing(sign_in):
    client = sign_in("ent_a")
    assert client.get("/api/v1" + FORM).status_code == 200
    problem_of(client.post("/api/v1" + FORM, json={"answers": {}}), 400)
    token = csrf_token(client.get("/account/password").get_data(as_text=True))
    taken = client.post("/api/v1" + FORM, json={"answers": {}}, headers={"X-CSRFToken": token})
    assert taken.status_code == 201


def test_a_request_with_a_token_is_judged_by_it_alone(api, sign_in):
    """A browser that is signed in as somebody else lends a request with a token nothing."""
    client, headers = sign_in("county_a"), dict(api("ent_a").headers)
    saved = client.get("/api/v1/forms/org_nothing", headers=headers)
    assert saved.status_code == 404
    assert client.get("/api/v1/work", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.post("/api/v1" + FORM, json={"answers": {}}, headers=headers).status_code == 201
    assert client.get("/api/v1/work").status_code == 200
