"""What the rules of a record know that somebody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.database import db
from app.errors import NotFound
from app.identity.models import Organization
from app.records.writing.context import context_for

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from forms.compiled import Context


def reading_context(actor: Actor, view: RecordView) -> Context:
    """Return the context of a record's rules."""
    owner = db.session.get(Organization, view.organization["id"])
    if owner is None:
        raise NotFound
    return context_for(actor, view.definition, owner, state=view.state)
