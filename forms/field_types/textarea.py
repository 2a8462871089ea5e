"""Several lines of text."""

from __future__ import annotations

from typing import ClassVar

from forms.field_types.text import Text
from forms.labels import Label


class Textarea(Text):
    """Text that may have several lines."""

    name = "textarea"
    label = Label("多行文本", "Long text")
    group = "text"
    about = Label("几行文字，如工作内容", "A text of several lines")
    wide = True
    xlsform_appearance = "multiline"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("text multiline", "string multiline")
    sortable = False
    length = 2000
    multiline = True
    widget = "textarea"


TYPE = Textarea()
