"""Rules as rows of field, operator and value, all or any of which must hold: what can be chosen without syntax.

In place of a row a group of rows may stand, of which again all or any must hold; a group holds no further group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms.designing.outline import Outline
from forms.expressions import Node, literal, parse
from forms.expressions.writing import text_of
from forms.field_types import FIELD_TYPES
from forms.labels import Label
from forms.rule_types import resolve

#: What stands between a field and a value.
OPERATORS: Mapping[str, Label] = {
    "eq": Label("等于", "is"),
    "ne": Label("不等于", "is not"),
    "in": Label("是其中之一", "is one of"),
    "not_in": Label("不是其中任何一个", "is none of"),
    "lt": Label("小于", "is less than"),
    "lte": Label("不大于", "is at most"),
    "gt": Label("大于", "is greater than"),
    "gte": Label("不小于", "is at least"),
    "contains": Label("包含", "contains"),
    "not_contains": Label("不包含", "does not contain"),
    "starts": Label("开头是", "begins with"),
    "filled": Label("已填写", "is filled in"),
    "empty": Label("未填写", "is empty"),
}
WITHOUT_VALUE = frozenset({"filled", "empty"})
LISTED = frozenset({"in", "not_in"})

_SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_BY_SIGN = {sign: name for name, sign in _SIGNS.items()}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NUMBERS = frozenset({"integer", "decimal", "money", "percent", "rating"})
_DATES = frozenset({"date", "month", "year", "datetime"})
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One condition: ``field`` is a name as rules write it; ``other`` the field it is compared with, or ``values``."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    other: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"field": self.field, "operator": self.operator, "values": list(self.values), "other": self.other}


@dataclass(frozen=True, slots=True)
class Rows:
    """Conditions, and groups of conditions, of which ``all`` or ``any`` must hold (``match``)."""

    match: str
    rows: tuple[Row | Rows, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"match": self.match, "rows": [row.as_dict() for row in self.rows]}


def operators_of(kind: str, *, options: bool) -> tuple[str, ...]:
    """Return the operators that go with a field.

    :param kind: its type as rules see it. :param options: whether its answers are codes of a list.
    """
    if kind in {"file", "image", "subtable", "reference"}:
        return ("filled", "empty")
    if kind == "multiselect":
        return ("contains", "not_contains", "filled", "empty")
    if kind == "bool":
        return ("eq", "filled", "empty")
    if options:
        return ("eq", "ne", "in", "not_in", "filled", "empty")
    if kind in _NUMBERS or kind in _DATES:
        return ("eq", "ne", "gt", "gte", "lt", "lte", "filled", "empty")
    return ("eq", "ne", "contains", "not_contains", "starts", "filled", "empty")


def names_at(outline: Outline, path: str, *, own: bool = False) -> dict[str, str]:
    """Return the names that a rule of *path* may choose from, each with the path that it means.

    :param own: whether the field itself is among them, as it is for a check.

    Columns of the rule's own row come by their keys; a field of the record that a column hides comes as ``parent.x``.
    """
    table = path.rpartition(".")[0]
    row = {place.raw.get("key", ""): name for name, place in outline.places.items() if table and place.table == table}
    found = {str(key): name for key, name in row.items() if own or name != path}
    for name, place in outline.places.items():
        if not place.table and name != table and (own or name != path) and _answers(place.type):
            found[f"parent.{name}" if name in row else name] = name
    return found


def _answers(name: str) -> bool:
    return name in FIELD_TYPES and FIELD_TYPES[name].stores


def operators_at(outline: Outline, path: str) -> tuple[str, ...]:
    """Return the operators of the field at *path*."""
    place = outline.places.get(path)
    kind = FIELD_TYPES.get(place.type) if place else None
    return operators_of(outline.types.get(path, "text"), options=kind is not None and kind.has_options)


def text_of_rows(rows: Rows, outline: Outline, path: str) -> str:
    """Return the expression that *rows* of a rule at *path* mean; empty for no row."""
    text = _joined(rows, outline, path)
    return text_of(parse(text)) if text else ""


def _joined(rows: Rows, outline: Outline, path: str) -> str:
    parts = [
        f"({_joined(row, outline, path)})" if isinstance(row, Rows) else _text(row, _kind(row.field, outline, path))
        for row in rows.rows
        if not isinstance(row, Rows) or row.rows
    ]
    return f" {'or' if rows.match == 'any' else 'and'} ".join(parts)


def _kind(name: str, outline: Outline, path: str) -> str:
    return outline.types.get(resolve(name, path.rpartition(".")[0], outline.types) or "", "text")


def _text(row: Row, kind: str) -> str:
    field, first = row.field, row.values[0] if row.values else ""
    if row.operator in WITHOUT_VALUE:
        return f"{row.operator}({field})"
    if row.operator in LISTED:
        return f"{field} {row.operator.replace('_', ' ')} [{', '.join(_literal(value, kind) for value in row.values)}]"
    value = row.other or _literal(first, kind)
    if row.operator in {"contains", "starts"}:
        return f"{row.operator}({field}, {value})"
    if row.operator == "not_contains":
        return f"not contains({field}, {value})"
    return f"{field} {_SIGNS[row.operator]} {value}"


def _literal(value: str, kind: str) -> str:
    if kind == "bool" and value in {"true", "false"}:
        return value
    if kind in _NUMBERS and _NUMBER.fullmatch(value):
        return value
    return literal(value)


def rows_of(tree: Node, outline: Outline, path: str, *, own: bool = False) -> Rows | None:
    """Return *tree* as rows, None where it says more than rows can; *own* as :func:`names_at`."""
    names = names_at(outline, path, own=own)
    match, parts = _matched(tree)
    found: list[Row | Rows] = []
    for part in parts:
        inner, below = _matched(part)
        rows = [_known(item, names, outline) for item in below]
        known = [row for row in rows if row is not None]
        if len(known) < len(rows):
            return None
        found.append(known[0] if len(known) == 1 else Rows(inner, tuple(known)))
    return Rows(match, tuple(found))


def _matched(node: Node) -> tuple[str, list[Node]]:
    operator, operands = _parts(node)
    return ("any" if operator == "or" else "all"), (list(operands) if operator in {"or", "and"} else [node])


def _known(node: Node, names: Mapping[str, str], outline: Outline) -> Row | None:
    """Return a condition as a row, None where rows cannot say it of these names."""
    row = _row(node)
    if row is None or row.field not in names or (row.other and row.other not in names and row.other != "_today"):
        return None
    return row if row.operator in operators_at(outline, names[row.field]) else None


def _parts(node: Node) -> tuple[str, Any]:
    return next(iter(node.items())) if isinstance(node, dict) else ("", None)


def _row(node: Node) -> Row | None:
    operator, operands = _parts(node)
    if operator == "var":
        # A yes/no field standing alone.
        return Row(operands, "eq", ("true",))
    if operator == "not":
        inner = _row(operands[0])
        turned = {"in": "not_in", "contains": "not_contains", "empty": "filled", "filled": "empty"}
        bare = _parts(operands[0])[0] == "var"
        if inner is None or (inner.operator not in turned and not bare):
            return None
        return Row(inner.field, "eq", ("false",)) if bare else Row(inner.field, turned[inner.operator], inner.values)
    if operator in WITHOUT_VALUE:
        name = _name(operands[0])
        return Row(name, operator) if name else None
    if operator == "in":
        return _one_of(operands)
    if operator in {"contains", "starts"}:
        return _compared(operator, *operands)
    if operator in _BY_SIGN:
        left, right = operands
        if not _name(left):
            operator, left, right = _MIRRORED[operator], right, left
        return _compared(_BY_SIGN[operator], left, right)
    return None


def _compared(operator: str, left: Node, right: Node) -> Row | None:
    name, value = _name(left), _value(right)
    if not name:
        return None
    if value is not None:
        return Row(name, operator, (value,))
    return Row(name, operator, (), _name(right)) if _name(right) else None


def _one_of(operands: list[Node]) -> Row | None:
    name, (operator, items) = _name(operands[0]), _parts(operands[1])
    values = [_value(item) for item in items] if operator == "list" else []
    if not name or not values or None in values:
        return None
    return Row(name, "in", tuple(value for value in values if value is not None))


def _name(node: Node) -> str:
    operator, operands = _parts(node)
    return str(operands) if operator == "var" else ""


def _value(node: Node) -> str | None:
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, str):
        return node
    operator, operands = _parts(node)
    return str(operands) if operator == "num" else None
