"""What those see of a form who may see no single record of it: counts and averages over at least five.

Only whole steps of five records are summed up, in the order of the days on which they were handed in, and none of the
present day. So what is shown at one time and at another, of a group and of the whole, or to one actor and to
another, differs by five records or by none: no difference tells of one. A question that not everybody answers is
summed up over whole steps of five answers, in the same order: a mean over a single answer would be that answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import today
from app.access.law import KeyColumns, any_scope
from app.access.query import require, tagged
from app.database import db
from app.errors import NotAllowed
from app.records.models import VOID
from app.records.projection.tables import form_table
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.definition import Definition, Field

FEWEST = 5
#: Classes of fields that are summed up; nobody's name, number or secret.
_SHOWN = frozenset({"public", "internal"})
#: Options of a field beyond these are not told apart.
_MOST_OPTIONS = 60
_REASON = "aggregates over rows in scope, never fewer than five"


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """One field: how many answered, how often each choice, the mean of a number."""

    item: Field
    answered: int
    choices: Mapping[str, int] = field(default_factory=dict)
    mean: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Records that share the fixed answer of their codes; only such of which there are enough."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What may be told: over how many records, or that there are too few."""

    records: int
    fields: Sequence[FieldSummary]
    groups: Sequence[Group]
    group: str

    @property
    def enough(self) -> bool:
        """Whether there is anything to tell."""
        return self.records >= FEWEST


def sees_aggregates_alone(actor: Actor, resource: str) -> bool:
    """Tell whether the actor may view records of *resource*, and none of them singly."""
    rules = actor.rules(resource, "V")
    return bool(rules) and all(rule.mode == "anon" for rule in rules)


def told(table: FormTable) -> set[str]:
    """Return the ids of anonymous records that may be told singly, to who sees single ones at all.

    The same rule as for sums: whole steps of five, of those who share the fixed answer of their codes, in the order
    of days, none of the present day.
    """
    main, by = table.main, _grouped_by(table.definition, table)
    group = table.column(by.key) if by is not None else sa.null()
    statement = sa.select(group, main.c._id).where(_handed_in(table))
    statement = statement.order_by(group, main.c._submitted_at, main.c._id).execution_options(yield_per=2_000)
    found: set[str] = set()
    waiting: list[str] = []
    present: Any = None
    for value, record_id in db.session.execute(tagged(statement, _REASON)):
        if value != present:
            present = value
            waiting.clear()
        waiting.append(record_id)
        if len(waiting) == FEWEST:
            found.update(waiting)
            waiting.clear()
    return found


def _handed_in(table: FormTable) -> sa.ColumnElement[bool]:
    """Return the condition of records that count: handed in on a day that is over, to which nothing is added."""
    over = datetime.combine(today(), time()).astimezone()
    main = table.main
    return sa.and_(
        main.c._batch.is_(None),
        main.c._state != VOID,
        main.c._submitted_at.is_not(None),
        main.c._submitted_at < over,
    )


def summary(actor: Actor, form_key: str, group: str = "") -> Summary:
    """Return the aggregates of the records in the actor's scope.

    :param group: only of records with this fixed answer.
    Raises ``NotFound`` (no such form) and ``NotAllowed`` (no grant on aggregates).
    """
    table = form_table(form_key)
    require(actor, table.resource, "V")
    scopes = [rule.scope for rule in actor.rules(table.resource, "V") if rule.mode == "anon"]
    if not scopes:
        raise NotAllowed
    main = table.main
    condition = sa.and_(any_scope(actor, scopes, KeyColumns.of(main)), _handed_in(table))
    form = table.definition
    by = _grouped_by(form, table)
    groups = _groups(table, condition, by) if by is not None else []
    if by is not None and group:
        condition = sa.and_(condition, table.column(by.key) == group)
    found = db.session.scalar(tagged(sa.select(sa.func.count()).select_from(main).where(condition), _REASON)) or 0
    used = found - found % FEWEST
    fields = [item for item in form.fields if _summed(table, item)] if used else []
    return Summary(used, _fields(table, condition, fields, used), groups, group)


def _grouped_by(form: Definition, table: FormTable) -> Field | None:
    fixed = form.visitors.fixed if form.visitors is not None else ()
    return next((form.field(key) for key in fixed if key in table.columns), None)


def _groups(table: FormTable, condition: sa.ColumnElement[bool], by: Field) -> list[Group]:
    column, label = table.column(by.key), table.text_column(by.key)
    statement = (
        sa.select(column, sa.func.max(label))
        .where(condition, column.is_not(None))
        .group_by(column)
        .having(sa.func.count() >= FEWEST)
        .order_by(sa.func.max(label), column)
    )
    return [Group(str(row[0]), str(row[1])) for row in db.session.execute(tagged(statement, _REASON))]


def _summed(table: FormTable, item: Field) -> bool:
    return not item.fields and item.class_ in _SHOWN and item.key in table.columns


def _fields(
    table: FormTable, condition: sa.ColumnElement[bool], fields: Sequence[Field], used: int
) -> list[FieldSummary]:
    if not fields:
        return []
    main = table.main
    statement = (
        sa.select(*(table.column(item.key) for item in fields))
        .where(condition)
        .order_by(main.c._submitted_at, main.c._id)
        .limit(used)
        .execution_options(yield_per=2_000)
    )
    columns: list[Counter[Any]] = [Counter() for _ in fields]
    totals = [Decimal(0)] * len(fields)
    answered = [0] * len(fields)
    waiting: list[list[Any]] = [[] for _ in fields]
    for row in db.session.execute(tagged(statement, _REASON)):
        for number, value in enumerate(row):
            if value is None or value == []:
                continue
            waiting[number].append(value)
            if len(waiting[number]) < FEWEST:
                continue
            item = fields[number]
            answered[number] += FEWEST
            columns[number].update(code for one in waiting[number] for code in _codes(item, one))
            if _measured(item):
                totals[number] += sum(Decimal(str(one)) for one in waiting[number])
            waiting[number].clear()
    return [
        FieldSummary(
            item,
            answered[number],
            dict(columns[number].most_common(_MOST_OPTIONS)) if _counted(item) else {},
            (totals[number] / answered[number]).quantize(Decimal("0.01"))
            if _measured(item) and answered[number]
            else None,
        )
        for number, item in enumerate(fields)
    ]


def _codes(item: Field, value: Any) -> list[str]:
    """Return what is counted of an answer."""
    if isinstance(value, list):
        return [str(one) for one in value]
    if not _counted(item):
        return []
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _counted(item: Field) -> bool:
    """Tell whether answers are choices, to be counted each."""
    return field_type(item.type).counted


def _measured(item: Field) -> bool:
    return field_type(item.type).column_kind in {"integer", "numeric"}
