"""An e-mail address."""

from __future__ import annotations

import re
from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, FieldType, narrow_text
from forms.labels import Label
from forms.problems import Invalid

PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Email(FieldType):
    """An e-mail address, lower case in its domain."""

    name = "email"
    label = Label("邮箱", "E-mail")
    operators = (*EQUALITY, *TEXT)
    html_type = "email"
    inputmode = "email"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            text = narrow_text(raw)
            if len(text) > 254 or not PATTERN.fullmatch(text):
                raise Invalid("not_email", Label("邮箱格式如 name@example.cn", "An address looks like name@example.cn"))
            name, _, domain = text.rpartition("@")
            return f"{name}@{domain.lower()}"

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value).casefold()


TYPE = Email()
