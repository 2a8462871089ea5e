"""A day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import wtforms

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text
from forms.labels import Label
from forms.problems import Invalid

#: Day 0 of Excel's calendar, shifted because it believes in a 29 February 1900.
EXCEL_EPOCH = date(1899, 12, 30)
PATTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def read_date(raw: Any) -> date:
    """Return the day meant by ISO text, ``2026年3月1日``, ``20260301``, an Excel date or an Excel serial; raises Invalid."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 1 <= raw < 100_000:
        return EXCEL_EPOCH + timedelta(days=int(raw))
    text = narrow_text(raw)
    if len(text) > 10 and text[10:11] == "T":
        text = text[:10]
    match = PATTERN.fullmatch(text) or COMPACT.fullmatch(text)
    if match is None:
        raise Invalid("not_date", Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01"))
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise Invalid("no_such_date", Label("没有这一天，请核对", "There is no such day")) from None


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
        return ExcelColumn(width=13, number_format="yyyy-mm-dd", note=Label("日期，如 2026-03-01", "Date such as 2026-03-01").get(language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return date.fromisoformat(value)

    def wtforms_field(self, field: Field, code_list: CodeList | None, language: str, validators: Sequence[Any]) -> Any:
        return wtforms.StringField(field.label.get(language), validators=list(validators))

    def xlsform(self, field: Field) -> str | None:
        return "date"


TYPE = Date()
