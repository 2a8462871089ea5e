"""The notice on a record's pages that its form has a newer version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import compiled, head
from app.errors import language
from app.records.entry.model import NewVersion
from app.records.models import VOID
from app.records.reading.record_page import may_edit
from app.records.versions.new_words import new_words

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView

#: How many changes of a new version its notice names.
MOST_LINES = 12


def new_version(actor: Actor, form_key: str, view: RecordView) -> NewVersion | None:
    """Return the version that a record is not of, where its reader may care: what changed, and where to upgrade it."""
    present = head(form_key).no
    if view.form_version >= present or view.state == VOID:
        return None
    lines = new_words(view.definition, compiled(form_key).definition, language())
    if not lines:
        return None
    address = f"/records/{form_key}/upgrade/{view.id}" if may_edit(actor, view) else ""
    return NewVersion(present, tuple(lines[:MOST_LINES]), address)
