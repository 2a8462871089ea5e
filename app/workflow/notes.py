"""Reviewers' notes: checked, kept, answered, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, new_id
from app.errors import Invalid
from app.workflow.models import ANSWERED, OPEN, RESOLVED, ReviewNote
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.access.actor import Actor
    from forms.definition import Definition

SEVERITIES = ("must", "should", "info")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """A note before it is kept."""

    field: str
    row: int | None
    text: str
    severity: str


def parse(raw: Iterable[Any], definition: Definition) -> list[Note]:
    """Return notes from ``{"field", "row", "text", "severity"}``; without a field it is about the whole record.

    Raises ``Invalid`` with every note that names no field, no row number or says nothing.
    """
    found: list[Note] = []
    problems: list[Problem] = []
    for number, item in enumerate(raw, 1):
        if not isinstance(item, dict) or set(item) - {"field", "row", "text", "severity"}:
            text = Label("批注应为 {field, row, text, severity}", "A note is {field, row, text, severity}")
            problems.append(Problem("notes", number, "note", text))
            continue
        field, row, words = item.get("field") or "", item.get("row"), item.get("text")
        severity = item.get("severity") or SEVERITIES[0]
        if not isinstance(field, str) or (field and not definition.has(field)):
            text = Label(f"批注指向的字段“{field}”不存在", f"The note names an unknown field {field!r}")
            problems.append(Problem("notes", number, "unknown_field", text))
        elif row is not None and (isinstance(row, bool) or not isinstance(row, int) or not 1 <= row < 100_000):
            problems.append(Problem("notes", number, "row", Label("行号从 1 开始", "Rows count from 1")))
        elif not isinstance(words, str) or not words.strip() or len(words) > LONGEST:
            text = Label(f"批注要写内容（不超过 {LONGEST} 字）", f"A note needs a text of at most {LONGEST} characters")
            problems.append(Problem("notes", number, "required", text))
        elif severity not in SEVERITIES:
            text = Label(f"批注级别应为 {'、'.join(SEVERITIES)}", f"Severity is one of {', '.join(SEVERITIES)}")
            problems.append(Problem("notes", number, "severity", text))
        else:
            found.append(Note(field, row, words.strip(), severity))
    if problems:
        raise Invalid(errors=problems)
    return found


def keep(actor: Actor, record_id: str, revision_no: int, notes: Iterable[Note], answers: Mapping[str, Any]) -> None:
    """Keep notes on a record; a row is remembered by its id too."""
    for note in notes:
        rows = answers.get(note.field.partition(".")[0]) if note.row is not None else None
        row = rows[note.row - 1] if isinstance(rows, list) and note.row and note.row <= len(rows) else None
        db.session.add(
            ReviewNote(
                id=new_id(),
                record_id=record_id,
                revision_no=revision_no,
                field=note.field,
                row=note.row,
                row_id=row.get("_row") if isinstance(row, dict) else None,
                severity=note.severity,
                text=note.text,
                author_id=actor.user_id,
                author_name=actor.name,
                author_role=actor.role,
            )
        )
    db.session.flush()


def of_record(record_id: str) -> Sequence[ReviewNote]:
    """Return the notes on a record that the present actor may see, oldest first."""
    statement = sa.select(ReviewNote).where(ReviewNote.record_id == record_id).order_by(ReviewNote.at, ReviewNote.id)
    found: Sequence[ReviewNote] = db.session.scalars(statement).all()
    return found


def advance(record_id: str, states: Iterable[str], to_state: str) -> None:
    """Mark the notes of a record that are in one of *states*."""
    table = ReviewNote.__table__
    statement = sa.update(table).where(table.c.record_id == record_id, table.c.state.in_(list(states)))
    db.session.execute(tagged(statement.values(state=to_state), "notes of a record that the actor acts on"))
    for note in db.session.identity_map.values():
        if isinstance(note, ReviewNote):
            db.session.expire(note)


def answered(record_id: str) -> None:
    """Mark open notes as answered: the submitter has handed it in again."""
    advance(record_id, [OPEN], ANSWERED)


def resolved(record_id: str) -> None:
    """Mark what is left as resolved: a reviewer is content."""
    advance(record_id, [OPEN, ANSWERED], RESOLVED)
