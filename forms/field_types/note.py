"""Explanatory text."""

from __future__ import annotations

from typing import ClassVar

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, FieldType
from forms.labels import Label


class Note(FieldType):
    """A text on the form; it takes no answer."""

    name = "note"
    label = Label("说明文字", "Note")
    group = "layout"
    about = Label("显示给填报人的说明，不收集内容", "A text for whoever fills in; nothing is asked")
    wide = True
    xlsform_reads: ClassVar[tuple[str, ...]] = ("note",)
    xlsform_input = False
    stores = False
    column_kind = None
    sortable = False
    operators = ()
    widget = "note"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        return lambda _raw: None

    def xlsform(self, field: Field) -> str | None:
        return "note"


TYPE = Note()
