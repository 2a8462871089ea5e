"""Schemas of bodies and answers: checked in outline when they come in, published as OpenAPI 3.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from app.errors import BadRequest
from forms.labels import Label
from forms.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.api.routing import Operation

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object", "additionalProperties": True}
ANY: Schema = {}
FILE: Schema = {"type": "string", "format": "binary"}

_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


@dataclass(frozen=True)
class Parameter:
    """A query argument or header."""

    name: str
    description: str
    schema: Schema


def record(required: Iterable[str] = (), **properties: Schema) -> Schema:
    """Return the schema of an object with exactly these members."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def shape(**properties: Schema) -> Schema:
    """Return the schema of an answer: these members, always there."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def listing(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    """Return *schema* or null."""
    return {**schema, "type": [schema["type"], "null"]}


def read_body(schema: Schema) -> dict[str, Any]:
    """Return the JSON object of this request. Raises ``BadRequest`` naming what does not fit *schema*."""
    raw = request.get_data()
    body = request.get_json(silent=True, force=True) if raw.strip() else {}
    if not isinstance(body, dict):
        raise BadRequest(Label("请求内容应为 JSON 对象。", "The body must be a JSON object."), code="body")
    properties: Mapping[str, Schema] = schema["properties"]
    problems = [
        Problem(name, None, "unknown_key", Label(f"不认识“{name}”", f"Unknown member {name!r}"))
        for name in sorted(set(body) - set(properties))
    ]
    problems += [
        Problem(name, None, "required", Label(f"缺少“{name}”", f"{name!r} is missing"))
        for name in schema["required"]
        if name not in body
    ]
    problems += [
        Problem(name, None, "type", Label(f"“{name}”的类型不对", f"{name!r} has the wrong type"))
        for name, value in body.items()
        if name in properties and not _fits(value, properties[name])
    ]
    if problems:
        raise BadRequest(code="body", errors=problems)
    return body


def _fits(value: Any, schema: Schema) -> bool:
    wanted = schema.get("type")
    if wanted is None:
        return True
    names = [wanted] if isinstance(wanted, str) else wanted
    types = tuple(kind for name in names for kind in _PYTHON[name])
    if isinstance(value, bool) and "boolean" not in names:
        return False
    return isinstance(value, types) and ("enum" not in schema or value in schema["enum"])


PROBLEM: Schema = {
    "type": "object",
    "properties": {
        "type": STRING,
        "title": STRING,
        "status": INTEGER,
        "detail": STRING,
        "code": STRING,
        "id": STRING,
        "errors": listing(
            {
                "type": "object",
                "properties": {"field": STRING, "row": nullable(INTEGER), "code": STRING, "message": STRING},
            }
        ),
    },
    "required": ["type", "title", "status"],
}

_REASONS = {
    400: "What was asked for does not fit",
    401: "Not signed in",
    403: "Never allowed to do this kind of thing",
    404: "Does not exist, or is not within view: the answer is the same",
    409: "Somebody else was faster, or the state does not allow it",
    422: "The content does not pass its checks",
    429: "Too often",
}

LOGIN: Schema = {
    "post": {
        "operationId": "login",
        "tags": ["security"],
        "summary": "Sign in; the token names a session and ends with it",
        "security": [],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": record(
                        ("username", "password", "provider"),
                        username=STRING,
                        password=STRING,
                        provider={"type": "string", "enum": ["db"]},
                        refresh=BOOLEAN,
                    )
                }
            },
        },
        "responses": {
            "200": {
                "description": "OK",
                "content": {"application/json": {"schema": {"type": "object", "properties": {"access_token": STRING}}}},
            },
            "401": {"description": _REASONS[401]},
        },
    }
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document of what is declared."""
    paths: dict[str, Any] = {"/security/login": LOGIN}
    for found in operations:
        paths.setdefault(found.path, {})[found.method.lower()] = _operation(found)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Xiaoqitong 校企通", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "xqt_session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
            },
        },
    }


def _operation(found: Operation) -> dict[str, Any]:
    kinds = {"string": STRING, "int": INTEGER, "path": STRING}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": kinds[converter]}
        for name, converter in found.arguments
    ]
    for place, given in (("query", found.query), ("header", found.headers)):
        parameters += [{"name": p.name, "in": place, "description": p.description, "schema": p.schema} for p in given]
    language = {"type": "string", "enum": ["zh", "en"]}
    parameters.append({"name": "Accept-Language", "in": "header", "schema": language})
    content = {found.media_type: {"schema": FILE if found.media_type != "application/json" else found.answer}}
    responses: dict[str, Any] = {str(found.status): {"description": "OK", "content": content}}
    for status in sorted({400, 401, 403, 404, 409, 422, 429, *found.errors}):
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(status)] = {"description": _REASONS[status], "content": problem}
    result: dict[str, Any] = {
        "operationId": found.name,
        "tags": [found.tag],
        "summary": found.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if found.body is not None:
        result["requestBody"] = {"required": True, "content": {"application/json": {"schema": found.body}}}
    elif found.upload:
        fields = {"file": FILE, "field": STRING}
        upload = {"schema": {"type": "object", "properties": fields, "required": ["file"]}}
        result["requestBody"] = {"required": True, "content": {"multipart/form-data": upload}}
    return result
