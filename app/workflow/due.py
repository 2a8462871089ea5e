"""Attachments that an import could not bring: which records still lack some, and when one no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.workflow.models import DUE, OPEN, RESOLVED, ReviewNote
from forms.answers.answer import is_empty, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_REASON = "notes of a record that the actor changes"


def condition(part: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return whether an attachment of a row of a form's table is still due."""
    note = ReviewNote.__table__.c
    return (
        sa.select(sa.literal(1))
        .where(note.record_id == part.c._id, note.kind == DUE, note.state == OPEN)
        .correlate(part)
        .exists()
    )


def settle(record_id: str, answers: Mapping[str, Any]) -> None:
    """Close what was due of a record and is there now, or can no longer come since its row is gone."""
    note = ReviewNote.__table__.c
    waiting = sa.select(note.id, note.field, note.row, note.row_id).where(
        note.record_id == record_id, note.kind == DUE, note.state == OPEN
    )
    done = [row.id for row in db.session.execute(tagged(waiting, _REASON)) if _settled(row, answers)]
    if not done:
        return
    closed = sa.update(ReviewNote.__table__).where(note.id.in_(done)).values(state=RESOLVED)
    db.session.execute(tagged(closed, _REASON))
    for found in db.session.identity_map.values():
        if isinstance(found, ReviewNote):
            db.session.expire(found)


def _settled(note: Any, answers: Mapping[str, Any]) -> bool:
    table, _, key = note.field.rpartition(".")
    if not table:
        return not is_empty(answers.get(key))
    listed = list(enumerate(rows_of(answers.get(table)), 1))
    by_number = note.row_id is None
    row = next((row for no, row in listed if (no == note.row if by_number else row.get("_row") == note.row_id)), None)
    return row is None or not is_empty(row.get(key))
