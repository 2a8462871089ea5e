"""A record of another form, or an organization."""

from __future__ import annotations

from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import (
    EQUALITY,
    Compiled,
    ExcelColumn,
    FieldType,
    Setting,
    pinyin_key,
    plain_text,
    refuse_rounded,
)
from forms.labels import Label

LONGEST = 200


class Reference(FieldType):
    """The id of a record and its public label at the time it was chosen.

    ``form`` of the field names the form referred to, or ``organization``; ``kinds`` limits organizations.
    """

    name = "reference"
    label = Label("关联记录", "Reference")
    group = "relation"
    about = Label("选择另一张表单的一条记录或一个单位", "A record of another form, or an organization")
    operators = (*EQUALITY, "contains")
    widget = "reference"
    settings = (Setting("kinds", "list", Label("单位类型", "Kinds of organization")),)
    refers = True
    labelled = True

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> dict[str, str]:
            chosen, label = (raw.get("id"), raw.get("label")) if isinstance(raw, dict) else (raw, "")
            refuse_rounded(chosen)
            identifier = plain_text(chosen) if isinstance(chosen, str | int | float) else ""
            if not identifier or isinstance(chosen, bool) or len(identifier) > LONGEST:
                raise Invalid("not_reference", Label("请从列表中选择", "Choose from the list"))
            return {"id": identifier, "label": plain_text(label)[:LONGEST].strip() if isinstance(label, str) else ""}

        return check

    def column_value(self, field: Field, value: Any) -> Any:
        return value["id"]

    def beside_value(self, field: Field, value: Any) -> str:
        return str(value["label"])

    def from_columns(self, field: Field, stored: Any, beside: str) -> Any:
        return {"id": stored, "label": beside}

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return str(value.get("label") or value.get("id") or "") if isinstance(value, dict) else str(value)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return pinyin_key(self.display(field, value, "zh", code_list))

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("填全称或信用代码", "Full name or credit code").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=28, text=True, note=self.note(field, language))

    def xlsform(self, field: Field) -> str | None:
        return None


TYPE = Reference()
