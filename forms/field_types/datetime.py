"""A moment, to the minute."""

from __future__ import annotations

from typing import Any, ClassVar

from forms.answers.moments import read_moment
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType
from forms.labels import Label


class DateTime(FieldType):
    """A local moment; canonical ``2026-03-01T09:30:00``."""

    name = "datetime"
    label = Label("日期时间", "Date and time")
    group = "time"
    about = Label("日期和时间", "A day and a time")
    short = True
    xlsform_reads: ClassVar[tuple[str, ...]] = ("dateTime", "datetime", "date time")
    operators = (*EQUALITY, *ORDER)
    widget = "date"
    html_type = "datetime-local"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        return lambda raw: read_moment(raw).isoformat()

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return str(value).replace("T", " ")[:16]

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("如 2026-03-01 09:30", "Such as 2026-03-01 09:30").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=19, text=True, note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return str(value).replace("T", " ")

    def xlsform(self, field: Field) -> str | None:
        return "dateTime"


TYPE = DateTime()
