"""Dates as ISO text: differences in whole days, months and years, and shifting.

A month (``2026-03``) counts as its first day and a year as its first of January; a date-time counts as its date.
Anything else is empty. The rules are spelled out here, not borrowed from a library, because the browser must agree.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ].*)?)?)?", re.DOTALL)
_ID_CARD = re.compile(r"[0-9]{17}[0-9Xx]")
_OLD_ID_CARD = re.compile(r"[0-9]{15}")


def parse(value: object) -> date | None:
    """Return the date that the text *value* names, or None."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def days(start: date, end: date) -> int:
    """Return the days from *start* to *end*; negative when *end* is earlier."""
    return (end - start).days


def months(start: date, end: date) -> int:
    """Return the completed months from *start* to *end*."""
    if end < start:
        return -months(end, start)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def years(start: date, end: date) -> int:
    """Return the completed years from *start* to *end*, as one counts an age."""
    whole = months(start, end)
    return whole // 12 if whole >= 0 else -(-whole // 12)


def add_days(start: date, count: int) -> str | None:
    """Return the ISO date *count* days after *start*, None outside the calendar."""
    try:
        return date.fromordinal(start.toordinal() + count).isoformat()
    except (ValueError, OverflowError):
        return None


def add_months(start: date, count: int) -> str | None:
    """Return the ISO date *count* months after *start*; a day the month lacks becomes its last one."""
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    if not date.min.year <= year <= date.max.year:
        return None
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).isoformat()


def id_birth(number: str) -> str | None:
    """Return the date of birth in an identity card number of 18 (or 15) places, or None."""
    if _ID_CARD.fullmatch(number):
        digits = number[6:14]
    elif _OLD_ID_CARD.fullmatch(number):
        digits = f"19{number[6:12]}"
    else:
        return None
    born = parse(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    return born.isoformat() if born else None


def id_gender(number: str) -> str | None:
    """Return ``1`` (male) or ``2`` (female) of GB/T 2261.1 from an identity card number, or None."""
    if id_birth(number) is None:
        return None
    return "1" if int(number[16] if len(number) == 18 else number[14]) % 2 else "2"
