"""A landline number."""

from __future__ import annotations

import re
from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, narrow_text, refuse_rounded
from forms.field_types.phone import Phone, read_mobile
from forms.labels import Label

#: Area code (three places for 010 and 02x, else four), number, extension.
LANDLINE = re.compile(r"(?:(010|02\d|0[3-9]\d\d)-?)?([1-9]\d{6,7})(?:-(\d{1,6}))?", re.ASCII)
#: Numbers that a company answers everywhere: 400 and 800.
COMPANY = re.compile(r"([48]00)-?(\d{3})-?(\d{4})", re.ASCII)


class Tel(Phone):
    """A landline number with area code and extension, a company's 400 number, or a mobile number."""

    name = "tel"
    label = Label("座机", "Landline")
    group = "identity"
    about = Label("固定电话，可带区号和分机", "A landline with area code and extension")
    short = True

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            refuse_rounded(raw)
            text = re.sub("-+", "-", narrow_text(raw).replace("(", "").replace(")", "-").replace("转", "-"))
            number = read_mobile(text)
            if number is not None:
                return number
            match = COMPANY.fullmatch(text) or LANDLINE.fullmatch(text.removeprefix("+86").removeprefix("-"))
            if match is None:
                raise Invalid(
                    "not_tel",
                    Label(
                        "座机格式如 0452-1234567，分机写在后面如 0452-1234567-801",
                        "A landline looks like 0452-1234567, with its extension 0452-1234567-801",
                    ),
                )
            return "-".join(part for part in match.groups() if part)

        return check

    def note(self, field: Field, language: str) -> str:
        return Label("如 0452-1234567", "Such as 0452-1234567").get(language)


TYPE = Tel()
