"""Yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, narrow_text
from forms.labels import Label

WORDS = {
    **dict.fromkeys(("true", "1", "是", "yes", "y", "√", "✓", "✔", "对", "on"), True),
    **dict.fromkeys(("false", "0", "否", "no", "n", "×", "x", "off"), False),
}
YES, NO = Label("是", "Yes"), Label("否", "No")


class Bool(FieldType):
    """Yes or no; unanswered is a third case."""

    name = "bool"
    label = Label("是/否", "Yes/No")
    counted = True
    group = "choice"
    about = Label("是或否二选一", "Yes or no")
    short = True
    xlsform_reads: ClassVar[tuple[str, ...]] = ("acknowledge", "trigger")
    column_kind = "bool"
    operators = ("eq", "ne", "empty", "not_empty")
    widget = "bool"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> bool:
            if isinstance(raw, bool):
                return raw
            value = WORDS.get(narrow_text(raw).casefold())
            if value is None:
                raise Invalid("not_bool", Label("请填“是”或“否”", "Enter yes or no"))
            return value

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return (YES if value is True else NO).get(language) if isinstance(value, bool) else str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return f"{YES.get(language)} / {NO.get(language)}"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        words = (YES.get(language), NO.get(language))
        return ExcelColumn(width=8, dropdown=words, note=self.note(field, language))

    def from_form(self, field: Field, values: Sequence[str], code_list: CodeList | None) -> Any:
        posted = super().from_form(field, values, code_list)
        return {"true": True, "false": False}.get(posted, posted)

    def xlsform_value(self, field: Field, value: Any) -> str:
        return "yes" if value is True else "no" if value is False else str(value)

    def from_xlsform_value(self, text: str) -> Any:
        return WORDS.get(text.casefold(), text)

    def xlsform(self, field: Field) -> str | None:
        return "select_one yes_no"


TYPE = Bool()
