"""Days and moments as people type them and as spreadsheets keep them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from forms.answers.problems import Invalid
from forms.answers.typed_text import narrow_text, plain_text
from forms.labels import Label

#: The clock of the whole country.
CHINA = timezone(timedelta(hours=8))
#: Day 0 of Excel's calendar, shifted because it believes in a 29 February 1900.
EXCEL_EPOCH = datetime.combine(date(1899, 12, 30), time())
#: Serial numbers that are dates: those of 1927 to 2173. Lower ones are more likely to be something else.
SERIALS = range(10_000, 100_000)
EARLIEST, LATEST = 1800, 2200

#: By far the most frequent spelling, and needs no narrowing.
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_MOMENT = re.compile(
    r"(?P<day>.+?)[T ]\s*(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.DOTALL,
)

NOT_DATE = Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01")
NO_SUCH_DATE = Label("没有这一天，请核对", "There is no such day")
ODD_YEAR = Label("年份不合理，请核对", "Check the year")
NOT_MOMENT = Label("请填日期和时间，如 2026-03-01 09:30", "Enter date and time such as 2026-03-01 09:30")
NO_SUCH_TIME = Label("时间应在 00:00 到 23:59 之间", "The time lies between 00:00 and 23:59")


def plausible(day: date) -> None:
    """Raise Invalid for a year that nobody can have meant."""
    if not EARLIEST <= day.year <= LATEST:
        raise Invalid("no_such_date", ODD_YEAR)


def local(moment: datetime) -> datetime:
    """Return *moment* by the clock of the country, without its offset, to the second."""
    moment = moment.astimezone(CHINA) if moment.tzinfo else moment
    return moment.replace(tzinfo=None, microsecond=0)


def from_cell(raw: Any) -> datetime | None:
    """Return the moment that a date or the serial number of a cell stands for; None for everything else.

    Raises Invalid for an odd year.
    """
    if isinstance(raw, date):
        plausible(raw)
        return local(raw) if isinstance(raw, datetime) else datetime.combine(raw, time())
    if isinstance(raw, int | float) and not isinstance(raw, bool) and SERIALS.start <= raw < SERIALS.stop:
        return EXCEL_EPOCH + timedelta(seconds=round(raw * 86_400))
    return None


def _iso_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("no_such_date", NO_SUCH_DATE) from None
    plausible(day)
    return day


def read_date(raw: Any) -> date:
    """Return the day meant by ISO text, ``2026年3月1日``, ``20260301``, a date or an Excel serial; raises Invalid.

    A time of day beside it is dropped; with an offset it is first brought to the clock of the country.
    """
    if type(raw) is date:
        plausible(raw)
        return raw
    if isinstance(raw, str) and _ISO.fullmatch(raw):
        return _iso_day(raw)
    cell = from_cell(raw)
    if cell is not None:
        return cell.date()
    text = narrow_text(raw)
    match = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        if _MOMENT.fullmatch(plain_text(raw)):
            return read_moment(raw).date()
        raise Invalid("not_date", NOT_DATE)
    try:
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise Invalid("no_such_date", NO_SUCH_DATE) from None
    plausible(day)
    return day


def read_moment(raw: Any) -> datetime:
    """Return the local moment meant by text with a time of day, a date-time or an Excel serial; raises Invalid."""
    cell = from_cell(raw)
    if cell is not None:
        return cell
    match = _MOMENT.fullmatch(plain_text(raw))
    if match is None:
        raise Invalid("not_datetime", NOT_MOMENT)
    day = read_date(match["day"])
    clock = f"{int(match['hour']):02d}:{match['minute']}:{match['second'] or '00'}"
    offset = (match["offset"] or "").upper().replace("Z", "+00:00")
    try:
        return local(datetime.fromisoformat(f"{day}T{clock}{offset}"))
    except ValueError:
        raise Invalid("not_datetime", NO_SUCH_TIME) from None
