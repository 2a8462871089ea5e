"""A year."""

from __future__ import annotations

from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text
from forms.labels import Label
from forms.problems import Invalid


class Year(FieldType):
    """A year from 1900 to 2100; canonical text of four digits."""

    name = "year"
    label = Label("年份", "Year")
    operators = (*EQUALITY, *ORDER)
    inputmode = "numeric"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            text = narrow_text(raw).removesuffix("年")
            if not (len(text) == 4 and text.isascii() and text.isdigit() and 1900 <= int(text) <= 2100):
                raise Invalid("not_year", Label("请填四位年份，如 2026", "Enter a year such as 2026"))
            return text

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=9, text=True, note=Label("年份，如 2026", "Year such as 2026").get(language))


TYPE = Year()
