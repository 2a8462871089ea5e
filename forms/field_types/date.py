"""A day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import wtforms

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text, plain_text
from forms.labels import Label
from forms.problems import Invalid

#: Day 0 of Excel's calendar, shifted because it believes in a 29 February 1900.
EXCEL_EPOCH = date(1899, 12, 30)
PATTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
MIDNIGHT = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
EARLIEST, LATEST = 1800, 2200
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def read_date(raw: Any) -> date:
    """Return the day meant by ISO text, ``2026年3月1日``, ``20260301``, a date or an Excel serial; raises Invalid."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 10_000 <= raw < 100_000:
        return EXCEL_EPOCH + timedelta(days=int(raw))
    text = plain_text(raw)
    # A workbook saved as text gives midnight with every day.
    text = narrow_text(MIDNIGHT.sub("", text))
    match = PATTERN.fullmatch(text) or COMPACT.fullmatch(text)
    if match is None:
        raise Invalid("not_date", Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01"))
    try:
        day = date(*(int(part) for part in match.groups()))
    except ValueError:
        raise Invalid("no_such_date", Label("没有这一天，请核对", "There is no such day")) from None
    if not EARLIEST <= day.year <= LATEST:
        raise Invalid("no_such_date", Label("年份不合理，请核对", "Check the year"))
    return day


class Date(FieldType):
    """A day of the Gregorian calendar; canonical ISO 8601."""

    name = "date"
    label = Label("日期", "Date")
    operators = (*EQUALITY, *ORDER)
    column_kind = "date"
    widget = "date"
    html_type = "date"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        return lambda raw: read_date(raw).isoformat()

    def column_value(self, field: Field, value: Any) -> Any:
        return date.fromisoformat(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(
            width=13,
            number_format="yyyy-mm-dd",
            note=Label("日期，如 2026-03-01", "Date such as 2026-03-01").get(language),
        )

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return date.fromisoformat(value)

    def wtforms_field(self, field: Field, code_list: CodeList | None, language: str, validators: Sequence[Any]) -> Any:
        return wtforms.StringField(field.label.get(language), validators=list(validators))

    def xlsform(self, field: Field) -> str | None:
        return "date"


TYPE = Date()
