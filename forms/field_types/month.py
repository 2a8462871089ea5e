"""A month."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, narrow_text
from forms.field_types.date import EXCEL_EPOCH
from forms.labels import Label
from forms.problems import Invalid

PATTERN = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:月|[-/.]\d{1,2})?")
COMPACT = re.compile(r"(\d{4})(\d{2})")


class Month(FieldType):
    """A month, ``2026-03``."""

    name = "month"
    label = Label("年月", "Month")
    operators = (*EQUALITY, *ORDER)
    widget = "month"
    html_type = "month"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            if isinstance(raw, int | float) and not isinstance(raw, bool) and 20_000 <= raw < 100_000:
                raw = EXCEL_EPOCH + timedelta(days=int(raw))
            if isinstance(raw, date | datetime):
                return f"{raw:%Y-%m}"
            text = narrow_text(raw)
            match = PATTERN.fullmatch(text) or COMPACT.fullmatch(text)
            if match is None or not 1 <= int(match[2]) <= 12:
                raise Invalid("not_month", Label("请填年月，如 2026-03", "Enter a month such as 2026-03"))
            return f"{match[1]}-{int(match[2]):02d}"

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=11, text=True, note=Label("年月，如 2026-03", "Month such as 2026-03").get(language))


TYPE = Month()
