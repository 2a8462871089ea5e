"""Filters of a list: from field, operator and value to a condition on the projection, by the type of the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.access.query import charge_clause, plain_clause
from app.database import db
from app.errors import BadRequest
from app.records.hooks import attachments_due
from app.records.lists.words import like
from app.records.projection.columns import ATTACHMENT_DUE, CHARGE, MINE, OTHERS, SYSTEM_FILTERS
from app.records.writing import duplicates
from forms.answers.problems import Invalid, Problem
from forms.answers.validation import ATTACHMENTS
from forms.field_types import get as field_type
from forms.field_types.base import EQUALITY, ORDER, TEXT, narrow_text
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable

Filter = Mapping[str, Any]
Condition = sa.ColumnElement[bool]

MOST_FILTERS = 20
MOST_VALUES = 500
_LARGEST = Decimal(10) ** 18

_MOMENTS = frozenset({"_updated_at", "_created_at", "_submitted_at"})
#: Operators of system columns that are no text.
_SYSTEM = {"_organization": EQUALITY, **dict.fromkeys(_MOMENTS, (*EQUALITY, *ORDER))}

_COMPARISONS: dict[str, Callable[[Any, Any], Condition]] = {
    "eq": lambda column, value: column == value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
}


def _refuse(number: int, code: str, text: Label) -> BadRequest:
    return BadRequest(text, code=code, errors=[Problem("filter", number, code, text)])


def conditions(actor: Actor, table: FormTable, action: str, filters: Sequence[Filter]) -> list[Condition]:
    """Return the conditions of *filters*, ``{"field", "op", "value"}``; a masked cell matches none of them.

    Raises ``BadRequest``, naming the filter, for a field that the actor sees nowhere in plain, an operator that the
    field does not have, and a value that does not fit it.
    """
    if len(filters) > MOST_FILTERS:
        raise _refuse(
            MOST_FILTERS, "too_many", Label(f"筛选条件最多 {MOST_FILTERS} 个", f"At most {MOST_FILTERS} filters")
        )
    return [_condition(actor, table, action, item, number) for number, item in enumerate(filters, 1)]


def _condition(actor: Actor, table: FormTable, action: str, item: Filter, number: int) -> Condition:
    path, op, value = str(item.get("field") or ""), str(item.get("op") or ""), item.get("value")
    if path == CHARGE:
        return _charge(charge_clause(actor, table, action), op, value, number)
    if path == duplicates.NAME and duplicates.told(actor, table):
        return _yes_or_no(duplicates.condition(actor, table), op, value, number)
    if path == ATTACHMENT_DUE and has_attachments(table):
        return _yes_or_no(attachments_due(table.main), op, value, number)
    if path.startswith("_"):
        return _system(table, path, op, value, number)
    form = table.definition
    known = form.has(path) and path in table.columns and "." not in path
    plain = plain_clause(actor, table, action, path) if known else None
    if plain is None:
        # The same answer for a field that does not exist and one that may not be seen.
        raise _refuse(number, "unknown_field", Label(f"不能按“{path[:60]}”筛选", f"Cannot filter by {path[:60]!r}"))
    kind = field_type(form.field(path).type)
    if op not in kind.operators:
        raise _bad_operator(number, op)
    try:
        found = _field(table, path, op, value)
    except Invalid as error:
        raise _refuse(number, error.code, error.message) from error
    return sa.and_(plain, found)


def _charge(mine: Condition | None, op: str, value: Any, number: int) -> Condition:
    """Return the condition of records in the actor's charge, or of those of others that are published to him."""
    if op != "eq":
        raise _bad_operator(number, op)
    if value not in {MINE, OTHERS}:
        text = Label(f"只能是 {MINE} 或 {OTHERS}", f"Either {MINE} or {OTHERS}")
        raise _refuse(number, "value", text)
    if mine is None:
        return sa.true() if value == MINE else sa.false()
    return mine if value == MINE else sa.not_(mine)


def _yes_or_no(found: Condition, op: str, value: Any, number: int) -> Condition:
    wanted = {"true": True, "false": False}.get(str(value).lower())
    if op not in {"eq", "ne"}:
        raise _bad_operator(number, op)
    if wanted is None:
        raise _refuse(number, "value", Label("请选择是或否", "Choose yes or no"))
    return found if wanted == (op == "eq") else sa.not_(found)


def has_attachments(table: FormTable) -> bool:
    """Tell whether a form asks for attachments, so that some can be due."""
    return any(item.type in ATTACHMENTS for _, item in table.definition.walk())


def _bad_operator(number: int, op: str) -> BadRequest:
    return _refuse(number, "operator", Label(f"此项不支持条件“{op[:20]}”", f"The field has no operator {op[:20]!r}"))


def _values(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if not items or len(items) > MOST_VALUES or any(isinstance(one, list | dict) or "\0" in str(one) for one in items):
        raise Invalid("value", Label("筛选值不正确", "The value does not fit the filter"))
    return items


def _field(table: FormTable, path: str, op: str, value: Any) -> Condition:
    form = table.definition
    item = form.field(path)
    kind = field_type(item.type)
    column: Any = table.column(path)
    if op == "empty":
        return column.is_(None)  # type: ignore[no-any-return]
    if op == "not_empty":
        return column.is_not(None)  # type: ignore[no-any-return]
    if op in TEXT:
        return _text(table.text_column(path), op, value)
    check = table.compiled.columns[path].check

    def stored(raw: Any) -> Any:
        if kind.column_kind in {"integer", "numeric"}:
            return _number(raw)
        return kind.filter_value(item, raw, check, form.code_list(path))

    if op == "under":
        codes = form.code_list(path)
        code = stored(_values(value)[0])
        return column.in_(sorted(codes.under(code)) if codes is not None else [code])  # type: ignore[no-any-return]
    if op in {"has_any", "has_all"}:
        matches = [sa.or_(*(holds(column, piece) for piece in stored(raw))) for raw in _values(value)]
        return sa.or_(*matches) if op == "has_any" else sa.and_(*matches)
    if kind.refers and op in EQUALITY:
        return _equality(column, table.text_column(path), op, [str(one) for one in _values(value)])
    return _compared(column, op, [stored(raw) for raw in _values(value)])


def _equality(column: Any, label: Any, op: str, texts: list[str]) -> Condition:
    """Compare a reference by id or by label: people filter by what they read."""
    matches = sa.or_(column.in_(texts), label.in_(texts))
    return matches if op in {"eq", "in"} else sa.or_(column.is_(None), sa.not_(matches))


def _compared(column: Any, op: str, values: list[Any]) -> Condition:
    if op == "in":
        return column.in_(values)  # type: ignore[no-any-return]
    if op == "not_in":
        return sa.or_(column.is_(None), column.not_in(values))
    if op == "between":
        if len(values) != 2:
            raise Invalid("value", Label("“介于”需要两个值", "“between” takes two values"))
        return sa.and_(column >= values[0], column <= values[1])
    if op == "ne":
        return sa.or_(column.is_(None), column != values[0])
    if op not in _COMPARISONS:
        raise Invalid("operator", Label("此项不支持这个条件", "The field has no such operator"))
    return _COMPARISONS[op](column, values[0])


def _number(raw: Any) -> Decimal:
    """Return a number to compare with: it need not be one that the field would take."""
    try:
        found = Decimal(narrow_text(raw).replace(",", ""))
    except InvalidOperation:
        found = Decimal("nan")
    if isinstance(raw, bool) or not found.is_finite() or abs(found) >= _LARGEST:
        raise Invalid("not_number", Label("请填数字，如 12.5", "Enter a number such as 12.5"))
    return found


def holds(column: Any, piece: list[str] | dict[str, str]) -> Condition:
    """Return whether a JSON list of codes, or a mapping to codes, holds *piece*."""
    if db.engine.dialect.name == "postgresql":
        return sa.cast(column, postgresql.JSONB).contains(piece)
    if isinstance(piece, dict):
        document = sa.type_coerce(column, sa.Text)
        return sa.and_(*(sa.func.json_extract(document, f'$."{key}"') == code for key, code in piece.items()))
    (code,) = piece
    quoted = code.replace("\\", "\\\\").replace('"', '\\"')
    return sa.type_coerce(column, sa.Text).like(f'%"{like(quoted)}"%', escape="\\")


def _text(column: Any, op: str, value: Any) -> Condition:
    text = str(_values(value)[0] or "").strip()[:200]
    if not text:
        raise Invalid("value", Label("请填要查找的文字", "Enter what to look for"))
    pattern = f"%{like(text)}%" if op == "contains" else f"{like(text)}%"
    return column.ilike(pattern, escape="\\")  # type: ignore[no-any-return]


def _system(table: FormTable, name: str, op: str, value: Any, number: int) -> Condition:
    if name not in SYSTEM_FILTERS:
        raise _refuse(number, "unknown_field", Label(f"不能按“{name[:60]}”筛选", f"Cannot filter by {name[:60]!r}"))
    column = table.main.c[name]
    if op not in _SYSTEM.get(name, (*EQUALITY, *TEXT)):
        raise _bad_operator(number, op)
    try:
        if op in {"empty", "not_empty"}:
            return column.is_(None) if op == "empty" else column.is_not(None)
        if op in TEXT:
            return _text(column, op, value)
        values = [_moment(one) if name in _MOMENTS else _plain(name, one) for one in _values(value)]
        return _compared(column, op, values)
    except Invalid as error:
        raise _refuse(number, error.code, error.message) from error


def _moment(raw: Any) -> datetime:
    try:
        # At either end of the calendar there is no such moment in another zone.
        return datetime.fromisoformat(str(raw)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("not_date", Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01")) from None


def _plain(name: str, raw: Any) -> Any:
    if name != "_organization":
        return str(raw)
    text = str(raw)
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise Invalid("value", Label("筛选值不正确", "The value does not fit the filter"))
