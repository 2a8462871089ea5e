"""A text that the form works out."""

from __future__ import annotations

from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, ExcelColumn, FieldType, plain_text
from forms.labels import Label

LONGEST = 2_000
NO_TEXT = Label("公式的结果应为文字或日期", "The formula should give a text or a date")


class ComputedText(FieldType):
    """The text (or the date, as ISO text) that the field's ``compute`` expression gives; read only."""

    name = "computed_text"
    label = Label("计算（文字）", "Computed text")
    group = "computed"
    about = Label("由公式得出的文字或日期，不用填写", "A text or date worked out by a formula")
    xlsform_input = False
    operators = (*EQUALITY, *TEXT)
    computes = True
    searchable = True
    widget = "computed"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            if isinstance(raw, bool | list | dict):
                raise Invalid("type", NO_TEXT)
            return plain_text(raw)[:LONGEST].strip()

        return check

    def note(self, field: Field, language: str) -> str:
        return Label("自动计算，无需填写", "Computed, leave empty").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=18, text=True, note=self.note(field, language))

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        return None

    def xlsform(self, field: Field) -> str | None:
        return "calculate"


TYPE = ComputedText()
