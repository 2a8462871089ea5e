"""What every step leaves behind: an event, a line of the audit trail, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import audit
from app.workflow import announcing, events

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.workflow.rules import Standing
    from forms.workflow import Verb


def note_step(
    actor: Actor, at: Standing, verb: Verb, *, state: str, comment: str = "", revision_no: int | None = None
) -> None:
    """Note that *verb* has led to *state*, and tell those whom it concerns.

    :param revision_no: the revision that came of it; the record's last by default.
    """
    detail = {"form": at.form_key, "verb": verb.key, "from": at.state, "to": state}
    audit.record(actor, "workflow", object_type="record", object_id=at.record_id, detail=detail)
    events.add(actor, at.record_id, verb, from_state=at.state, to_state=state, comment=comment, revision_no=revision_no)
    announcing.announce(actor, at, verb, state, comment)
