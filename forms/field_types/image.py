"""Pictures."""

from __future__ import annotations

from typing import ClassVar

from forms.definition import Field
from forms.field_types.file import File
from forms.labels import Label


class Image(File):
    """Attachments that are pictures."""

    name = "image"
    label = Label("图片", "Picture")
    group = "file"
    about = Label("上传一张或多张图片", "One or more pictures")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("image", "photo")
    accept = ("jpg", "jpeg", "png")

    def xlsform(self, field: Field) -> str | None:
        return "image"


TYPE = Image()
