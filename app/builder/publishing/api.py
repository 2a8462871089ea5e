"""Requests to publish, by the API: made by who publishes, decided by a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import require
from app.api import schema
from app.api.routing import Answer, argument, operation
from app.builder import service
from app.builder.models import FormDraft, PublishRequest
from app.builder.publishing import approval, publish
from app.builder.publishing.choosing import choices_of, note_of
from app.database import db, unit_of_work
from app.errors import language

if TYPE_CHECKING:
    from app.access.actor import Actor

STATES = (approval.OPEN, approval.APPROVED, approval.REFUSED, approval.VOID)
REQUEST: schema.Schema = schema.shape(
    id=schema.STRING,
    form=schema.STRING,
    state={"type": "string", "enum": list(STATES)},
    lock_version=schema.INTEGER,
    base=schema.INTEGER,
    note=schema.STRING,
    reasons=schema.listing(schema.STRING),
    asked_at=schema.STRING,
    decided_at=schema.nullable(schema.STRING),
    comment=schema.STRING,
    job=schema.nullable(schema.STRING),
    own=schema.BOOLEAN,
    may_decide=schema.BOOLEAN,
    why_not=schema.STRING,
)
#: How many requests a list holds at most.
MOST = 100


def _told(actor: Actor, found: PublishRequest) -> dict[str, Any]:
    draft = db.session.get(FormDraft, found.form_key)
    live = found.state == approval.OPEN and draft is not None and approval.is_current(found, draft)
    why_not = approval.hindrance(actor, found)
    return {
        "id": found.id,
        "form": found.form_key,
        # What speaks of an earlier draft is void, though nobody has said so yet.
        "state": found.state if found.state != approval.OPEN or live else approval.VOID,
        "lock_version": found.lock_version,
        "base": found.base_no,
        "note": found.note,
        "reasons": list(found.reasons),
        "asked_at": found.requested_at.isoformat(),
        "decided_at": found.decided_at.isoformat() if found.decided_at else None,
        "comment": found.comment,
        "job": found.job_id,
        "own": found.requested_by == actor.user_id,
        "may_decide": live and why_not is None,
        "why_not": why_not.get(language()) if why_not is not None else "",
    }


@operation(
    "POST",
    "/forms/<form>/publish-requests",
    tag="design",
    needs="P",
    resource=service.DESIGN,
    summary="Ask for the publication of a draft that takes a second person",
    status=201,
    body=schema.record(
        ("lock_version", "note"),
        lock_version=schema.INTEGER,
        note=schema.STRING,
        choices=schema.nullable(schema.OBJECT),
    ),
    answer=REQUEST,
)
def ask(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Ask for publication, after the same checks as publishing; those who can decide get a message.

    A draft that needs nobody else's approval is 409 ``not_needed``: publish it.
    """
    note = note_of(body, required=True)
    found = publish.examine(actor, form, body["lock_version"], choices=choices_of(body), asking=True)
    with unit_of_work():
        made = approval.ask_for(actor, form, body["lock_version"], note, found.choices)
    return _told(actor, made)


@operation(
    "GET",
    "/publish-requests",
    tag="design",
    needs="V",
    resource=service.DESIGN,
    summary="Requests to publish, the open ones first",
    query=(schema.Parameter("form", "only those of this form", schema.STRING),),
    answer=schema.shape(requests=schema.listing(REQUEST)),
)
def requests(actor: Actor) -> Answer:
    """Return the latest requests."""
    require(actor, service.DESIGN, "V")
    statement = sa.select(PublishRequest).limit(MOST)
    statement = statement.order_by((PublishRequest.state == approval.OPEN).desc(), PublishRequest.id.desc())
    if argument("form"):
        statement = statement.where(PublishRequest.form_key == argument("form"))
    return {"requests": [_told(actor, found) for found in db.session.scalars(statement)]}


@operation(
    "GET",
    "/publish-requests/<request_id>",
    tag="design",
    needs="V",
    resource=service.DESIGN,
    summary="A request to publish",
    answer=REQUEST,
)
def request(actor: Actor, request_id: str) -> Answer:
    """Return a request."""
    return _told(actor, approval.request_of(actor, request_id))


@operation(
    "POST",
    "/publish-requests/<request_id>/decision",
    tag="design",
    needs="V",
    resource=service.DESIGN,
    summary="Approve somebody else's request, which publishes it, or refuse it with a reason",
    body=schema.record(("approve",), approve=schema.BOOLEAN, comment=schema.STRING),
    answer=REQUEST,
)
def decide(actor: Actor, request_id: str, body: dict[str, Any]) -> Answer:
    """Decide about a request; ``job`` publishes what was approved."""
    with unit_of_work():
        found = approval.decide(actor, request_id, approve=body["approve"], comment=body.get("comment", ""))
    return _told(actor, found)


@operation(
    "DELETE",
    "/publish-requests/<request_id>",
    tag="design",
    needs="V",
    resource=service.DESIGN,
    summary="Withdraw one's own open request",
    answer=REQUEST,
)
def withdraw(actor: Actor, request_id: str) -> Answer:
    """Withdraw a request."""
    with unit_of_work():
        found = approval.withdraw(actor, request_id)
    return _told(actor, found)
