"""Write the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import has_request_context, request

from app.audit.models import AuditEvent
from app.database import db, utcnow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor


def event_row(
    actor: Actor | None,
    event: str,
    *,
    object_type: str = "",
    object_id: object = "",
    detail: Mapping[str, Any] | None = None,
    result: str = "ok",
) -> dict[str, Any]:
    """Return an event as a row of the trail, for whoever writes it together with what it tells of.

    :param actor: who did it; ``None`` where nobody is known yet (a failed sign-in).
    :param event: a short word: ``login``, ``reveal``, ``export``, ``publish``, ``grants_changed`` …
    :param detail: keys, counts and codes. Never a value of a record: whoever reads the trail may not see those.
    """
    return {
        "at": utcnow(),
        "event": event,
        "result": result,
        "actor_kind": actor.kind if actor else "nobody",
        "actor_name": actor.name if actor else "",
        "user_id": actor.user_id if actor else None,
        "post_id": actor.post_id if actor else None,
        "role": actor.role if actor else "",
        "organization_id": actor.organization_id if actor else None,
        "address": (request.remote_addr or "")[:64] if has_request_context() else "",
        "object_type": object_type,
        "object_id": str(object_id)[:64],
        "detail": dict(detail or {}),
    }


def record(actor: Actor | None, event: str, **about: Any) -> None:
    """Add an event to the present unit of work; *about* as for :func:`event_row`."""
    db.session.add(AuditEvent(**event_row(actor, event, **about)))
