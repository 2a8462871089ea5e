"""Posts, organizations, roles and grants as this process knows them, kept with the stamp that they were read under.

Every transaction that changes one of these tables counts the stamp up as the last thing before it commits, so the
lock on the one row is held for a moment only. A request reads the stamp along with its session: where it has moved,
everything kept is dropped, so a change takes effect on the next request in every process. A transaction that has
changed something itself reads past what is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from app.caches import on_clear
from app.database import db
from app.identity.models import AccessStamp, GrantRow, Organization, Post, Resource, RoleDefinition

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Session, SessionTransaction

_T = TypeVar("_T")

#: What :func:`kept` may depend on.
_WATCHED = frozenset({part.__tablename__ for part in (GrantRow, Organization, Post, Resource, RoleDefinition)})
_BY_HAND = re.compile(
    rf"\s*(?:INSERT|UPDATE|DELETE)\b.*\b(?:{'|'.join(sorted(_WATCHED))})\b", re.IGNORECASE | re.DOTALL
)
_STAMP, _CHANGED = "access.stamp", "access.changed"
#: Answers kept at most; a city has more people than are at work in one process at once.
_MOST = 50_000

_COUNT_UP = (
    "INSERT INTO access_stamp (id, value) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET value = access_stamp.value + 1"
)


@dataclass
class _Kept:
    """Answers read under one stamp or after it."""

    stamp: int
    answers: dict[object, Any] = field(default_factory=dict)


_latest: dict[str, _Kept] = {}
on_clear(_latest.clear)


def access_stamp() -> sa.ScalarSelect[int]:
    """Return the stamp as a column of another question; what it answers goes to :func:`note_stamp`."""
    return sa.select(AccessStamp.value).scalar_subquery()


def note_stamp(stamp: int | None) -> None:
    """Keep the stamp that this transaction has read along with something else."""
    db.session().info[_STAMP] = stamp or 0


def kept(key: object, build: Callable[[], _T]) -> _T:
    """Return what *build* reads of the watched tables, from memory while nothing has changed there.

    :param key: names the question; *build* must depend on nothing else. What it returns must not be changed.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted or _CHANGED in session.connection().info:
        return build()
    info = session.info
    if _STAMP not in info:
        info[_STAMP] = session.scalar(sa.select(AccessStamp.value)) or 0
    # Two threads may know different stamps: each fills what belongs to its own.
    latest = _latest.get("access")
    if latest is None or latest.stamp != info[_STAMP] or len(latest.answers) > _MOST:
        latest = _latest["access"] = _Kept(info[_STAMP])
    if key not in latest.answers:
        latest.answers[key] = build()
    found: _T = latest.answers[key]
    return found


@sa.event.listens_for(db.session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_STAMP, None)


def _note_change(
    connection: Connection,
    _cursor: object,
    statement: str,
    _parameters: object,
    context: Any,
    _many: bool,  # noqa: FBT001 - SQLAlchemy calls it so
) -> None:
    if context is not None and context.is_crud:
        changes = context.compiled.statement.table.name in _WATCHED
    else:
        raw = context is None or context.compiled is None or context.is_text
        changes = raw and _BY_HAND.match(statement) is not None
    if changes:
        connection.info[_CHANGED] = True


def _count_up(connection: Connection) -> None:
    if connection.info.pop(_CHANGED, None):
        cursor = connection.connection.cursor()
        cursor.execute(_COUNT_UP)
        cursor.close()


def _undo(connection: Connection) -> None:
    connection.info.pop(_CHANGED, None)


def watch(engine: sa.Engine) -> None:
    """Count the stamp up with every transaction over *engine* that changes what is watched."""
    sa.event.listen(engine, "before_cursor_execute", _note_change)
    sa.event.listen(engine, "commit", _count_up)
    sa.event.listen(engine, "rollback", _undo)
