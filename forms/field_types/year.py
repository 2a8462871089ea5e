"""A year."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text
from forms.labels import Label

PATTERN = re.compile(r"(\d{4})年?", re.ASCII)


class Year(FieldType):
    """A year from 1900 to 2100; canonical text of four digits."""

    name = "year"
    label = Label("年份", "Year")
    group = "time"
    about = Label("四位年份", "A year of four digits")
    short = True
    placeholder = "2026"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("date year",)
    operators = (*EQUALITY, *ORDER)
    inputmode = "numeric"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            match = PATTERN.fullmatch(narrow_text(raw))
            if match is None or not 1900 <= int(match[1]) <= 2100:
                raise Invalid("not_year", Label("请填四位年份，如 2026", "Enter a year such as 2026"))
            return match[1]

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("年份，如 2026", "Year such as 2026").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=9, text=True, note=self.note(field, language))

    def xlsform(self, field: Field) -> str | None:
        return "integer"


TYPE = Year()
