"""Answers that did not fit their field's new type: kept as they read, shown to who may see them, settled by typing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import Mode
from app.access.query import modes_in, tagged
from app.builder.catalogue import catalogue, definition, touch
from app.database import db, new_id
from app.records.models import Quarantined
from app.records.projection.tables import form_table
from forms.answers.answer import is_empty, rows_of
from forms.field_types import get as field_type
from forms.labels import Label
from forms.versions.upgrading import ASIDE

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.versions.carrying import Motive, Plan

TYPED, UNDONE = "typed", "undone"
_REASON = "answers set aside of records already scoped"


@dataclass(frozen=True, slots=True)
class Aside:
    """An answer that is set aside, as one actor may see it. ``row`` is the number of its row now, if it has one."""

    id: str
    path: str
    row: int | None
    row_id: str | None
    text: str
    masked: bool
    from_type: str
    to_type: str
    from_version_no: int
    reason: Label
    at: datetime


def any_open(form_key: str) -> bool:
    """Tell whether any answer of a form is set aside: asked of the database once per catalogue."""

    def ask() -> bool:
        table = Quarantined.__table__
        statement = sa.select(sa.literal(1)).where(table.c.form_key == form_key, table.c.resolved_at.is_(None)).limit(1)
        return db.session.execute(tagged(statement, _REASON)).first() is not None

    return catalogue().keep(("quarantine", form_key), ask)


def keep(form_key: str, written: Sequence[Plan], motive: Motive, now: datetime) -> int:
    """Set aside what did not fit in records that were just written; return how many answers."""
    rows = [
        {
            "id": new_id(),
            "form_key": form_key,
            "record_id": plan.shell.id,
            "path": step.path,
            "row_id": step.row_id,
            "raw": step.raw,
            "from_type": plan.old.by_path[step.path].field.type,
            "to_type": plan.new.by_path[step.path].field.type,
            "from_version_no": plan.shell.form_version_no,
            "revision_no": plan.shell.head_no + 1,
            "reason": step.reason.message.as_dict() if step.reason is not None else {},
            "conversion_id": motive.conversion_id,
            "job_id": motive.job_id,
            "at": now,
            "resolved_name": "",
        }
        for plan in written
        for step in plan.done.steps
        if step.kind == ASIDE
    ]
    if rows:
        known = any_open(form_key)
        db.session.execute(tagged(sa.insert(Quarantined.__table__), _REASON), rows)
        if not known:
            # Every process asks anew whether there are any.
            touch()
    return len(rows)


def settle(actor: Actor, form_key: str, answers: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Settle what is set aside where somebody has typed an answer, or removed its row.

    :param answers: those of the records that were just written, by id.
    """
    if not answers or not any_open(form_key):
        return
    table = Quarantined.__table__
    waiting = sa.select(table.c.id, table.c.record_id, table.c.path, table.c.row_id).where(
        table.c.record_id.in_(list(answers)), table.c.resolved_at.is_(None)
    )
    done = [
        row.id
        for row in db.session.execute(tagged(waiting, _REASON))
        if not _missing(answers[row.record_id], row.path, row.row_id)
    ]
    if done:
        values = {"resolved_at": now, "resolution": TYPED, "resolved_by": actor.user_id, "resolved_name": actor.name}
        db.session.execute(tagged(sa.update(table).where(table.c.id.in_(done)).values(values), _REASON))


def _missing(answers: Mapping[str, Any], path: str, row_id: str | None) -> bool:
    """Tell whether an answer is still missing; one whose row is gone is not."""
    parent, dot, key = path.rpartition(".")
    if not dot:
        return is_empty(answers.get(path))
    return any(row.get("_row") == row_id and is_empty(row.get(key)) for row in rows_of(answers.get(parent)))


def undo(record_ids: Collection[str], conversion_id: str, now: datetime) -> None:
    """Settle what a conversion had set aside of records that were taken back."""
    table = Quarantined.__table__
    theirs = sa.and_(
        table.c.record_id.in_(list(record_ids)), table.c.conversion_id == conversion_id, table.c.resolved_at.is_(None)
    )
    statement = sa.update(table).where(theirs).values(resolved_at=now, resolution=UNDONE)
    db.session.execute(tagged(statement, _REASON))


def of_views(
    actor: Actor, form_key: str, views: Collection[RecordView], action: str = "V", approved: Collection[str] = ()
) -> dict[str, list[Aside]]:
    """Return what is set aside of records that the actor has read for *action*, by record, each as he may see it.

    :param approved: paths that an approved export request lets leave in plain.
    """
    if not views or not any_open(form_key):
        return {}
    table = Quarantined.__table__
    by_id = {view.id: view for view in views}
    statement = (
        sa.select(table)
        .where(table.c.record_id.in_(list(by_id)), table.c.resolved_at.is_(None))
        .order_by(table.c.record_id, table.c.path, table.c.id)
    )
    found: dict[str, list[Aside]] = {}
    for row in db.session.execute(tagged(statement, _REASON)):
        view = by_id[row.record_id]
        # Of a field that is asked no more, the drawer tells.
        if view.definition.has(row.path) and (shown := _shown(actor, view, row, action, approved)) is not None:
            found.setdefault(row.record_id, []).append(shown)
    return found


def unasked(actor: Actor, form_key: str, view: RecordView) -> list[Aside]:
    """Return what is set aside of fields that a record's version asks for no more, as the actor may see it."""
    if not any_open(form_key):
        return []
    table = Quarantined.__table__
    statement = sa.select(table).where(table.c.record_id == view.id, table.c.resolved_at.is_(None))
    rows = [
        row
        for row in db.session.execute(tagged(statement.order_by(table.c.id), _REASON))
        if not view.definition.has(row.path)
    ]
    return [shown for row in rows if (shown := _shown(actor, view, row, "V")) is not None]


def _shown(actor: Actor, view: RecordView, row: Any, action: str, approved: Collection[str] = ()) -> Aside | None:
    """Return an answer that is set aside as the actor may see it; ``None`` where he may not know of it."""
    table = form_table(row.form_key)
    old = definition(row.form_key, row.from_version_no)
    former = modes_in(actor, table, action, view.scopes - {"published"}, approved=approved, definition=old)
    mode = min(former.get(row.path, Mode.HIDE), view.modes.get(row.path, Mode.PLAIN))
    if mode is Mode.HIDE:
        return None
    masked = mode is not Mode.PLAIN
    item = old.field(row.path)
    text = field_type(item.type).masked(item, row.raw) if masked else row.raw
    return Aside(
        id=row.id,
        path=row.path,
        row=_number(view.answers, row.path, row.row_id),
        row_id=row.row_id,
        text=text if isinstance(text, str) else "***",
        masked=masked,
        from_type=row.from_type,
        to_type=row.to_type,
        from_version_no=row.from_version_no,
        # Why it does not fit may tell of what is masked.
        reason=Label("", "") if masked or not row.reason else Label.of(row.reason),
        at=row.at,
    )


def _number(answers: Mapping[str, Any], path: str, row_id: str | None) -> int | None:
    parent, dot, _ = path.rpartition(".")
    if not dot:
        return None
    return next((no for no, row in enumerate(rows_of(answers.get(parent)), 1) if row.get("_row") == row_id), None)


def open_records(form_key: str, *, after: str = "", limit: int = 100_000) -> list[str]:
    """Return the ids of records of which something is set aside, in order, past the law: the caller applies it."""
    table = Quarantined.__table__
    statement = (
        sa.select(table.c.record_id)
        .where(table.c.form_key == form_key, table.c.resolved_at.is_(None), table.c.record_id > after)
        .distinct()
        .order_by(table.c.record_id)
        .limit(limit)
    )
    return list(db.session.scalars(tagged(statement, _REASON)))


def counted(form_key: str) -> int:
    """Return how many answers of a form are set aside, whosever: a number tells nothing of any record."""
    if not any_open(form_key):
        return 0
    table = Quarantined.__table__
    statement = (
        sa.select(sa.func.count()).select_from(table).where(table.c.form_key == form_key, table.c.resolved_at.is_(None))
    )
    return int(db.session.scalar(tagged(statement, _REASON)) or 0)
