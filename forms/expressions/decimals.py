"""Exact decimal arithmetic with one rule for both evaluators.

Every result is rounded half up (away from zero) to 12 places; a result of 10^30 or more is empty. The limits keep all
intermediate values exact in Python (100 digits) and in the browser (60 places), so that both always agree.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from math import isfinite

PLACES = 12
LIMIT = Decimal(10) ** 30
_QUANTUM = Decimal(1).scaleb(-PLACES)
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_NUMERIC_TEXT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def settle(value: Decimal) -> Decimal | None:
    """Return *value* rounded to 12 places without trailing zeros, or None when it is out of range."""
    if not -LIMIT < value < LIMIT:
        return None
    settled = value.quantize(_QUANTUM, context=_EXACT).normalize(_EXACT)
    return settled or Decimal(0)  # never -0


def number(value: object) -> Decimal | None:
    """Return *value* as a number: a number, or text that spells one (``-12.50``); None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return settle(Decimal(value))
    if isinstance(value, float):
        return settle(Decimal(repr(value))) if isfinite(value) else None
    if isinstance(value, str) and _NUMERIC_TEXT.fullmatch(value):
        return settle(Decimal(value))
    return None


def add(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the sum."""
    return settle(_EXACT.add(left, right))


def subtract(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the difference."""
    return settle(_EXACT.subtract(left, right))


def multiply(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the product."""
    return settle(_EXACT.multiply(left, right))


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the quotient; empty when *right* is zero."""
    return settle(_EXACT.divide(left, right)) if right else None


def rounded(value: Decimal, places: int) -> Decimal | None:
    """Return *value* rounded half up to *places*."""
    return settle(value.quantize(Decimal(1).scaleb(-places), context=_EXACT))


def floor(value: Decimal) -> Decimal | None:
    """Return the greatest whole number that is not above *value*."""
    return settle(value.to_integral_value(ROUND_FLOOR))


def ceiling(value: Decimal) -> Decimal | None:
    """Return the least whole number that is not below *value*."""
    return settle(value.to_integral_value(ROUND_CEILING))


def plain(value: Decimal) -> str:
    """Return *value* as plain text: no exponent, no trailing zeros, no ``-0``."""
    return format(value.normalize(_EXACT), "f") if value else "0"
