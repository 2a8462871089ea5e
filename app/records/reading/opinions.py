"""What reviewers said about a record, placed where the record has it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.records.labels import author, moment
from app.records.reading.show_page import place_of
from app.workflow import service as workflow
from forms.answers.answer import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.access.actor import Actor
    from app.records.reading.record import RecordView


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reviewer's note with its place in the record as it is now; ``target`` is the id of what it links to."""

    text: str
    field: str
    row: int | None
    severity: str
    author_name: str
    place: str
    target: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What was said with the return of a record."""

    text: str
    author: str
    at: str


def opinions(view: RecordView, notes: Iterable[Any], lang: str) -> list[Opinion]:
    """Return the notes that are not settled, those on a row with the number that the row has now."""
    found = []
    for note in notes:
        if note.state == "resolved":
            continue
        field, row = _placed(view, note)
        place = place_of(view.definition, field, row, lang) if field else ""
        target = f"v-{field.replace('.', '-')}" + (f"-{row}" if row else "") if field else ""
        found.append(Opinion(note.text, field, row, note.severity, author(note.author_name), place, target))
    return found


def _placed(view: RecordView, note: Any) -> tuple[str, int | None]:
    """Return field and row of a note; one on a row that is gone is about its table."""
    field: str = note.field or ""
    if not note.row_id:
        return field, note.row
    table = field.partition(".")[0]
    rows = rows_of(view.answers.get(table))
    row = next((no for no, item in enumerate(rows, 1) if item.get("_row") == note.row_id), None)
    return (field, row) if row else (table, None)


def returned(actor: Actor, form_key: str, view: RecordView) -> Returned | None:
    """Return what was said with the return that a record waits after; ``None`` where its last step was another."""
    steps = workflow.history(actor, form_key, view.id)
    last = steps[-1] if steps else None
    if last is None or last.kind != "return":
        return None
    return Returned(last.comment, author(last.actor_name), moment(last.at))
