"""A table inside a form."""

from __future__ import annotations

from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, Setting
from forms.labels import Label

MOST_ROWS = 200
LIMIT = 2_000


class Subtable(FieldType):
    """Rows of columns (明细表); every row has an id ``_row`` that stays when rows move."""

    name = "subtable"
    label = Label("明细表", "Sub-table")
    group = "layout"
    about = Label("一行一条的明细，有自己的列", "Rows with columns of their own")
    wide = True
    xlsform_input = False
    column_kind = None
    sortable = False
    operators = ("empty", "not_empty")
    widget = "subtable"
    settings = (
        Setting("min_rows", "integer", Label("最少行数", "Fewest rows"), least=0, most=LIMIT),
        Setting("max_rows", "integer", Label("最多行数", "Most rows"), MOST_ROWS, least=1, most=LIMIT),
        Setting("totals", "list", Label("合计列", "Columns with totals")),
        Setting("unique_columns", "list", Label("行内唯一的列", "Columns unique among rows")),
        Setting("fixed_rows", "text", Label("固定行：每个选项一行的列", "Fixed rows: one for each option of")),
    )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> list[dict[str, Any]]:
            if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
                raise Invalid("not_rows", Label("明细应为若干行", "Expected rows"))
            return raw

        return check

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        low, high = field.setting("min_rows", 0), field.setting("max_rows", MOST_ROWS)
        if low > high:
            found.append(Label("最少行数大于最多行数", "Fewest rows above most rows"))
        return found

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        count = len(value) if isinstance(value, list) else 0
        return Label(f"{count} 行", f"{count} row(s)").get(language)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("见同名工作表", "See the sheet of that name").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=10, note=self.note(field, language))

    def xlsform(self, field: Field) -> str | None:
        return "begin repeat"


TYPE = Subtable()
