"""A record of another form, or an organization."""

from __future__ import annotations

from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, Compiled, ExcelColumn, FieldType, Setting, pinyin_key, plain_text
from forms.labels import Label
from forms.problems import Invalid


class Reference(FieldType):
    """The id of a record and its public label at the time it was chosen.

    ``form`` of the field names the form referred to, or ``organization``; ``kinds`` limits organizations.
    """

    name = "reference"
    label = Label("关联记录", "Reference")
    operators = (*EQUALITY, "contains")
    widget = "reference"
    settings = (Setting("kinds", "list", Label("单位类型", "Kinds of organization")),)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> dict[str, str]:
            if isinstance(raw, dict):
                identifier, label = plain_text(raw.get("id") or ""), plain_text(raw.get("label") or "")
            else:
                identifier, label = plain_text(raw), ""
            if not identifier or len(identifier) > 200:
                raise Invalid("not_reference", Label("请从列表中选择", "Choose from the list"))
            return {"id": identifier, "label": label}

        return check

    def column_value(self, field: Field, value: Any) -> Any:
        return value["id"]

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return str(value.get("label") or value.get("id")) if isinstance(value, dict) else str(value)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return pinyin_key(self.display(field, value, "zh", code_list))

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(
            width=28, text=True, note=Label("填全称或信用代码", "Full name or credit code").get(language)
        )

    def xlsform(self, field: Field) -> str | None:
        return None


TYPE = Reference()
