"""A month."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from forms.answers.moments import EARLIEST, LATEST, from_cell, read_date
from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text
from forms.labels import Label

PATTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})月?", re.ASCII)
COMPACT = re.compile(r"(\d{4})(\d{2})", re.ASCII)

NOT_MONTH = Label("请填年月，如 2026-03", "Enter a month such as 2026-03")
#: A number cell drops the last zero of 2026.10.
ONE_OR_TEN = Label(
    "分不清是 1 月还是 10 月，请写成 2026-01 或 2026-10",
    "This is January or October; write it as 2026-01 or 2026-10",
)


class Month(FieldType):
    """A month, ``2026-03``; of a whole date its month."""

    name = "month"
    label = Label("年月", "Month")
    group = "time"
    about = Label("年和月，如 2026-03", "A month, such as 2026-03")
    short = True
    placeholder = "2026-03"
    xlsform_appearance = "month-year"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("date month-year",)
    operators = (*EQUALITY, *ORDER)
    widget = "month"
    html_type = "month"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            cell = from_cell(raw)
            if cell is not None:
                return f"{cell:%Y-%m}"
            text = narrow_text(raw)
            match = PATTERN.fullmatch(text) or COMPACT.fullmatch(text)
            if match is None:
                return _month_of_day(raw)
            if isinstance(raw, float) and match[2] == "1":
                raise Invalid("one_or_ten", ONE_OR_TEN)
            year, month = int(match[1]), int(match[2])
            if not (EARLIEST <= year <= LATEST and 1 <= month <= 12):
                raise Invalid("not_month", NOT_MONTH)
            return f"{year}-{month:02d}"

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("年月，如 2026-03", "Month such as 2026-03").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=11, text=True, note=self.note(field, language))

    def xlsform(self, field: Field) -> str | None:
        return "date"


def _month_of_day(raw: Any) -> str:
    try:
        return f"{read_date(raw):%Y-%m}"
    except Invalid:
        raise Invalid("not_month", NOT_MONTH) from None


TYPE = Month()
