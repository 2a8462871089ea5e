"""How many records and drafts each change of a form touches: counted in one question per table, not per change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.records.lists.filtering import holds
from app.records.projection.tables import form_table
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.records.projection.tables import FormTable
    from forms.answers.difference import DefinitionChange
    from forms.definition import Definition

#: How many columns one question counts; the databases take some 1,600.
_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class Tally:
    """Submitted records and drafts that a change touches, of all that the form has."""

    records: int
    drafts: int
    all_records: int
    all_drafts: int

    @property
    def empty(self) -> int:
        """Submitted records without an answer."""
        return self.all_records - self.records


def tallies(form_key: str, old: Definition, new: Definition, changes: Sequence[DefinitionChange]) -> list[Tally]:
    """Return a tally per change of *old* (what is published) into *new*.

    Where a field is changed, those count that have an answer in it; where options are retired, those that have one of
    these; else all. Rows are counted whosever they are: the numbers say nothing of any one of them.
    """
    table = form_table(form_key)
    wanted = {change: _condition(table, old, new, change) for change in changes}
    whole = _counted(table.main, table.main, {None: sa.true()})[None]
    found: dict[Any, tuple[int, int]] = {}
    sources = {source for source, _ in wanted.values() if source is not None}
    for source in sources:
        items = [(change, condition) for change, (at, condition) in wanted.items() if at is source]
        for start in range(0, len(items), _AT_ONCE):
            found |= _counted(table.main, source, dict(items[start : start + _AT_ONCE]))
    return [Tally(*found.get(change, whole), *whole) for change in changes]


def _condition(
    table: FormTable, old: Definition, new: Definition, change: DefinitionChange
) -> tuple[sa.Table | None, sa.ColumnElement[bool]]:
    """Return the table in which a change is counted and what counts; no table: every record."""
    path = change.path
    if path not in table.columns or not table.definition.has(path):
        return None, sa.true()
    column: Any = table.column(path)
    if change.kind != "option_retired":
        return column.table, column.is_not(None)
    gone = _retired(old, new, path)
    item = old.field(path)
    kind = field_type(item.type)
    if kind.column_kind == "json":
        pieces = [piece for code in gone for piece in kind.pieces(item, code)]
        return column.table, sa.or_(sa.false(), *(holds(column, piece) for piece in pieces))
    return column.table, column.in_(gone)


def _retired(old: Definition, new: Definition, path: str) -> list[str]:
    lists = old.code_list(path), new.code_list(path)
    before, after = ({o.code for o in codes.options if not o.retired} if codes else set() for codes in lists)
    return sorted(before - after)


def _counted(main: sa.Table, source: sa.Table, conditions: dict[Any, sa.ColumnElement[bool]]) -> dict[Any, Any]:
    """Return ``(submitted records, drafts)`` per condition on the rows of *source*, the main table or a sub-table."""
    rows: sa.FromClause = main
    if source is not main:
        rows = main.join(source, source.c._record == main.c._id)
    submitted = main.c._submitted_at.is_not(None)
    columns = []
    for condition in conditions.values():
        for state in (submitted, sa.not_(submitted)):
            hit = sa.case((sa.and_(condition, state), main.c._id))
            columns.append(sa.func.count(hit if source is main else hit.distinct()))
    statement = sa.select(*columns).select_from(rows).where(main.c._batch.is_(None))
    row = db.session.execute(tagged(statement, "impact counts rows, whosever")).one()
    return dict(zip(conditions, _pairs(row), strict=True))


def _pairs(row: Iterable[int]) -> list[tuple[int, int]]:
    numbers = [int(number) for number in row]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
