"""A landline number."""

from __future__ import annotations

import re
from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, narrow_text
from forms.field_types.phone import Phone
from forms.labels import Label
from forms.problems import Invalid

PATTERN = re.compile(r"(0\d{2,3}-?)?\d{7,8}(-\d{1,6})?", re.ASCII)


class Tel(Phone):
    """A landline number with area code and extension, or a mobile number."""

    name = "tel"
    label = Label("座机", "Landline")

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            text = narrow_text(raw).replace("(", "").replace(")", "-").replace("—", "-")
            if not PATTERN.fullmatch(text):
                raise Invalid("not_tel", Label("座机格式如 0452-1234567", "A landline looks like 0452-1234567"))
            return text

        return check


TYPE = Tel()
