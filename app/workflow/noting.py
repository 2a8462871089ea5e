"""What every step leaves behind: an event, a line of the audit trail, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import audit
from app.audit.models import AuditEvent
from app.records.projection.together import Part
from app.workflow import announcing, events
from app.workflow.models import WorkflowEvent

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.workflow.rules import Standing
    from forms.workflow import Verb


def note_step(actor: Actor, at: Standing, verb: Verb, *, state: str, comment: str = "") -> None:
    """Note that *verb* has led to *state* in the record's last revision, and tell those whom it concerns."""
    audit.record(actor, "workflow", **_about(at, verb, state))
    events.add(actor, at.record_id, verb, from_state=at.state, to_state=state, comment=comment)
    announcing.announce(actor, at, verb, state, comment)


def step_of_new(actor: Actor, at: Standing, verb: Verb, *, state: str) -> tuple[Part, ...]:
    """Return the same as rows, for a record that is written with the step already taken; messages are left out.

    Of an anonymous record there are none: its revision says that it was handed in, and anything more would tell when.
    """
    if actor.visit is not None and actor.visit.anonymous:
        return ()
    event = events.row(
        actor, at.record_id, verb, from_state=at.state, to_state=state, comment="", revision_no=at.lock_version
    )
    line = audit.event_row(actor, "workflow", **_about(at, verb, state))
    return Part(AuditEvent.__table__, [line]), Part(WorkflowEvent.__table__, [event])


def _about(at: Standing, verb: Verb, state: str) -> dict[str, Any]:
    detail = {"form": at.form_key, "verb": verb.key, "from": at.state, "to": state}
    return {"object_type": "record", "object_id": at.record_id, "detail": detail}
