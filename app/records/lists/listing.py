"""Lists of records: the rows in scope, found and ordered only by what the actor sees in plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import require, scope_clause, tagged
from app.database import db
from app.errors import NotAllowed
from app.records.lists import filtering
from app.records.lists.cells import list_rows
from app.records.lists.keyset import cursor, order_of, read_cursor
from app.records.lists.statement import COUNT, Question, base, counting, find
from app.records.lists.summary import sees_aggregates_alone
from app.records.lists.words import ask, condition, holding
from app.records.models import VOID
from app.records.projection.tables import FormTable, form_table
from app.records.reading.record import views
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor

#: Counting stops here unless an exact count is asked for.
CAP = 1_000
LARGEST_PAGE = 200
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
    """A page of records with the cursors of its neighbours.

    ``rows``: each a ``RecordRow`` where columns were asked for, else a ``RecordView``.
    """

    rows: Sequence[Any]
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
    size = min(query.page_size, LARGEST_PAGE)
    start, backwards = read_cursor(query.cursor, order) if query.cursor else (None, query.from_end)
    words = ask(actor, table, "V", query.q) if query.q else None
    values = words.values if words is not None else {}
    exact = query.count == "exact"
    # A filter that finds little may cost much to count by: it is counted only where there is more than one page.
    # What the index knows to fit on one need not be counted at all.
    fits = start is None and words is not None and words.most is not None and words.most <= size
    question = Question(
        order=order.written,
        columns=tuple(columns or ()),
        # One row more than shown tells whether there is a further page.
        limit=size + 1,
        backwards=backwards,
        behind=start is not None,
        counted=None if query.filters or exact or fits else CAP,
        words=words.terms if words is not None else (),
    )
    filtered = _filtered(actor, table, "V", query.filters) if query.filters else None
    rows = find(actor, table, question, values, filtered, start=start)
    if start is not None and not rows:
        rows = find(actor, table, question, values, filtered, start=start, lost=True)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if more or start is not None:
        if rows and question.counted is not None:
            count = rows[0]._mapping[COUNT]
        else:
            conditions = base(table) if filtered is None else filtered
            if words is not None:
                conditions = [*conditions, holding(actor, table, "V", words.terms)]
            counted = sa.select(counting(actor, table, conditions, None if exact else CAP))
            count = db.session.scalar(tagged(counted, "scoped by access.query"), values) or 0
        capped = not exact and count > CAP
    else:
        # The only page holds them all.
        count, capped = len(rows), False
    before = more if backwards else start is not None
    after = start is not None if backwards else more
    shown: Sequence[Any]
    if columns is None:
        shown = list(views(actor, table, "V", [dict(row._mapping) for row in rows]).values())
    else:
        shown = list_rows(actor, table, rows, columns)
    return Page(
        rows=shown,
        count=count,
        count_capped=capped,
        next=cursor(order, rows[-1][0], backwards=False) if rows and after else None,
        previous=cursor(order, rows[0][0], backwards=True) if rows and before else None,
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
    found = _filtered(actor, table, action, filters)
    words = condition(actor, table, action, q) if q else None
    return found if words is None else [*found, words]


def _filtered(
    actor: Actor, table: FormTable, action: str, filters: Sequence[Mapping[str, Any]]
) -> list[sa.ColumnElement[bool]]:
    void = any(item.get("field") == "_state" and _speaks_of_void(item.get("value")) for item in filters)
    return [*base(table, void=void), *filtering.conditions(actor, table, action, filters)]


def _speaks_of_void(value: Any) -> bool:
    return VOID in value if isinstance(value, list) else value == VOID
