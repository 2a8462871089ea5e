"""A mobile number of the mainland."""

from __future__ import annotations

import re
from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, ExcelColumn, FieldType, narrow_text, refuse_rounded
from forms.labels import Label

PATTERN = re.compile(r"\(?(?:\+|00)?(?:86)?\)?(1[3-9]\d{9})", re.ASCII)


def read_mobile(raw: Any) -> str | None:
    """Return the eleven digits of a mobile number; None for anything else."""
    match = PATTERN.fullmatch(narrow_text(raw).replace("-", ""))
    return match[1] if match else None


class Phone(FieldType):
    """Eleven digits beginning with 13 to 19; blanks, hyphens and the country's 86 are dropped."""

    name = "phone"
    label = Label("手机号", "Mobile number")
    group = "identity"
    about = Label("11 位手机号", "A mobile number of 11 digits")
    short = True
    operators = (*EQUALITY, *TEXT)
    inputmode = "tel"
    html_type = "tel"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            refuse_rounded(raw)
            number = read_mobile(raw)
            if number is None:
                raise Invalid("not_phone", Label("请填 11 位手机号", "Enter a mobile number of 11 digits"))
            return number

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def note(self, field: Field, language: str) -> str:
        return Label("11 位手机号", "11 digits").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=14, text=True, note=self.note(field, language))


TYPE = Phone()
