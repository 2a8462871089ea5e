"""Unique keys: refused inside the own organization, flagged and never told across the city."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, lock_words
from app.errors import Invalid
from app.records.models import VOID
from app.records.projection.schema import unique_name
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.exc import IntegrityError

    from app.records.projection.tables import FormTable
    from forms.definition import NoOverlap, Unique


def _values(table: FormTable, unique: Unique, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the columns of a unique key with their values; ``None`` where one is empty: that collides with nothing."""
    found = {table.key_column(key).name: row.get(table.key_column(key).name) for key in unique.fields}
    return None if any(value is None for value in found.values()) else found


def _colliding(table: FormTable, values: Mapping[str, Any], row: Mapping[str, Any], *, own: bool) -> bool:
    main = table.main
    organization = main.c._organization == row["_organization"]
    statement = (
        sa.select(sa.literal(1))
        .select_from(main)
        .where(
            *(main.c[name] == value for name, value in values.items()),
            organization if own else sa.not_(organization),
            main.c._id != row["_id"],
            main.c._submitted_at.is_not(None),
            main.c._state != VOID,
        )
        .limit(1)
    )
    return db.session.execute(tagged(statement, "unique keys")).first() is not None


def duplicate(table: FormTable, unique: Unique) -> Problem:
    """Return the problem of a collision inside the organization; it names the fields."""
    labels = [table.definition.key_label(key) for key in unique.fields]
    zh, en = "、".join(label.zh for label in labels), ", ".join(label.get("en") for label in labels)
    text = Label(
        f"本单位已提交过{zh}相同的记录，请核对或修改原记录",
        f"Your organization has already submitted a record with the same {en}; check it or change that record",
    )
    return Problem(unique.place, None, "duplicate", text)


def broken(table: FormTable, error: IntegrityError) -> Exception:
    """Return the error for a unique index that refused a row, when two were faster than the look before."""
    text = str(error.orig)
    keys = [
        unique
        for unique in table.definition.unique
        # PostgreSQL names the index, SQLite its columns.
        if unique_name(table, unique) in text
        or text.endswith(", ".join(f"{table.main.name}.{table.key_column(key).name}" for key in unique.fields))
    ]
    return Invalid(code="duplicate", errors=[duplicate(table, unique) for unique in keys]) if keys else error


def check(table: FormTable, row: Mapping[str, Any]) -> bool:
    """Return whether a row about to be submitted must be flagged. Raises ``Invalid`` for an own duplicate.

    :param row: its projection.
    """
    problems: list[Problem] = []
    flagged = False
    for unique in table.definition.unique:
        values = _values(table, unique, row)
        if values is None:
            continue
        if _colliding(table, values, row, own=True):
            problems.append(duplicate(table, unique))
        elif unique.city_wide:
            _serialise(table, values)
            flagged = _colliding(table, values, row, own=False) or flagged
    if problems:
        raise Invalid(code="duplicate", errors=problems)
    for taken in table.definition.no_overlap:
        _require_free(table, taken, row)
    return flagged


def _require_free(table: FormTable, taken: NoOverlap, row: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` where another record has taken the same at the same time, whosever; it tells only when.

    One ends when the next begins: what meets does not overlap.
    """
    names = {key: table.key_column(key).name for key in (*taken.fields, taken.start, taken.end)}
    values = {names[key]: row.get(names[key]) for key in taken.fields}
    start, end = row.get(names[taken.start]), row.get(names[taken.end])
    if start is None or end is None or any(value is None for value in values.values()):
        return
    if row["_state"] in taken.free:
        return
    _serialise(table, values)
    main = table.main
    begins, ends = main.c[names[taken.start]], main.c[names[taken.end]]
    statement = (
        sa.select(begins, ends)
        .where(
            *(main.c[name] == value for name, value in values.items()),
            begins < end,
            ends > start,
            main.c._id != row["_id"],
            main.c._submitted_at.is_not(None),
            main.c._state.not_in([VOID, *taken.free]),
        )
        .order_by(begins)
        .limit(1)
    )
    other = db.session.execute(tagged(statement, "what is taken, told by its time alone")).first()
    if other is not None:
        times = [_shown(table, key, value) for key, value in zip((taken.start, taken.end), other, strict=True)]
        text = Label(
            f"与已有的安排时间重叠：{times[0]} 至 {times[1]}，请另选时间",
            f"Overlaps with what is taken already, {times[0]} to {times[1]}; choose another time",
        )
        raise Invalid(code="overlap", errors=[Problem(taken.start, None, "overlap", text)])


def _shown(table: FormTable, key: str, value: Any) -> str:
    item = table.definition.field(key)
    return field_type(item.type).display(item, value, "zh", None)


def flag_among(table: FormTable, rows: Iterable[dict[str, Any]]) -> None:
    """Flag those of some rows, written together, that collide over the city with one before them in the same lot.

    :param rows: projections of records that count as submitted, of which :func:`check` sees no other of the lot.
    """
    holders: defaultdict[tuple[Any, ...], set[int]] = defaultdict(set)
    wide = [(number, unique) for number, unique in enumerate(table.definition.unique) if unique.city_wide]
    for row in rows:
        for number, unique in wide:
            values = _values(table, unique, row)
            if values is None:
                continue
            before = holders[number, *values.values()]
            row["_flagged"] = row["_flagged"] or bool(before - {row["_organization"]})
            before.add(row["_organization"])


def _serialise(table: FormTable, values: Mapping[str, Any]) -> None:
    """Let two submissions of the same city-wide key see each other."""
    lock_words(table.form_key, *(f"{name}={value}" for name, value in sorted(values.items())))
