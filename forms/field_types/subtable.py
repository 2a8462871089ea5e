"""A table inside a form."""

from __future__ import annotations

from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, Setting
from forms.labels import Label
from forms.problems import Invalid


class Subtable(FieldType):
    """Rows of columns (明细表); every row has an id ``_row`` that stays when rows move."""

    name = "subtable"
    label = Label("明细表", "Sub-table")
    column_kind = None
    sortable = False
    operators = ("empty", "not_empty")
    widget = "subtable"
    settings = (
        Setting("min_rows", "integer", Label("最少行数", "Fewest rows")),
        Setting("max_rows", "integer", Label("最多行数", "Most rows"), 200),
        Setting("totals", "list", Label("合计列", "Columns with totals")),
        Setting("unique_columns", "list", Label("行内唯一的列", "Columns unique among rows")),
    )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> list[dict[str, Any]]:
            if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
                raise Invalid("not_rows", Label("明细应为若干行", "Expected rows"))
            return raw

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        count = len(value) if isinstance(value, list) else 0
        return Label(f"{count} 行", f"{count} row(s)").get(language)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=10, note=Label("见同名工作表", "See the sheet of that name").get(language))

    def xlsform(self, field: Field) -> str | None:
        return "begin repeat"


TYPE = Subtable()
