"""Schemas of bodies and answers: checked in outline when they come in, published as OpenAPI 3.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app.errors import BadRequest
from forms.answers.problems import Problem
from forms.labels import Label

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

#: Bytes of JSON that one request may bring; files come otherwise.
LARGEST_BODY = 8 * 1024 * 1024

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
    """Return the JSON object of this request.

    Raises ``BadRequest`` naming what does not fit *schema*, and the web's own errors for another type of content
    (415) and for more than any form needs (413).
    """
    request.max_content_length = LARGEST_BODY
    raw = request.get_data()
    if raw.strip() and not request.is_json:
        raise UnsupportedMediaType
    body = request.get_json(silent=True) if raw.strip() else {}
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
    if not isinstance(value, types) or ("enum" in schema and value not in schema["enum"]):
        return False
    return not isinstance(value, list) or all(_fits(item, schema.get("items", ANY)) for item in value)


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
    413: "Too large",
    415: "Not the type of content that is taken",
    422: "The content does not pass its checks",
    429: "Tried too often in a short time",
}

LOGIN_BODY: Schema = record(
    ("username", "password"),
    username=STRING,
    password=STRING,
    provider={"type": "string", "enum": ["db"]},
    refresh=BOOLEAN,
)
TOKEN: Schema = {
    "type": "object",
    "properties": {"access_token": STRING, "refresh_token": STRING},
    "required": ["access_token"],
}


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): {"description": _REASONS[status], "content": problem} for status in sorted(statuses)}


def _answer(media_type: str, answer: Schema) -> dict[str, Any]:
    return {"description": "OK", "content": {media_type: {"schema": answer}}}


def _security(name: str, summary: str, *, statuses: Iterable[int], **members: Any) -> dict[str, Any]:
    found = {"operationId": f"security_{name}", "tags": ["security"], "summary": summary, **members}
    found["responses"] = {**members["responses"], **_problems(statuses)}
    return {"post": found}


#: The routes that are not declared beside a slice: signing in and out, and the document itself.
FIXED: dict[str, Any] = {
    "/security/login": _security(
        "login",
        "Sign in; the token names a session and ends with it",
        statuses=(400, 401, 403, 413, 415),
        security=[],
        requestBody={"required": True, "content": {"application/json": {"schema": LOGIN_BODY}}},
        responses={"200": _answer("application/json", TOKEN)},
    ),
    "/security/refresh": _security(
        "refresh",
        "A new access token of the same session, for a refresh token",
        statuses=(401,),
        security=[{"bearer": []}],
        responses={"200": _answer("application/json", TOKEN)},
    ),
    "/security/logout": _security(
        "logout",
        "End the session of the token sent",
        statuses=(401,),
        security=[{"bearer": []}],
        responses={"204": {"description": "Ended"}},
    ),
    "/openapi.json": {
        "get": {
            "operationId": "openapi",
            "tags": ["openapi"],
            "summary": "This document",
            "security": [],
            "responses": {"200": _answer("application/json", OBJECT)},
        }
    },
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document of what is declared."""
    paths: dict[str, Any] = dict(FIXED)
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
    answer = found.answer if found.media_type == "application/json" else FILE
    statuses = {400, 401, 403, 404, 409, 422, *found.errors}
    if found.body is not None or found.upload:
        statuses |= {413, 415}
    responses = {str(found.status): _answer(found.media_type, answer), **_problems(statuses)}
    result: dict[str, Any] = {
        "operationId": found.name,
        "tags": [found.tag],
        "summary": found.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if found.public:
        result["security"] = []
    if found.body is not None:
        result["requestBody"] = {"required": True, "content": {"application/json": {"schema": found.body}}}
    elif found.upload:
        fields = {"file": FILE, "field": STRING}
        upload = {"schema": {"type": "object", "properties": fields, "required": ["file"]}}
        result["requestBody"] = {"required": True, "content": {"multipart/form-data": upload}}
    return result
