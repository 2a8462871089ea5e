"""Lists of records: the rows in scope, found and ordered only by what the actor sees in plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import require, scope_branches, scope_clause, select_rows, tagged
from app.database import db
from app.errors import NotAllowed
from app.records.lists import filtering, search
from app.records.lists.cells import list_rows
from app.records.lists.keyset import Order, cursor, order_of, read_cursor
from app.records.lists.summary import sees_aggregates_alone
from app.records.models import VOID
from app.records.projection.tables import FormTable, form_table
from app.records.reading.record import SHELL, views
from app.records.writing import duplicates
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.records.lists.cells import RecordRow
    from app.records.lists.keyset import Stretch
    from app.records.reading.record import RecordView

#: Counting stops here unless an exact count is asked for.
CAP = 1_000
LARGEST_PAGE = 200
#: The column that carries the count along with the rows.
_COUNT = "_count"
#: How many ids one statement fetches when all of them are wanted.
CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for. ``filters``: ``{"field", "op", "value"}``; ``count``: ``capped`` or ``exact``."""

    page_size: int = 50
    cursor: str | None = None
    from_end: bool = False
    order: str | None = None
    q: str = ""
    filters: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    count: str = "capped"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records with the cursors of its neighbours."""

    rows: Sequence[RecordRow | RecordView]
    count: int
    count_capped: bool
    next: str | None
    previous: str | None


ONLY_AGGREGATES = Label(
    "您只能查看汇总，不能逐份查看。", "You may see aggregates of these records, and none of them singly."
)
#: The answer to what cannot be asked.
NOTHING = Page(rows=(), count=0, count_capped=False, next=None, previous=None)


def page(actor: Actor, form_key: str, query: ListQuery, *, columns: Sequence[str] | None = None) -> Page:
    """Return a page of the records in view, with the answers of *columns*, or all answers.

    Raises ``NotFound``, ``NotAllowed`` and ``BadRequest`` (a filter, an order or a cursor that is not possible).
    """
    table = form_table(form_key)
    require(actor, table.resource, "V")
    if sees_aggregates_alone(actor, table.resource):
        raise NotAllowed(ONLY_AGGREGATES, code="aggregates_only")
    order = order_of(actor, table, "V", query.order)
    conditions = _conditions(actor, table, "V", query.q, query.filters)
    size = min(query.page_size, LARGEST_PAGE)
    start, backwards = read_cursor(query.cursor, order) if query.cursor else (None, query.from_end)
    exact = query.count == "exact"
    counting = _counting(actor, table, conditions, exact=exact)
    # A filter that finds little may cost much to count by: it is counted only where there is more than one page.
    counted = None if query.filters or exact else counting
    # One row more than shown tells whether there is a further page.
    find = partial(
        _rows,
        actor,
        table,
        order,
        conditions,
        limit=size + 1,
        start=start,
        backwards=backwards,
        columns=columns,
        counted=counted,
    )
    rows = find()
    if start is not None and not rows:
        rows = find(lost=True)
    more, rows = len(rows) > size, list(rows[:size])
    if backwards:
        rows.reverse()
    if more or start is not None:
        if rows and counted is not None:
            count = rows[0][_COUNT]
        else:
            count = db.session.scalar(tagged(sa.select(counting), "scoped by access.query")) or 0
        capped = not exact and count > CAP
    else:
        # The only page holds them all.
        count, capped = len(rows), False
    before = more if backwards else start is not None
    after = start is not None if backwards else more
    shown: Sequence[RecordRow | RecordView]
    if columns is None:
        found = views(actor, table, "V", rows)
        shown = [found[row["_id"]] for row in rows]
    else:
        shown = list_rows(actor, table, rows, columns)
    return Page(
        rows=shown,
        count=count,
        count_capped=capped,
        next=cursor(order, rows[-1]["_id"], backwards=False) if rows and after else None,
        previous=cursor(order, rows[0]["_id"], backwards=True) if rows and before else None,
    )


def ids(
    actor: Actor,
    form_key: str,
    *,
    q: str = "",
    filters: Sequence[Mapping[str, Any]] = (),
    order: str | None = None,
    action: str = "E",
    begun_by: datetime | None = None,
) -> list[str]:
    """Return the ids of all records on which the actor may do *action*, in order: what an export freezes.

    :param begun_by: leave out records that were begun later.

    Raises what :func:`page` raises.
    """
    table = form_table(form_key)
    require(actor, table.resource, action)
    sorting = order_of(actor, table, action, order)
    main = table.main
    statement = sa.select(main.c._id).where(
        scope_clause(actor, table, action), *_conditions(actor, table, action, q, filters)
    )
    if begun_by is not None:
        statement = statement.where(main.c._created_at <= begun_by)
    ordered = statement.order_by(*sorting.by()).execution_options(yield_per=CHUNK)
    return list(db.session.scalars(tagged(ordered, "scoped by access.query")))


def count(
    actor: Actor, form_key: str, *, q: str = "", filters: Sequence[Mapping[str, Any]] = (), action: str = "E"
) -> int:
    """Return how many records :func:`ids` would find. Raises what :func:`page` raises."""
    table = form_table(form_key)
    require(actor, table.resource, action)
    conditions = _conditions(actor, table, action, q, filters)
    statement = sa.select(sa.func.count()).select_from(table.main)
    statement = statement.where(scope_clause(actor, table, action), *conditions)
    return db.session.scalar(tagged(statement, "scoped by access.query")) or 0


def _conditions(
    actor: Actor, table: FormTable, action: str, q: str, filters: Sequence[Mapping[str, Any]]
) -> list[sa.ColumnElement[bool]]:
    main = table.main
    found: list[sa.ColumnElement[bool]] = [main.c._batch.is_(None)]
    if not any(item.get("field") == "_state" and _speaks_of_void(item.get("value")) for item in filters):
        found.append(main.c._state != VOID)
    found += filtering.conditions(actor, table, action, filters)
    words = search.condition(actor, table, action, q) if q else None
    return found if words is None else [*found, words]


def _speaks_of_void(value: Any) -> bool:
    return VOID in value if isinstance(value, list) else value == VOID


def _rows(
    actor: Actor,
    table: FormTable,
    order: Order,
    conditions: Sequence[sa.ColumnElement[bool]],
    *,
    limit: int,
    start: str | None,
    backwards: bool,
    columns: Sequence[str] | None,
    counted: sa.ScalarSelect[int] | None,
    lost: bool = False,
) -> list[Mapping[str, Any]]:
    """Return rows with the shell's columns and those of *columns*, in the direction of travel.

    :param counted: what counts them, asked along with them: the database answers it once.
    """
    shown = [*SHELL, *(name for name in columns or () if name not in SHELL)]
    statement = _with_labels(table, select_rows(actor, table, "V", columns=shown), shown)
    if duplicates.told(actor, table):
        statement = statement.add_columns(duplicates.mark(actor, table).label(duplicates.NAME))
    if counted is not None:
        statement = statement.add_columns(counted.label(_COUNT))
    place = None if start is None else _place(actor, table, order, start, lost=lost)
    if start is not None and place is None:
        # It went out of sight meanwhile: ids begin with the time, so the list goes on somewhere near.
        conditions = [*conditions, order.key < start if order.descending != backwards else order.key > start]
    found: list[Mapping[str, Any]] = []
    for stretch in order.stretches(place, backwards=backwards):
        more = _stretch(actor, table, statement, stretch, conditions, limit=limit - len(found))
        found += db.session.execute(more).mappings()
        if len(found) == limit:
            break
    return found


def _stretch(
    actor: Actor,
    table: FormTable,
    statement: sa.Select[Any],
    stretch: Stretch,
    conditions: Sequence[sa.ColumnElement[bool]],
    *,
    limit: int,
) -> sa.Select[Any]:
    """Return *statement* reduced to the first rows of a stretch."""
    main, wanted, by = table.main, [*conditions, *stretch.where], stretch.by
    branches = scope_branches(actor, table, "V")
    if len(branches) > 1:
        # Each branch is served by its own index; one OR over all of them is not.
        keys = [
            sa.select(main.c._id.label("_id")).where(branch, *wanted).order_by(*by).limit(limit).subquery()
            for branch in branches
        ]
        united = sa.union(*(sa.select(part.c._id) for part in keys)).subquery()
        statement = statement.where(main.c._id.in_(sa.select(united.c._id)))
    else:
        statement = statement.where(*wanted)
    return statement.order_by(*by).limit(limit)


def _with_labels(table: FormTable, statement: sa.Select[Any], shown: Sequence[str]) -> sa.Select[Any]:
    """Add the texts that stand beside their columns, such as the labels of references."""
    labels = [
        table.text_column(name).label(f"{name}__text")
        for name in shown
        if not name.startswith("_") and field_type(table.definition.field(name).type).labelled
    ]
    return statement.add_columns(*labels) if labels else statement


def _place(actor: Actor, table: FormTable, order: Order, record_id: str, *, lost: bool) -> tuple[Any, str] | None:
    """Return value and id of a record, looked up within the actor's scope alone; ``None`` where it is out of sight.

    :param lost: nothing was found behind it, so look whether it is there.
    """
    key = table.main.c._id
    value = sa.select(order.column).where(key == record_id, scope_clause(actor, table, "V"))
    if not order.nullable and not lost:
        # No question of its own: behind a record that is not there stands nothing.
        return value.scalar_subquery(), record_id
    row = db.session.execute(tagged(value, "scoped by access.query")).first()
    return None if row is None else (row[0], record_id)


def _counting(
    actor: Actor, table: FormTable, conditions: Sequence[sa.ColumnElement[bool]], *, exact: bool
) -> sa.ScalarSelect[int]:
    """Return what counts the records; unless *exact*, counting stops behind the cap."""
    rows: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table.main)
    rows = rows.where(scope_clause(actor, table, "V"), *conditions)
    some = (rows if exact else rows.limit(CAP + 1)).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
