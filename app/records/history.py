"""The revisions of a record with what each changed, as its reader may see it; and who changed what meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import Mode
from app.access.query import mask_answers, modes_in, tagged
from app.builder.catalogue import compiled
from app.database import db
from app.records.models import RecordRevision
from app.records.reading import read
from app.records.tables import form_table
from forms.answers import is_empty
from forms.difference import differences
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.reading import RecordView
    from app.records.writing import Held
    from forms.definition import Definition
    from forms.difference import Change

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
    if view.scopes <= {"published"}:
        return []
    table = form_table(form_key)
    columns = RecordRevision.__table__.c
    statement = sa.select(*columns).where(columns.record_id == record_id).order_by(columns.no)
    found: list[Revision] = []
    before: Mapping[str, Any] = {}
    for row in db.session.execute(tagged(statement, "history of a record already scoped")):
        form = compiled(form_key, row.form_version_no)
        modes = modes_in(actor, table, "V", view.scopes, definition=form.definition)
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
    """
    columns = RecordRevision.__table__.c
    statement = sa.select(columns.answers).where(columns.record_id == view.id, columns.no == lock_version)
    base = db.session.scalar(tagged(statement, "revision of a record that the actor may change"))
    mine, _ = held.compiled.clean(changes)
    found = []
    for key, value in mine.items():
        theirs = held.answers.get(key)
        if view.modes.get(key, Mode.HIDE) is Mode.HIDE or _alike(value, theirs):
            continue
        if base is not None and (_alike(theirs, base.get(key)) or _alike(value, base.get(key))):
            continue
        found.append({"field": key, "mine": value, "theirs": view.answers.get(key)})
    return found


def _alike(left: Any, right: Any) -> bool:
    return bool(left == right) or (is_empty(left) and is_empty(right))
