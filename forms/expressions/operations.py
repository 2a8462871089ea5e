"""What each operator and function does with values that are already known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

from forms.expressions import dates, decimals
from forms.expressions.decimals import number
from forms.expressions.values import equal, order

_MOST_SHIFT = 4_000_000
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def every(value: Any) -> bool:
    """Return whether every filled item of *value* is true; of none, yes."""
    return all(item is True for item in _items((value,)))


def _arithmetic(step: Callable[[Decimal, Decimal], Decimal | None]) -> Callable[..., Decimal | None]:
    def operate(*operands: Any) -> Decimal | None:
        total: Decimal | None = number(operands[0])
        for operand in operands[1:]:
            value = number(operand)
            if total is None or value is None:
                return None
            total = step(total, value)
        return total

    return operate


def _ordered(accepts: Callable[[int], bool]) -> Callable[[Any, Any], bool | None]:
    def operate(left: Any, right: Any) -> bool | None:
        sign = order(left, right)
        return None if sign is None else accepts(sign)

    return operate


def _negated(value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None


def _different(left: Any, right: Any) -> bool | None:
    return _negated(equal(left, right))


def _member(value: Any, items: Any) -> bool | None:
    if value is None or isinstance(value, list) or not isinstance(items, list):
        return None
    return any(equal(value, item) is True for item in items)


def _contains(whole: Any, part: Any) -> bool | None:
    if isinstance(whole, list):
        return _member(part, whole)
    return part in whole if isinstance(whole, str) and isinstance(part, str) else None


def _items(values: tuple[Any, ...]) -> list[Any]:
    """Return the filled items of *values*, lists opened."""
    found: list[Any] = []
    for value in values:
        found.extend(value if isinstance(value, list) else [value])
    return [item for item in found if item is not None]


def _numbers(values: tuple[Any, ...]) -> list[Decimal]:
    return [value for value in map(number, _items(values)) if value is not None]


def _sum(*values: Any) -> Decimal | None:
    total: Decimal | None = Decimal(0)
    for value in _numbers(values):
        total = None if total is None else decimals.add(total, value)
    return total


def _average(*values: Any) -> Decimal | None:
    numbers = _numbers(values)
    total = _sum(numbers)
    return decimals.divide(total, Decimal(len(numbers))) if numbers and total is not None else None


def _extreme(sign: int) -> Callable[..., Any]:
    """Return min (-1) or max (1): of numbers if there are any, else of texts."""

    def operate(*values: Any) -> Any:
        items = [item for item in _items(values) if isinstance(item, Decimal | str)]
        numbers = [value for value in map(number, items) if value is not None]
        return reduce(lambda best, item: item if order(item, best) == sign else best, numbers or items or [None])

    return operate


def _round(value: Any, places: Any = Decimal(0)) -> Decimal | None:
    amount, digits = number(value), number(places)
    if amount is None or digits is None or digits not in range(decimals.PLACES + 1):
        return None
    return decimals.rounded(amount, int(digits))


def _numeric(operate: Callable[[Decimal], Decimal | None]) -> Callable[[Any], Decimal | None]:
    def apply(value: Any) -> Decimal | None:
        amount = number(value)
        return None if amount is None else operate(amount)

    return apply


def _length(value: Any) -> Decimal | None:
    return Decimal(len(value)) if isinstance(value, str | list) else None


def _between(count: Callable[[date, date], int]) -> Callable[[Any, Any], Decimal | None]:
    def operate(start: Any, end: Any) -> Decimal | None:
        first, second = dates.parse(start), dates.parse(end)
        return None if first is None or second is None else Decimal(count(first, second))

    return operate


def _shifted(shift: Callable[[date, int], str | None]) -> Callable[[Any, Any], str | None]:
    def operate(start: Any, amount: Any) -> str | None:
        day, count = dates.parse(start), number(amount)
        if day is None or count is None or count != int(count) or abs(count) > _MOST_SHIFT:
            return None
        return shift(day, int(count))

    return operate


def _part(name: str) -> Callable[[Any], Decimal | None]:
    def operate(value: Any) -> Decimal | None:
        day = dates.parse(value)
        return None if day is None else Decimal(getattr(day, name))

    return operate


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return decimals.plain(value)
    return value if isinstance(value, str) else None


def _concat(*values: Any) -> str | None:
    return "".join(_text(value) or "" for value in values) or None


def _textual(operate: Callable[[str], str | None]) -> Callable[[Any], str | None]:
    def apply(value: Any) -> str | None:
        return operate(value) if isinstance(value, str) else None

    return apply


def _starts(value: Any, prefix: Any) -> bool | None:
    return value.startswith(prefix) if isinstance(value, str) and isinstance(prefix, str) else None


OPERATIONS: dict[str, Callable[..., Any]] = {
    "not": _negated,
    "=": equal,
    "!=": _different,
    "<": _ordered(lambda sign: sign < 0),
    "<=": _ordered(lambda sign: sign <= 0),
    ">": _ordered(lambda sign: sign > 0),
    ">=": _ordered(lambda sign: sign >= 0),
    "in": _member,
    "+": _arithmetic(decimals.add),
    "-": _arithmetic(decimals.subtract),
    "*": _arithmetic(decimals.multiply),
    "/": _arithmetic(decimals.divide),
    "neg": _numeric(lambda value: decimals.subtract(Decimal(0), value)),
    "sum": _sum,
    "count": lambda value: Decimal(len(_items((value,)))),
    "avg": _average,
    "min": _extreme(-1),
    "max": _extreme(1),
    "any": lambda value: any(item is not False for item in _items((value,))),
    "round": _round,
    "floor": _numeric(decimals.floor),
    "ceil": _numeric(decimals.ceiling),
    "abs": _numeric(Decimal.copy_abs),  # abs() would round to the 28 digits of the default context
    "contains": _contains,
    "empty": lambda value: value is None,
    "filled": lambda value: value is not None,
    "len": _length,
    "days": _between(dates.days),
    "months": _between(dates.months),
    "years": _between(dates.years),
    "year": _part("year"),
    "month": _part("month"),
    "add_days": _shifted(dates.add_days),
    "add_months": _shifted(dates.add_months),
    "add_years": _shifted(lambda day, count: dates.add_months(day, count * 12)),
    "text": _text,
    "concat": _concat,
    "upper": _textual(lambda value: value.translate(_UPPER)),
    "starts": _starts,
    "id_birth": _textual(dates.id_birth),
    "id_gender": _textual(dates.id_gender),
}
