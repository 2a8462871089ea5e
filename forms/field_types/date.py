"""A day."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from forms.answers.moments import read_date
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType
from forms.labels import Label


class Date(FieldType):
    """A day of the Gregorian calendar; canonical ISO 8601."""

    name = "date"
    label = Label("日期", "Date")
    group = "time"
    about = Label("年月日，如 2026-03-01", "A day, such as 2026-03-01")
    short = True
    placeholder = "2026-03-01"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("date",)
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

    def note(self, field: Field, language: str) -> str:
        return Label("日期，如 2026-03-01", "Date such as 2026-03-01").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=13, number_format="yyyy-mm-dd", note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return date.fromisoformat(value)

    def xlsform(self, field: Field) -> str | None:
        return "date"


TYPE = Date()
