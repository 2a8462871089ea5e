"""A unified social credit code (GB 32100-2015)."""

from __future__ import annotations

import re
from typing import Any

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import (
    EQUALITY,
    TEXT,
    Compiled,
    ExcelColumn,
    FieldType,
    narrow_text,
    refuse_rounded,
    wrong_check_digit,
)
from forms.labels import Label

#: Digits and letters without I, O, S, V and Z, by their value in the check.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
#: Registering authority and kind of body (which may be letters: N is agriculture), district, body, check character.
SHAPE = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
#: Registration numbers before 2015.
OLD_LENGTH = 15

OLD_NUMBER = Label(
    "这是 15 位旧注册号，请填营业执照上 18 位的统一社会信用代码",
    "This is an old registration number of 15 digits; enter the credit code of 18 characters from the licence",
)
CHARACTERS = Label(
    "统一社会信用代码不含字母 I、O、S、V、Z 和其他符号，请核对是否应为数字 1、0、5、2",
    "A credit code has no letter I, O, S, V or Z and no sign; perhaps 1, 0, 5 or 2 is meant",
)
DISTRICT = Label(
    "统一社会信用代码第 3–8 位应为数字，请对照营业执照核对",
    "Characters 3–8 of a credit code are digits; compare with the licence",
)
CHECK_DIGIT = Label(
    "统一社会信用代码校验位不正确，请对照营业执照核对",
    "The check character is wrong; compare with the licence",
)


def check_character(body: str) -> str:
    """Return the check character of the first 17 characters."""
    total = sum(VALUES[character] * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


class CreditCode(FieldType):
    """Eighteen characters with a check character; letters are raised, blanks and hyphens dropped."""

    name = "credit_code"
    label = Label("统一社会信用代码", "Unified social credit code")
    group = "identity"
    about = Label("18 位统一社会信用代码，检查校验位", "The code of an organization; its check digit is verified")
    short = True
    operators = (*EQUALITY, *TEXT)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            refuse_rounded(raw)
            text = narrow_text(raw).replace("-", "").upper()
            if len(text) != 18:
                raise _wrong_length(text)
            if not SHAPE.fullmatch(text):
                raise Invalid("format", DISTRICT if VALUES.keys() >= set(text) else CHARACTERS)
            if check_character(text[:17]) != text[17]:
                raise wrong_check_digit(text, CHECK_DIGIT)
            return text

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def note(self, field: Field, language: str) -> str:
        return Label("18 位", "18 characters").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=22, text=True, note=self.note(field, language))


def _wrong_length(text: str) -> Invalid:
    if len(text) == OLD_LENGTH and text.isdigit():
        return Invalid("old_number", OLD_NUMBER)
    return Invalid(
        "length",
        Label(
            f"统一社会信用代码应为 18 位，现为 {len(text)} 位",
            f"A credit code has 18 characters, this has {len(text)}",
        ),
    )


TYPE = CreditCode()
