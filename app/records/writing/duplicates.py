"""Records of different organizations that one unique key over the whole city takes for the same thing.

Nobody is refused for it, and nobody who fills is told. Who may approve both records sees that they may be one thing,
and says that they are not, or declares one of them void. Of two such records at least the one written last is flagged
in the projection; what is shown is always asked of the rows as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.law import KeyColumns, any_scope, row_rules
from app.access.query import require, tagged
from app.builder.catalogue import head
from app.database import db, lock_words, utcnow
from app.errors import Invalid, NotFound
from app.records.models import VOID, RecordDistinct
from app.records.projection.tables import form_table
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable

#: What a list is filtered by, and the action whose holders see collisions.
NAME, REVIEW = "_duplicate", "A"
LONGEST_NOTE = 500
_REASON = "collisions between records of which the actor may approve both"


@dataclass(frozen=True, slots=True)
class Other:
    """The other record of a collision: what its reviewer is shown of it besides a link."""

    id: str
    serial: str
    state: str
    organization: dict[str, Any]


def told(actor: Actor, table: FormTable) -> bool:
    """Tell whether the actor reviews this form and collisions over the city can be: only then is there anything."""
    wide = any(unique.city_wide for unique in table.definition.unique)
    return wide and actor.can(table.resource, "V") and bool(row_rules(actor, table.resource, REVIEW))


def _reach(actor: Actor, table: FormTable, part: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of the rows that the actor both sees and may approve."""
    keys = KeyColumns.of(part)
    return sa.and_(
        *(
            any_scope(actor, [rule.scope for rule in row_rules(actor, table.resource, one)], keys)
            for one in ("V", REVIEW)
        )
    )


def _lives(part: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(part.c._submitted_at.is_not(None), part.c._state != VOID, part.c._batch.is_(None))


def _collide(actor: Actor, table: FormTable, one: sa.FromClause, other: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that two rows collide, undecided, and that the actor reaches both."""
    keys = [
        sa.and_(*(one.c[name] == other.c[name] for name in (table.column(key).name for key in unique.fields)))
        for unique in table.definition.unique
        if unique.city_wide
    ]
    distinct = RecordDistinct.__table__.c
    decided = (
        sa.select(sa.literal(1))
        .where(
            sa.or_(
                sa.and_(distinct.record_id == one.c._id, distinct.other_id == other.c._id),
                sa.and_(distinct.record_id == other.c._id, distinct.other_id == one.c._id),
            )
        )
        .exists()
    )
    return sa.and_(
        sa.or_(*keys),
        one.c._organization != other.c._organization,
        sa.or_(one.c._flagged, other.c._flagged),
        _lives(one),
        _lives(other),
        _reach(actor, table, one),
        _reach(actor, table, other),
        sa.not_(decided),
    )


def mark(actor: Actor, table: FormTable) -> sa.ColumnElement[bool]:
    """Return whether a row of the main table is one of a collision that the actor is told of."""
    other = table.main.alias("other")
    return sa.select(sa.literal(1)).where(_collide(actor, table, table.main, other)).correlate(table.main).exists()


def condition(actor: Actor, table: FormTable) -> sa.ColumnElement[bool]:
    """Return the same for a filter: found from the flagged rows, which are few."""
    one, other = table.main.alias("flagged"), table.main.alias("other")
    pairs = sa.select(one.c._id.label("one"), other.c._id.label("other")).where(
        one.c._flagged, _collide(actor, table, one, other)
    )
    found = pairs.subquery()
    return table.main.c._id.in_(sa.union_all(sa.select(found.c.one), sa.select(found.c.other)))


def of(actor: Actor, form_key: str, record_ids: Collection[str]) -> dict[str, list[Other]]:
    """Return the other records of the collisions of these records that the actor is told of, by id."""
    table = form_table(form_key)
    if not record_ids or not told(actor, table):
        return {}
    main, other = table.main, table.main.alias("other")
    shown = (other.c._id, other.c._serial, other.c._state, other.c._organization, other.c._organization_name)
    statement = (
        sa.select(main.c._id.label("mine"), *shown)
        .where(main.c._id.in_(record_ids), _collide(actor, table, main, other))
        .order_by(other.c._id)
    )
    found: dict[str, list[Other]] = {}
    for row in db.session.execute(tagged(statement, _REASON)):
        organization = {"id": row._organization, "name": row._organization_name}
        found.setdefault(row.mine, []).append(Other(row._id, row._serial, row._state, organization))
    return found


def dismiss(actor: Actor, form_key: str, record_id: str, other_id: str, note: str) -> Sequence[Other]:
    """Say that two records speak of two things, for good; return what *record_id* still collides with.

    Raises ``NotAllowed`` (no reviewer of this form), ``NotFound`` (no such collision that the actor is told of: it may
    have been decided by somebody else meanwhile) and ``Invalid`` without a note.
    """
    require(actor, head(form_key).resource, REVIEW)
    first, second = sorted((record_id, other_id))
    lock_words("distinct", first, second)
    if all(item.id != other_id for item in of(actor, form_key, [record_id]).get(record_id, ())):
        raise NotFound
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        text = Label(
            f"请说明为什么不是重复（不超过 {LONGEST_NOTE} 字）",
            f"Say why they are not one, in at most {LONGEST_NOTE} characters",
        )
        raise Invalid(errors=[Problem("note", None, "required", text)])
    decision = {
        "record_id": first,
        "other_id": second,
        "note": note,
        "author_id": actor.user_id,
        "author_name": actor.name,
        "at": utcnow(),
    }
    db.session.execute(tagged(sa.insert(RecordDistinct.__table__), _REASON), [decision])
    audit.record(
        actor,
        "duplicate_dismissed",
        object_type="record",
        object_id=record_id,
        detail={"form": form_key, "other": other_id},
    )
    return of(actor, form_key, [record_id]).get(record_id, [])
