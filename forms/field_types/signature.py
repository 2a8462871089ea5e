"""A signature, as a picture of it."""

from __future__ import annotations

from typing import ClassVar

from forms.field_types.image import Image
from forms.labels import Label


class Signature(Image):
    """A scanned or photographed signature or seal."""

    name = "signature"
    label = Label("签名", "Signature")
    group = "file"
    about = Label("在屏幕上手写签名", "A signature written on the screen")
    xlsform_appearance = "signature"
    xlsform_reads: ClassVar[tuple[str, ...]] = ("image signature",)


TYPE = Signature()
