"""Attachments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import wtforms

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, Setting
from forms.labels import Label
from forms.problems import Invalid


class File(FieldType):
    """A list of attachment ids; the files themselves are the application's affair."""

    name = "file"
    label = Label("附件", "Attachment")
    column_kind = "json"
    sortable = False
    operators = ("empty", "not_empty")
    widget = "file"
    accept: ClassVar[tuple[str, ...]] = ("pdf", "jpg", "jpeg", "png", "ofd", "xlsx", "docx")
    settings = (
        Setting("accept", "list", Label("允许的扩展名", "File types")),
        Setting("max_size", "integer", Label("单个不超过（MB）", "Largest size (MB)"), 10),
        Setting("multiple", "bool", Label("可传多个", "Several files"), default=False),
        Setting("min_files", "integer", Label("最少个数", "Fewest files")),
        Setting("max_files", "integer", Label("最多个数", "Most files"), 9),
    )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        multiple = field.setting("multiple", default=False)
        low, high = field.setting("min_files", 0), field.setting("max_files", 9) if multiple else 1

        def check(raw: Any) -> list[str]:
            items = raw if isinstance(raw, list | tuple) else [raw]
            ids = [item.get("id") if isinstance(item, dict) else item for item in items if item]
            if not all(isinstance(item, str) and len(item) <= 40 and item.isalnum() for item in ids):
                raise Invalid("not_file", Label("请重新上传附件", "Upload the attachment again"))
            if len(ids) > high:
                raise Invalid("too_many_files", Label(f"最多 {high} 个附件", f"At most {high} files"))
            if len(ids) < low:
                raise Invalid("too_few_files", Label(f"至少 {low} 个附件", f"At least {low} files"))
            return list(dict.fromkeys(str(item) for item in ids))

        return check

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        count = len(value) if isinstance(value, list) else 1
        return Label(f"{count} 个附件", f"{count} file(s)").get(language)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(
            width=12,
            text=True,
            note=Label("附件请导入后在页面上传", "Upload attachments on the page after the import").get(language),
        )

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        return None

    def wtforms_field(self, field: Field, code_list: CodeList | None, language: str, validators: Sequence[Any]) -> Any:
        return wtforms.MultipleFileField(field.label.get(language), validators=list(validators))

    def from_form(self, field: Field, values: Sequence[str]) -> Any:
        return [value for value in values if value]

    def xlsform(self, field: Field) -> str | None:
        return "file"


TYPE = File()
