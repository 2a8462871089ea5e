"""What the rules of a record know that somebody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.database import db
from app.errors import NotFound
from app.identity.models import Organization
from app.records.writing.context import context_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from forms.compiled import Context


def owners_of(views: Iterable[RecordView]) -> dict[int, Organization]:
    """Return the organizations that *views* belong to by id, in one question."""
    ids = {view.organization["id"] for view in views}
    found = db.session.scalars(sa.select(Organization).where(Organization.id.in_(ids))) if ids else ()
    return {organization.id: organization for organization in found}


def reading_context(actor: Actor, view: RecordView, owner: Organization | None = None) -> Context:
    """Return the context of a record's rules; *owner*: its organization, where somebody has read it already."""
    owner = owner or db.session.get(Organization, view.organization["id"])
    if owner is None:
        raise NotFound
    return context_for(actor, view.definition, owner, state=view.state)
