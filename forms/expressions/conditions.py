"""Condition objects of older drafts, as text of the expression language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from forms.expressions.errors import ExpressionError
from forms.labels import Label

_SIGNS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "ge": ">=", "lt": "<", "lte": "<=", "le": "<="}


def condition_text(condition: str | Mapping[str, Any]) -> str:
    """Return *condition* as an expression.

    ``{field: a, eq: 1}`` (also ne in not_in gt gte lt lte contains not_contains empty not_empty), ``{all: […]}``,
    ``{any: […]}``, ``{not: …}`` and ``{expr: text}``; text passes through. Raises ExpressionError for other shapes.
    """
    if isinstance(condition, str):
        return condition
    if "expr" in condition:
        return str(condition["expr"])
    for key, word in (("all", " and "), ("any", " or ")):
        if key in condition:
            parts = [condition_text(part) for part in condition[key]]
            return word.join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts) or "true"
    if "not" in condition:
        return f"not ({condition_text(condition['not'])})"
    if "field" not in condition or len(condition) < 2:
        raise _unknown(condition)
    field = str(condition["field"])
    tests = [_test(field, operator, value) for operator, value in condition.items() if operator != "field"]
    return " and ".join(tests)


def literal(value: object) -> str:
    """Return *value* as it is written in an expression."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Sequence):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    raise _unknown(value)


def _test(field: str, operator: str, value: object) -> str:
    if operator in _SIGNS:
        return f"{field} {_SIGNS[operator]} {literal(value)}"
    if operator in {"in", "not_in"}:
        listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return f"{field} {operator.replace('_', ' ')} {literal(listed)}"
    if operator == "contains":
        return f"contains({field}, {literal(value)})"
    if operator == "not_contains":
        return f"not contains({field}, {literal(value)})"
    if operator in {"empty", "not_empty"}:
        return f"{'empty' if (operator == 'empty') == (value is not False) else 'filled'}({field})"
    raise _unknown({operator: value})


def _unknown(shape: object) -> ExpressionError:
    return ExpressionError(0, Label(f"看不懂的条件：{shape}", f"Unknown condition: {shape}"))
