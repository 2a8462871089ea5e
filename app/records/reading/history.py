"""The revisions of a record with what each changed, as its reader may see it; and who changed what meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import Mode
from app.access.query import mask_answers, modes_in, tagged
from app.builder.catalogue import compiled
from app.database import db
from app.records.models import RecordRevision
from app.records.projection.tables import form_table
from app.records.reading.record import read
from forms.answers.answer import is_empty, rows_of
from forms.answers.difference import differences
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.reading.record import RecordView
    from app.records.writing.record import Held
    from forms.answers.difference import Change
    from forms.definition import Definition

MASKED = "***"


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a record as one actor may see it, and how it came about."""

    no: int
    form_version: int
    at: datetime
    by: str
    role: str
    origin: str
    state: str
    verb: str | None
    comment: str | None
    answers: dict[str, Any]
    changes: tuple[Change, ...]


def revisions(actor: Actor, form_key: str, record_id: str) -> list[Revision]:
    """Return the revisions of a record, oldest first. Raises ``NotFound``.

    Who sees a record only because it is published sees what is published now, not how it came about: none.
    """
    view = read(actor, form_key, record_id)
    scopes = view.scopes - {"published"}
    if not scopes:
        return []
    table = form_table(form_key)
    columns = RecordRevision.__table__.c
    statement = sa.select(*columns).where(columns.record_id == record_id).order_by(columns.no)
    found: list[Revision] = []
    before: Mapping[str, Any] = {}
    for row in db.session.execute(tagged(statement, "history of a record already scoped")):
        form = compiled(form_key, row.form_version_no)
        modes = modes_in(actor, table, "V", scopes, definition=form.definition)
        shown, _ = mask_answers(form, row.answers, modes)
        found.append(
            Revision(
                no=row.no,
                form_version=row.form_version_no,
                at=row.at,
                by=row.author_name,
                role=row.author_role,
                origin=row.origin,
                state=row.state,
                verb=row.verb,
                comment=row.comment,
                answers=shown,
                changes=tuple(_shown(form.definition, modes, differences(before, row.answers, form.definition))),
            )
        )
        before = row.answers
    return found


def _shown(form: Definition, modes: RowModes, changes: Sequence[Change]) -> list[Change]:
    """Return the changes that a reader may see; of a masked one its masks, though they may be alike."""
    found = []
    for change in changes:
        mode = modes.get(change.field, Mode.HIDE)
        table = form.has(change.field) and bool(form.field(change.field).fields)
        if mode is Mode.HIDE and not table:
            continue
        old, new = (
            _row(form, modes, change.field, value) if table else _value(form, change.field, value, mode)
            for value in (change.old, change.new)
        )
        if table and is_empty(old) and is_empty(new):
            continue
        found.append(type(change)(change.field, change.row, old, new, change.row_id))
    return found


def _value(form: Definition, path: str, value: Any, mode: Mode) -> Any:
    if mode is Mode.PLAIN or is_empty(value):
        return value
    return field_type(form.field(path).type).masked(form.field(path), value) if form.has(path) else MASKED


def _row(form: Definition, modes: RowModes, table: str, value: Any) -> Any:
    """Return a row that came or went with the cells that its reader may see."""
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for key, cell in value.items():
        mode = modes.get(f"{table}.{key}", Mode.HIDE)
        if mode is not Mode.HIDE:
            shown[key] = _value(form, f"{table}.{key}", cell, mode)
    return shown


def conflicts(view: RecordView, held: Held, lock_version: int, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields that both the actor and somebody else have changed since *lock_version*, with both values.

    :param view: the record as the actor may see it now.

    Revisions and lock versions count alike. Without the revision that the actor began with, every field that differs.
    Whether something is the same is asked of what the actor sees alone: else he could guess at what is masked.
    """
    columns = RecordRevision.__table__.c
    statement = sa.select(columns.answers).where(columns.record_id == view.id, columns.no == lock_version)
    known = 0 < lock_version <= held.record.lock_version
    base = db.session.scalar(tagged(statement, "revision of a record that the actor may change")) if known else None
    mine, _ = held.compiled.clean(changes)
    began = None if base is None else mask_answers(held.compiled, base, view.modes)[0]
    found = []
    for key, value in mine.items():
        if view.modes.get(key, Mode.HIDE) is Mode.HIDE:
            continue
        theirs, before = view.answers.get(key), None if began is None else began.get(key)
        if _alike(value, theirs) or (began is not None and _alike(value, before)):
            continue
        if base is None or not _alike(held.answers.get(key), base.get(key)):
            found.append({"field": key, "mine": value, "theirs": theirs})
    return found


def _alike(left: Any, right: Any) -> bool:
    """Tell whether two answers say the same; of rows those cells count that both name."""
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping) and "id" in left:
        return bool(left["id"] == right.get("id"))
    rows, others = rows_of(left), rows_of(right)
    if not rows or not others:
        return bool(left == right)
    return len(rows) == len(others) and all(
        row.get("_row") == other.get("_row")
        and all(_alike(cell, other.get(key)) for key, cell in row.items() if key != "_row")
        for row, other in zip(rows, others, strict=True)
    )
