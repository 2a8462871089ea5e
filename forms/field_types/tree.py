"""An option of a code list that is a tree."""

from __future__ import annotations

from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, Compiled, ExcelColumn, Setting
from forms.field_types.select import Select, live_options, read_code
from forms.labels import Label


class Tree(Select):
    """A code of a tree; ``leaves_only`` refuses what has others below it."""

    name = "tree"
    label = Label("树形码表", "Code-list tree")
    group = "choice"
    about = Label("从分级码表中逐级选择", "A choice from a code list with levels")
    xlsform_reads: ClassVar[tuple[str, ...]] = ()
    operators = (*EQUALITY, "under")
    widget = "tree"
    settings = (Setting("leaves_only", "bool", Label("只能选最末级", "Leaves only"), default=False),)

    def inner(self, field: Field, code_list: CodeList | None) -> set[str | None]:
        """Return the codes that cannot be chosen because others stand below them."""
        leaves_only = field.setting("leaves_only", default=False)
        return {option.parent for option in live_options(code_list)} if leaves_only else set()

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        inner = self.inner(field, code_list)

        def check(raw: Any) -> str:
            if isinstance(raw, list | dict):
                raise Invalid("type", Label("只能选一项", "Choose one"))
            code = read_code(raw, code_list)
            if code in inner:
                raise Invalid("not_leaf", Label("请选到最末一级", "Choose an entry of the lowest level"))
            return code

        return check

    def note(self, field: Field, language: str) -> str:
        return Label("填代码或名称", "Code or name").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        inner = self.inner(field, code_list)
        offered = [option for option in live_options(code_list) if option.code not in inner]
        texts = tuple(f"{option.code} {option.label.get(language)}" for option in offered)
        return ExcelColumn(width=28, text=True, dropdown=texts or None, note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        option = code_list.get(value) if code_list and isinstance(value, str) else None
        return f"{value} {option.label.get(language)}" if option else value


TYPE = Tree()
