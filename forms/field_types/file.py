"""Attachments."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn, FieldType, Setting
from forms.labels import Label

IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,40}")
EXTENSION = re.compile(r"[a-z0-9]{1,8}")
MOST_FILES = 50


class File(FieldType):
    """A list of attachment ids; the files themselves are the application's affair."""

    name = "file"
    label = Label("附件", "Attachment")
    group = "file"
    about = Label("上传一个或多个文件", "One or more files")
    wide = True
    xlsform_reads: ClassVar[tuple[str, ...]] = ("file", "audio", "video")
    column_kind = "json"
    several = True
    sortable = False
    attachment = True
    operators = ("empty", "not_empty")
    widget = "file"
    accept: ClassVar[tuple[str, ...]] = ("pdf", "jpg", "jpeg", "png", "ofd", "xlsx", "docx")
    settings = (
        Setting("accept", "list", Label("允许的扩展名", "File types")),
        Setting("max_size", "integer", Label("单个不超过（MB）", "Largest size (MB)"), 10, least=1, most=100),
        Setting("multiple", "bool", Label("可传多个", "Several files"), default=False),
        Setting("min_files", "integer", Label("最少个数", "Fewest files"), least=0, most=MOST_FILES),
        Setting("max_files", "integer", Label("最多个数", "Most files"), 9, least=1, most=MOST_FILES),
    )

    def count(self, field: Field) -> tuple[int, int]:
        """Return how many attachments there are at least and at most."""
        multiple = field.setting("multiple", default=False)
        return field.setting("min_files", 0), field.setting("max_files", 9) if multiple else 1

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        low, high = self.count(field)

        def check(raw: Any) -> list[str]:
            items = raw if isinstance(raw, list | tuple) else [raw]
            ids = [item.get("id") if isinstance(item, dict) else item for item in items if item]
            if not all(isinstance(item, str) and IDENTIFIER.fullmatch(item) for item in ids):
                raise Invalid("not_file", Label("请重新上传附件", "Upload the attachment again"))
            found = list(dict.fromkeys(map(str, ids)))
            if len(found) > high:
                raise Invalid("too_many_files", Label(f"最多 {high} 个附件", f"At most {high} files"))
            if len(found) < low:
                raise Invalid("too_few_files", Label(f"至少 {low} 个附件", f"At least {low} files"))
            return found

        return check

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        low, high = self.count(field)
        if low > high:
            found.append(
                Label(
                    f"最少要 {low} 个附件，却最多只能传 {high} 个",
                    f"At least {low} files are wanted but only {high} are allowed",
                )
            )
        odd = [item for item in field.setting("accept", []) if not EXTENSION.fullmatch(item)]
        if odd:
            found.append(
                Label(f"扩展名“{odd[0]}”写法不对，如 pdf", f"“{odd[0]}” is no file extension; write one such as pdf")
            )
        return found

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        count = len(value) if isinstance(value, list) else 1
        return Label(f"{count} 个附件", f"{count} file(s)").get(language)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("附件请导入后在页面上传", "Upload attachments on the page after the import").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=12, text=True, note=self.note(field, language))

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        return None

    def xlsform(self, field: Field) -> str | None:
        return "file"


TYPE = File()
