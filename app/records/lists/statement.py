"""The statements of a page: rows by the law, found, ordered, and counted along.

Putting one together costs more than the database takes to answer it. So it is kept for the actor and the kind of his
question, and what differs from one question to the next is a parameter of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access import law
from app.access.query import scope_branches, scope_clause, select_rows, tagged
from app.caches import Itself, on_clear
from app.database import by_itself, db
from app.records.lists.keyset import order_of
from app.records.lists.words import holding
from app.records.models import VOID
from app.records.reading.record import SHELL
from app.records.writing import duplicates
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from app.access.actor import Actor
    from app.records.lists.keyset import Order, Place, Stretch
    from app.records.lists.words import Term
    from app.records.projection.tables import FormTable

Condition = sa.ColumnElement[bool]

#: The column that carries the count along with the rows.
COUNT = "_count"
#: The parameter that names the record behind which a page begins.
BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Question:
    """All that the statements of a page depend on besides actor, form and day.

    ``counted``: the records are counted along with the rows, up to one more than so many; ``None``: they are not.
    """

    order: str
    columns: tuple[str, ...]
    limit: int
    backwards: bool = False
    behind: bool = False
    counted: int | None = None
    words: tuple[Term, ...] = ()


def base(table: FormTable, *, void: bool = False) -> list[Condition]:
    """Return the conditions of every list; *void*: records that were declared void are in it."""
    main = table.main
    return [main.c._batch.is_(None), *([] if void else [main.c._state != VOID])]


def find(
    actor: Actor,
    table: FormTable,
    question: Question,
    values: Mapping[str, Any],
    conditions: Sequence[Condition] | None = None,
    *,
    start: str | None = None,
    lost: bool = False,
) -> list[sa.Row[Any]]:
    """Return rows with the shell's columns and those of the question, in the direction of travel.

    :param values: those of its words.
    :param conditions: of what is asked for besides the words, where that is more than :func:`base`.
    :param start: the record behind which they stand.
    :param lost: nothing was found behind it, so look whether it is there.
    """
    values = values if start is None else {**values, BEHIND: start}
    order = order_of(actor, table, "V", question.order)
    # No question of its own: behind a record that is not there stands nothing. What may have no value is asked first.
    told = start is None or not (order.nullable or lost)
    if told and conditions is None:
        statements = _kept(Itself(actor), table, law.day(), question)
    else:
        wanted = base(table) if conditions is None else conditions
        place: Place | None = _behind(actor, table, order) if start is not None else None
        if start is not None and not told:
            place = _looked_up(actor, table, order, start)
            if place is None:
                # It went out of sight meanwhile: ids begin with the time, so the list goes on somewhere near.
                down = order.descending != question.backwards
                wanted = [*wanted, order.key < start if down else order.key > start]
        statements = _statements(actor, table, question, order, conditions=wanted, place=place)
    found: list[sa.Row[Any]] = []
    for statement in statements:
        with by_itself() as connection:
            found += connection.execute(statement, values).all()
        if len(found) >= question.limit:
            break
    return found[: question.limit]


@lru_cache(maxsize=256)
def _kept(actor: Itself[Actor], table: FormTable, _day: date, question: Question) -> tuple[sa.Select[Any], ...]:
    # The day is one that the law itself asks for: publication ends.
    order = order_of(actor.it, table, "V", question.order)
    place = _behind(actor.it, table, order) if question.behind else None
    return _statements(actor.it, table, question, order, conditions=base(table), place=place)


on_clear(_kept.cache_clear)


def _statements(
    actor: Actor,
    table: FormTable,
    question: Question,
    order: Order,
    *,
    conditions: Sequence[Condition],
    place: Place | None,
) -> tuple[sa.Select[Any], ...]:
    """Return what asks for each stretch of the list, to be asked one after the other until there is enough."""
    shown = [*SHELL, *(name for name in question.columns if name not in SHELL)]
    statement = _with_labels(table, select_rows(actor, table, "V", columns=shown), shown)
    if duplicates.told(actor, table):
        statement = statement.add_columns(duplicates.mark(actor, table).label(duplicates.NAME))
    if question.words:
        conditions = [*conditions, holding(actor, table, "V", question.words)]
    if question.counted is not None:
        statement = statement.add_columns(counting(actor, table, conditions, question.counted).label(COUNT))
    return tuple(
        _stretch(actor, table, statement, stretch, conditions, limit=question.limit)
        for stretch in order.stretches(place, backwards=question.backwards)
    )


def _stretch(
    actor: Actor,
    table: FormTable,
    statement: sa.Select[Any],
    stretch: Stretch,
    conditions: Sequence[Condition],
    *,
    limit: int,
) -> sa.Select[Any]:
    """Return *statement* reduced to the first rows of a stretch."""
    main, wanted, by = table.main, [*conditions, *stretch.where], stretch.by
    branches = scope_branches(actor, table, "V")
    # In the text: the database plans for so many rows once and for all.
    first: sa.ColumnElement[int] = sa.literal_column(str(limit))
    if len(branches) > 1:
        # Each branch is served by its own index; one OR over all of them is not.
        keys = [
            sa.select(main.c._id.label("_id")).where(branch, *wanted).order_by(*by).limit(first).subquery()
            for branch in branches
        ]
        united = sa.union(*(sa.select(part.c._id) for part in keys)).subquery()
        statement = statement.where(main.c._id.in_(sa.select(united.c._id)))
    else:
        statement = statement.where(*wanted)
    return statement.order_by(*by).limit(first)


def _with_labels(table: FormTable, statement: sa.Select[Any], shown: Sequence[str]) -> sa.Select[Any]:
    """Add the texts that stand beside their columns, such as the labels of references."""
    labels = [
        table.text_column(name).label(f"{name}__text")
        for name in shown
        if not name.startswith("_") and field_type(table.definition.field(name).type).labelled
    ]
    return statement.add_columns(*labels) if labels else statement


def _behind(actor: Actor, table: FormTable, order: Order) -> Place:
    """Return the place of the record that the parameter names, looked up within the actor's scope alone."""
    key = sa.bindparam(BEHIND, type_=order.key.type)
    return _value(actor, table, order, key).scalar_subquery(), key


def _looked_up(actor: Actor, table: FormTable, order: Order, record_id: str) -> Place | None:
    """Return value and id of a record; ``None`` where it is out of sight."""
    statement = tagged(_value(actor, table, order, record_id), "scoped by access.query")
    row = db.session.execute(statement).first()
    return None if row is None else (row[0], record_id)


def _value(actor: Actor, table: FormTable, order: Order, record_id: Any) -> sa.Select[Any]:
    return sa.select(order.column).where(table.main.c._id == record_id, scope_clause(actor, table, "V"))


def counting(actor: Actor, table: FormTable, conditions: Sequence[Condition], cap: int | None) -> sa.ScalarSelect[int]:
    """Return what counts the records; counting stops behind *cap*."""
    rows: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table.main)
    rows = rows.where(scope_clause(actor, table, "V"), *conditions)
    some = (rows if cap is None else rows.limit(sa.literal_column(str(cap + 1)))).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
