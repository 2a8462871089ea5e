"""The notice on a record's pages that its form has a newer version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext

from app.builder import ends
from app.builder.catalogue import compiled, head
from app.errors import language
from app.records.entry.model import NewVersion
from app.records.models import VOID
from app.records.reading.record_page import may_edit
from app.records.versions.new_words import new_words
from app.records.writing.editing import SEALED, is_sealed

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
    return NewVersion(present, tuple(lines[:MOST_LINES]), address, _end(form_key, view))


def _end(form_key: str, view: RecordView) -> str:
    """Return how long the record's version goes on, where the publisher has said so."""
    if view.campaign is not None:
        return ""
    if view.submitted_at is not None:
        return SEALED.get(language()) if is_sealed(view) else ""
    day = ends.last_day(form_key, view.form_version)
    if day is None:
        return ""
    return str(gettext("原来的版本填报到 %(day)s 为止，之后改用新版本，已填内容保留。", day=day.isoformat()))
