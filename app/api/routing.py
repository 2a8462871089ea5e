"""Declare a route once: address, what goes in, what comes out; served and published from the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from app.access.actor import current_actor
from app.access.query import resource_allows
from app.api import schema
from app.api.strict_json import StrictJson
from app.builder.catalogue import head
from app.errors import NotAllowed
from app.extensions import csrf

if TYPE_CHECKING:
    from flask import Flask

    from app.access.actor import Actor

Answer = Response | tuple[Any, int] | dict[str, Any] | list[Any]
Handler = Callable[..., Answer]

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Operation:
    """A declared route."""

    method: str
    rule: str
    name: str
    tag: str
    summary: str
    status: int
    answer: schema.Schema
    body: schema.Schema | None = None
    query: Sequence[schema.Parameter] = ()
    headers: Sequence[schema.Parameter] = ()
    upload: bool = False
    media_type: str = "application/json"
    public: bool = False
    errors: Sequence[int] = field(default_factory=tuple)

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return _ARGUMENT.sub(r"{\2}", self.rule)

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """Name and converter of the address's variables."""
        return [(name, converter or "string") for converter, name in _ARGUMENT.findall(self.rule)]


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    rule: str,
    *,
    tag: str,
    summary: str,
    answer: schema.Schema | None = None,
    status: int = 200,
    body: schema.Schema | None = None,
    query: Sequence[schema.Parameter] = (),
    headers: Sequence[schema.Parameter] = (),
    upload: bool = False,
    media_type: str = "application/json",
    errors: Sequence[int] = (),
    needs: str = "",
    resource: str = "",
    public: bool = False,
    visitors: bool = False,
) -> Callable[[Handler], Handler]:
    """Serve *rule* (below ``/api/v1``) by the decorated function, called with the actor and the address's variables.

    :param body: schema of the JSON that it takes; the function gets it as ``body``, checked in its outline.
    :param needs: actions, one of which the actor must be granted on *resource*, or else on that of the form in the
        address, before anything is read. On which rows is for the service to say.
    :param public: anybody may call it; the function is given no actor.
    :param visitors: those who came with a one-time code may call it, too.
    """

    def decorate(handler: Handler) -> Handler:
        OPERATIONS.append(
            Operation(
                method=method,
                rule=rule,
                name=f"{tag}_{handler.__name__}",
                tag=tag,
                summary=summary,
                status=status,
                answer=answer or {},
                body=body,
                query=query,
                headers=headers,
                upload=upload,
                media_type=media_type,
                errors=errors,
                public=public,
            )
        )

        @wraps(handler)
        def serve(**variables: Any) -> Response:
            if public:
                if body is not None:
                    variables["body"] = schema.read_body(body)
                return _response(handler(**variables), status)
            actor = _authenticated()
            if actor.kind == "visitor" and not visitors:
                raise NotAllowed
            if needs:
                _authorise(actor, needs, resource or head(variables["form"]).resource)
            if body is not None:
                variables["body"] = schema.read_body(body)
            return _response(handler(actor, **variables), status)

        blueprint.add_url_rule(rule, f"{tag}_{handler.__name__}", serve, methods=[method])
        return handler

    return decorate


def _authenticated() -> Actor:
    """Return the actor: of the bearer token, or of the web session if a page of ours sent the request."""
    actor = current_actor()
    if request.method not in _SAFE and not request.headers.get("Authorization"):
        try:
            validate_csrf(request.headers.get("X-CSRFToken", ""))
        except ValidationError as error:
            raise CSRFError(str(error)) from error
    return actor


def _authorise(actor: Actor, needs: str, resource: str) -> None:
    if not any(resource_allows(actor, resource, action) for action in needs):
        raise NotAllowed


def _response(answer: Answer, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    content, code = answer if isinstance(answer, tuple) else (answer, status)
    response: Response = jsonify(content)
    response.status_code = code
    # Answers depend on who asks; no cache may hand one to another.
    response.headers["Cache-Control"] = "no-store"
    return response


def argument(name: str, default: str = "") -> str:
    """Return a query argument of this request."""
    return request.args.get(name, default)


def header(name: str) -> str:
    """Return a header of this request."""
    return str(request.headers.get(name, ""))


def address() -> str:
    """Return where this request comes from."""
    return request.remote_addr or ""


def site() -> str:
    """Return the address of this site."""
    return str(request.host_url)


def posted_file(name: str = "file") -> Any:
    """Return the uploaded file of this request, or ``None``."""
    return request.files.get(name)


def posted(name: str) -> str:
    """Return a field of this request's multipart body."""
    return request.form.get(name, "")


def arguments() -> Mapping[str, str]:
    """Return the query arguments of this request."""
    return request.args


def init_app(app: Flask) -> None:
    """Register what was declared, and the document about it."""
    app.json = StrictJson(app)
    csrf.exempt(blueprint)  # a bearer token cannot be forged; cookies are checked above
    if not any(rule.endpoint == "api.openapi" for rule in app.url_map.iter_rules()):
        if "openapi" not in _declared:
            _declared.add("openapi")
            blueprint.add_url_rule("/openapi.json", "openapi", _document, methods=["GET"])
        app.register_blueprint(blueprint)


_declared: set[str] = set()


def _document() -> Response:
    response: Response = jsonify(schema.document(OPERATIONS))
    return response
