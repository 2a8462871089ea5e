"""One of several options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import wtforms

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, plain_text
from forms.labels import Label
from forms.problems import Invalid

#: Longer lists of a drop-down are no help in Excel; they go to a sheet of their own.
NOTE_OPTIONS = 12


def option_text(code_list: CodeList | None, code: Any, language: str) -> str:
    """Return the label of *code*; the code itself where the list no longer knows it."""
    option = code_list.get(code) if code_list and isinstance(code, str) else None
    return option.label.get(language) if option else str(code)


def read_code(raw: Any, code_list: CodeList | None) -> str:
    """Return the code meant by *raw* (a code, a label, an alias, ``code label``); raises Invalid."""
    text = plain_text(raw)
    if code_list is None:
        return text
    code = code_list.find(text)
    if code is None:
        choices = [option.label.zh for option in code_list.options if not option.retired][:NOTE_OPTIONS]
        english = [option.label.get("en") for option in code_list.options if not option.retired][:NOTE_OPTIONS]
        raise Invalid(
            "unknown_option",
            Label(
                f"没有“{text[:30]}”这个选项，可选：{'、'.join(choices)}",
                f"“{text[:30]}” is not an option; choose from: {', '.join(english)}",
            ),
        )
    return code


class Select(FieldType):
    """One option of an inline list or a code list; the code is stored."""

    name = "select"
    label = Label("单选", "Single choice")
    widget = "select"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            if isinstance(raw, list | dict):
                raise Invalid("type", Label("只能选一项", "Choose one"))
            return read_code(raw, code_list)

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return option_text(code_list, value, language)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        live = [option for option in code_list.options if not option.retired] if code_list else []
        texts = tuple(code_list.cell_text(option.code, language) for option in live) if code_list else ()
        return ExcelColumn(
            width=20,
            text=True,
            dropdown=texts or None,
            note=Label("从下拉列表选择", "Choose from the list").get(language),
        )

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return code_list.cell_text(value, language) if code_list and isinstance(value, str) else value

    def wtforms_field(self, field: Field, code_list: CodeList | None, language: str, validators: Sequence[Any]) -> Any:
        choices = [("", "")] + [
            (o.code, o.label.get(language)) for o in (code_list.options if code_list else ()) if not o.retired
        ]
        return wtforms.SelectField(
            field.label.get(language), choices=choices, validators=list(validators), validate_choice=False
        )

    def xlsform(self, field: Field) -> str | None:
        return f"select_one {field.codelist or field.key}"


TYPE = Select()
