"""An e-mail address."""

from __future__ import annotations

import re
from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, FieldType, narrow_text
from forms.labels import Label

#: What a browser takes for an address (HTML, ``input type=email``), with a dot in the domain.
PATTERN = re.compile(
    r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,})"
)


class Email(FieldType):
    """An e-mail address, lower case in its domain."""

    name = "email"
    label = Label("邮箱", "E-mail")
    group = "identity"
    about = Label("电子邮箱地址", "An e-mail address")
    operators = (*EQUALITY, *TEXT)
    html_type = "email"
    inputmode = "email"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            text = narrow_text(raw)
            match = PATTERN.fullmatch(text) if len(text) <= 254 else None
            if match is None:
                raise Invalid("not_email", Label("邮箱格式如 name@example.cn", "An address looks like name@example.cn"))
            return f"{match[1]}@{match[2].lower()}"

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value).casefold()

    def note(self, field: Field, language: str) -> str:
        return Label("如 name@example.cn", "Such as name@example.cn").get(language)


TYPE = Email()
