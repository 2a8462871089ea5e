"""Hostile requests: whatever is sent, nobody gets a 500, a trace or a statement."""

from __future__ import annotations

import json
import re

import pytest

from tests.samples import demand

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
FORM = "labor_demand_survey"
#: Values that databases, parsers and file systems trip over.
VALUES = {
    "nul": "a\0b",
    "surrogate": "\ud800",
    "long": "长" * 5000,
    "huge number": 10**30,
    "negative": -1,
    "beyond 32 bits": 2**40,
    "infinity": float("inf"),
    "nothing": None,
    "true": True,
    "list": [[]],
    "object": {"id": "x", "a": {}},
    "sql": "'; DROP TABLE record; --",
    "template": "{{7*7}}${7*7}%(x)s{0.__class__}",
    "date": "2026-02-31",
    "minus zero": "-0E-400",
    "exponent": "1E999999",
    "digits": "٣٣",
    "many digits": "9" * 5000,
}
#: Segments of an address.
SEGMENTS = ("a%00b", "%FF%FE", "..%2f..%2fetc%2fpasswd", "9" * 40, "-1", "%27%22%3E", "x" * 3000, "0")
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b"{" + b'"a":{' * 20000,
    b'{"answers":' + b"[" * 100000,
    b'{"answers":' + b"[" * 50000 + b"]" * 50000 + b"}",
    b'{"answers":{"staff_now":NaN}}',
    b'{"answers":{"staff_now":' + b"9" * 10000 + b"}}",
)
TRACES = re.compile(r"Traceback|sqlalchemy|psycopg|sqlite3|SELECT |INSERT |site-packages|File \"")


def fine(response, where):
    text = response.get_data(as_text=True)
    assert response.status_code < 500, (where, text[:600])
    assert not TRACES.search(text), (where, text[:600])
    return response.status_code


def rules(app, method=None):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1") and "login" not in rule.rule:
            for name in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                if method in {None, name}:
                    yield name, rule.rule.removeprefix("/api/v1")


def address(rule, value, form=FORM):
    rule = rule.replace("<form>", form)
    return re.sub(r"<(?:\w+:)?\w+>", value, rule)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_addresses(app, api, sign_in, segment):
    client, web = api("city_voc"), sign_in("city_voc")
    for method, rule in rules(app):
        if "<" not in rule:
            continue
        fine(client.open(method, address(rule, segment), json={}), (method, rule, segment))
        if "<form>" in rule:
            fine(client.open(method, address(rule, segment, segment), json={}), (method, rule, segment))
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/", "/static")) and "GET" in rule.methods and "<" in rule.rule:
            fine(web.get(address(rule.rule, segment)), (rule.rule, segment))
            fine(web.get(address(rule.rule, segment, segment)), (rule.rule, segment))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_members_of_bodies(app, api, sign_in, value):
    """Every member that a route declares, and every answer of a form, may be anything; and nobody's reading suffers."""
    client = api("ent_a")
    kept = []
    saved = client.post(f"/forms/{FORM}/records", json={"answers": demand("怪")})
    assert saved.status_code == 201
    record = saved.get_json()
    document = client.get("/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, found in operations.items():
            content = found.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None or path == "/security/login":
                continue
            names = content["schema"]["properties"]
            where = re.sub(r"\{\w+\}", record["id"], path.replace("{form}", FORM).replace("{verb}", "submit"))
            for name in names:
                body = {
                    "lock_version": record["lock_version"],
                    "answers": {},
                    "definition": {},
                    "fields": [],
                    "reason": "x",
                }
                body = {key: item for key, item in body.items() if key in names}
                sent = json.dumps({**body, name: value})
                fine(client.open(method.upper(), where, data=sent, content_type="application/json"), (path, name))
    answers = demand("怪")
    for key in [*answers, "ent_id", "positions.salary_min", "positions.reason", "positions._row", "positions.0"]:
        content = {**answers, key: value}
        if key == "positions.0":
            content = {**answers, "positions": [value]}
        elif "." in key:
            content = {**answers, "positions": [{**answers["positions"][0], key.partition(".")[2]: value}]}
        for submit in (False, True):
            sent = json.dumps({"answers": content, "submit": submit})
            response = client.post(f"/forms/{FORM}/records", data=sent, content_type="application/json")
            status = fine(response, key)
            if status == 201:
                kept.append(response.get_json()["id"])
                fine(client.get(f"/forms/{FORM}/records/{kept[-1]}"), key)
    assert client.get(f"/forms/{FORM}/records").status_code == 200
    web = sign_in("ent_a")
    for record_id in kept:
        for page in ("show", "edit", "history", "print"):
            fine(web.get(f"/records/{FORM}/{page}/{record_id}"), page)
        fine(client.get(f"/forms/{FORM}/records/{record_id}/revisions"), "revisions")
        fine(client.get(f"/forms/{FORM}/records/{record_id}/actions"), "actions")
    for account in ("ent_a", "county_a", "city_voc"):
        assert sign_in(account).get(f"/records/{FORM}/list").status_code == 200


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_bodies(app, api, number):
    client = api("city_admin")
    for method in ("POST", "PUT", "DELETE"):
        for name, rule in rules(app, method):
            path = address(rule, NOWHERE)
            status = fine(client.open(name, path, data=BODIES[number], content_type="application/json"), (name, rule))
            assert status != 200 or number == 0 or "read" in rule, (name, rule)
    response = app.test_client().post("/api/v1/security/login", data=BODIES[number], content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_query_arguments(app, api, sign_in, value):
    client, web = api("city_voc"), sign_in("city_voc")
    text = value if isinstance(value, str) and value != "\ud800" else json.dumps(value)
    for name in ("page_size", "cursor", "from", "order", "q", "count", "filter", "surprise", "limit", "unread"):
        for path in (f"/forms/{FORM}/records", "/work", "/notifications", f"/forms/{FORM}/lookup/ent_id"):
            fine(client.get(path, query_string={name: text}), (path, name))
        for path in (
            "/",
            f"/records/{FORM}/list",
            "/work/",
            "/jobs/",
            "/accounts/",
            "/login/",
            f"/records/{FORM}/export",
        ):
            fine(web.get(path, query_string={name: text}), (path, name))
    for field in (
        "period_start",
        "staff_now",
        "positions.need_count",
        "has_demand",
        "ent_id",
        "_state",
        "_updated_at",
        "positions",
    ):
        for op in ("eq", "ne", "in", "not_in", "lt", "between", "contains", "starts", "under", "has_any", "empty"):
            operand = [value, value] if op in {"in", "not_in", "between", "has_any"} else value
            sent = json.dumps([{"field": field, "op": op, "value": operand}])
            fine(client.get(f"/forms/{FORM}/records", query_string={"filter": sent}), (field, op, operand))


def test_headers(app, api):
    client = api("ent_a")
    for name, value in (
        ("Idempotency-Key", "k" * 5000),
        ("Idempotency-Key", "\x7f键"),
        ("Accept-Language", "xx-" * 400),
        ("Accept-Language", "zh;q=abc, en;q=1e9"),
        ("Accept", "///"),
        ("Content-Type", "application/json; charset=nonsense"),
        ("If-Match", "*"),
        ("Range", "bytes=9-1"),
        ("X-Forwarded-For", "1" * 5000),
        ("Referer", "javascript:alert(1)"),
    ):
        headers = {name: value.encode().decode("latin-1")}
        fine(client.post(f"/forms/{FORM}/records", json={"answers": {}}, headers=headers), name)
        fine(client.get(f"/forms/{FORM}/records", headers=headers), name)
    for value in ("Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer " + "x" * 9000, "Bearer a b"):
        response = app.test_client().get("/api/v1/forms", headers={"Authorization": value})
        assert response.status_code == 401
        assert response.mimetype == "application/problem+json"
    assert client.get("/forms").status_code == 200
