"""Marks on imported drafts: which attachments are still due, told as notes on the fields where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, new_id, utcnow
from app.records.models import Record
from app.workflow.models import DUE, OPEN, ReviewNote
from forms.answers.answer import rows_of
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.exchange.importing.staging import Row
    from app.records.writing.record import Saved
    from forms.compiled import CompiledForm

_REASON = "notes on drafts that the actor imports"


def mark(actor: Actor, form: CompiledForm, written: Sequence[tuple[Row, Saved]], lang: str) -> None:
    """Mark what was just staged, in the present unit of work."""
    now = utcnow()
    notes: list[dict[str, Any]] = []
    for row, saved in written:
        for path, number in row.due:
            label = form.by_path[path].field.label
            text = Label(f"待补附件：{label.zh}", f"Attachment due: {label.get('en')}")
            rows = rows_of(row.answers.get(path.partition(".")[0])) if number else []
            notes.append(
                {
                    "id": new_id(),
                    "record_id": saved.id,
                    "revision_no": 1,
                    "field": path,
                    "row": number,
                    "row_id": rows[number - 1].get("_row") if number and number <= len(rows) else None,
                    "severity": "must",
                    "kind": DUE,
                    "text": text.get(lang),
                    "state": OPEN,
                    "author_id": actor.user_id,
                    "author_name": actor.name,
                    "author_role": actor.role,
                    "at": now,
                }
            )
    if notes:
        db.session.execute(tagged(sa.insert(ReviewNote.__table__), _REASON), notes)


def unmark(batch: str) -> None:
    """Remove the marks of drafts that were staged under a batch and are given up."""
    notes, records = ReviewNote.__table__, Record.__table__
    staged = sa.select(records.c.id).where(records.c.batch == batch)
    db.session.execute(tagged(sa.delete(notes).where(notes.c.record_id.in_(staged)), _REASON))
