"""Values of the language and how they compare: None (empty), bool, Decimal, str and list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from forms.expressions import decimals

#: Field types whose canonical text is a number.
NUMERIC_TYPES = frozenset({"integer", "decimal", "money", "percent", "rating"})


def settled(value: object, type_name: str = "") -> Any:
    """Return a JSON answer as a value of the language.

    Blank becomes None; a reference becomes its id, an answer of several parts the list of them; a number field's text
    becomes a number, or None where a draft holds something else.
    """
    if value is None or value == "" or isinstance(value, bool):
        return None if value == "" else value
    if isinstance(value, str):
        return decimals.number(value) if type_name in NUMERIC_TYPES else value
    if isinstance(value, Decimal):
        return decimals.settle(value) if value.is_finite() else None
    if isinstance(value, int | float):
        return decimals.number(value)
    if isinstance(value, list | tuple):
        items = [item if _is_row(item) else settled(item) for item in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, Mapping):
        if "id" not in value:
            # An answer of several parts is the list of them; by key, since not every reader keeps the order.
            return settled([value[key] for key in sorted(value)])
        return settled(value["id"]) if not isinstance(value["id"], Mapping) else None
    if isinstance(value, date):
        return value.isoformat()
    return None


def canonical(value: Any) -> Any:
    """Return a value of the language as JSON: numbers as plain text, lists item by item."""
    if isinstance(value, Decimal):
        return decimals.plain(value)
    return [canonical(item) for item in value] if isinstance(value, list) else value


def rows_of(value: object) -> list[Mapping[str, Any]] | None:
    """Return the rows when *value* is a sub-table's answer, else None."""
    if isinstance(value, list | tuple) and value and all(_is_row(item) for item in value):
        return list(value)
    return None


def equal(left: Any, right: Any) -> bool | None:
    """Return whether both are the same; None when one is empty or a list."""
    if left is None or right is None or isinstance(left, list | Mapping) or isinstance(right, list | Mapping):
        return None
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        numbers = decimals.number(left), decimals.number(right)
        return None not in numbers and numbers[0] == numbers[1]
    return bool(left == right)


def order(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1 as *left* is less than, equal to or greater than *right*.

    Numbers and texts that spell numbers compare as numbers, other texts by code point; None where there is no order.
    """
    for value in (left, right):
        if not isinstance(value, Decimal | str):
            return None
    first, second = decimals.number(left), decimals.number(right)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return None


def _is_row(item: object) -> bool:
    return isinstance(item, Mapping) and "id" not in item
