"""Requests to export in plain, by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, operation
from app.database import unit_of_work
from app.errors import language
from app.exchange.requests import asking, deciding, page

if TYPE_CHECKING:
    from app.access.actor import Actor

REQUEST: schema.Schema = schema.shape(
    id=schema.STRING,
    number=schema.STRING,
    form=schema.STRING,
    state={"type": "string", "enum": list(page.STATES)},
    purpose=schema.STRING,
    filter=schema.STRING,
    plain=schema.listing(schema.STRING),
    columns=schema.nullable(schema.listing(schema.STRING)),
    classes=schema.listing(schema.STRING),
    rows=schema.INTEGER,
    days=schema.INTEGER,
    used=schema.INTEGER,
    asked_by=schema.STRING,
    organization=schema.STRING,
    asked_at=schema.STRING,
    valid_until=schema.STRING,
    decided_by=schema.nullable(schema.STRING),
    decided_at=schema.nullable(schema.STRING),
    note=schema.STRING,
    may_decide=schema.BOOLEAN,
)
DECIDED = schema.shape(state={"type": "string", "enum": list(page.STATES)})


@operation(
    "POST",
    "/forms/<form>/export-requests",
    tag="exchange",
    needs="E",
    summary="Ask to export personal data in plain; a second person decides",
    status=201,
    body=schema.record(
        ("purpose",),
        format={"type": "string", "enum": ["xlsx"]},
        filter=schema.nullable(schema.listing(schema.OBJECT)),
        columns=schema.nullable(schema.listing(schema.STRING)),
        purpose=schema.STRING,
        subtables={"type": "string", "enum": ["sheets", "rows"]},
        versions={"type": "string", "enum": ["present", "all"]},
        q=schema.STRING,
        days=schema.nullable(schema.INTEGER),
    ),
    answer=schema.shape(
        id=schema.STRING, number=schema.STRING, state=schema.STRING, plain=schema.listing(schema.STRING)
    ),
)
def ask(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Ask for an export in plain."""
    days = body.pop("days", None)
    with unit_of_work():
        found = asking.ask(actor, form, body, days)
    return {"id": found.id, "number": found.number, "state": found.state, "plain": list(found.plain)}


@operation(
    "GET",
    "/export-requests",
    tag="exchange",
    summary="Requests to export in plain: one's own, or those that wait for one's decision",
    query=(
        schema.Parameter(
            "of", "mine (the default), waiting or others", {"type": "string", "enum": ["mine", "waiting", "others"]}
        ),
    ),
    answer=schema.shape(requests=schema.listing(REQUEST)),
)
def requests(actor: Actor) -> Answer:
    """Return requests."""
    kinds = {"waiting": deciding.waiting, "others": deciding.of_others}
    found = kinds.get(argument("of"), deciding.own)(actor)
    return {"requests": page.told(actor, found, language())}


@operation(
    "GET",
    "/export-requests/<request_id>",
    tag="exchange",
    summary="A request to export in plain",
    answer=REQUEST,
)
def request(actor: Actor, request_id: str) -> Answer:
    """Return a request."""
    (found,) = page.told(actor, [deciding.request_of(request_id)], language())
    return found


@operation(
    "POST",
    "/export-requests/<request_id>/decision",
    tag="exchange",
    summary="Approve or refuse a request of somebody else; to refuse what was approved takes the approval back",
    body=schema.record(("approve",), approve=schema.BOOLEAN, note=schema.STRING),
    answer=DECIDED,
)
def decide(actor: Actor, request_id: str, body: dict[str, Any]) -> Answer:
    """Decide about a request."""
    with unit_of_work():
        found = deciding.decide(actor, request_id, approve=body["approve"], note=body.get("note", ""))
    return {"state": found.state}


@operation(
    "DELETE",
    "/export-requests/<request_id>",
    tag="exchange",
    summary="Withdraw one's own request, and with it the file that it has made",
    answer=DECIDED,
)
def withdraw(actor: Actor, request_id: str) -> Answer:
    """Withdraw a request."""
    with unit_of_work():
        found = deciding.withdraw(actor, request_id)
    return {"state": found.state}
