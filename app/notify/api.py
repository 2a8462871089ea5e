"""Messages by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, operation
from app.database import unit_of_work
from app.errors import language
from app.notify import service
from app.notify.models import RECORD
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor


@operation(
    "GET",
    "/notifications",
    tag="notifications",
    summary="Messages to the actor, newest first",
    query=(schema.Parameter("unread", "1: only those not read", {"type": "string", "enum": ["1"]}),),
    answer=schema.shape(unread=schema.INTEGER, notifications=schema.listing(schema.OBJECT)),
)
def inbox(actor: Actor) -> Answer:
    """Return messages."""
    lang = language()
    found = service.inbox(actor, unread_only=argument("unread") == "1")
    return {
        "unread": service.unread_count(actor),
        "notifications": [
            {
                "id": item.id,
                "text": Label.of(item.text).get(lang),
                "form": item.form_key,
                "record": item.record_id if item.about == RECORD else None,
                "request": item.record_id if item.about != RECORD else None,
                "about": item.about,
                "address": item.address,
                "at": item.at.isoformat(),
                "read": item.read_at is not None,
            }
            for item in found
        ],
    }


@operation(
    "POST",
    "/notifications/read",
    tag="notifications",
    summary="Mark messages as read; all of them without ids",
    body=schema.record((), ids=schema.nullable(schema.listing(schema.STRING))),
    answer=schema.shape(marked=schema.INTEGER),
)
def mark_read(actor: Actor, body: dict[str, Any]) -> Answer:
    """Mark messages as read."""
    with unit_of_work():
        marked = service.mark_read(actor, body.get("ids"))
    return {"marked": marked}
