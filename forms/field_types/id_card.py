"""A resident's identity number (GB 11643-1999)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from forms.answers.moments import CHINA
from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import (
    EQUALITY,
    TEXT,
    Compiled,
    ExcelColumn,
    FieldType,
    Setting,
    narrow_text,
    refuse_rounded,
    wrong_check_digit,
)
from forms.labels import Label

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
SHAPE = re.compile(r"\d{17}[\dX]", re.ASCII)
EARLIEST = date(1900, 1, 1)
#: First two digits of divisions: the provinces of GB/T 2260, with 81, 82 and 83 of the residence permits of Hong Kong,
#: Macao and Taiwan, and 9 before the province on permits of foreigners since 2023. Within a province every district
#: counts as known: a number keeps that of its assignment, which may be merged or renamed, and new ones come every year.
PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d", re.ASCII)
OTHER_DOCUMENT = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)

CHECK_DIGIT = Label(
    "身份证号校验位不正确，请逐位核对",
    "The check digit of the ID number is wrong; compare it digit by digit",
)


def check_digit(body: str) -> str:
    """Return the check digit of the first 17 digits (ISO 7064 MOD 11-2)."""
    return CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def read_id_card(text: str) -> str:
    """Return a valid number; raises Invalid that tells length, date and check digit apart.

    The district is no reason to refuse a number: :func:`unknown_region` doubts it.
    """
    if len(text) != 18:
        raise Invalid(
            "length",
            Label(f"身份证号应为 18 位，现为 {len(text)} 位", f"An ID number has 18 characters, this has {len(text)}"),
        )
    if not SHAPE.fullmatch(text):
        raise Invalid(
            "format", Label("身份证号应为 17 位数字加 1 位数字或 X", "An ID number is 17 digits and a digit or X")
        )
    try:
        birth = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise Invalid(
            "birth_date",
            Label(
                "身份证号中的出生日期不存在，请核对第 7–14 位",
                "The birth date in the ID number does not exist; check characters 7–14",
            ),
        ) from None
    if not EARLIEST <= birth <= datetime.now(UTC).astimezone(CHINA).date():
        raise Invalid(
            "birth_date",
            Label(
                "身份证号中的出生日期不合理，请核对第 7–14 位",
                "The birth date in the ID number is not plausible; check characters 7–14",
            ),
        )
    if check_digit(text[:17]) != text[17]:
        raise wrong_check_digit(text, CHECK_DIGIT)
    return text


def unknown_region(number: str) -> Invalid | None:
    """Return the doubt about a number of 18 characters whose first digits are those of no province."""
    if PROVINCE.match(number):
        return None
    zh = f"身份证号前两位“{number[:2]}”不是省级行政区划代码，请核对证件；无误可照常提交"
    en = f"No province has the code {number[:2]} with which the ID number begins; check it, or go on if it is right"
    return Invalid("unknown_region", Label(zh, en))


class IdCard(FieldType):
    """An identity number.

    ``type_field`` names the field that says which kind of document it is, ``id_codes`` the kinds that follow GB 11643;
    other documents are 5 to 20 letters and digits. Without ``type_field`` every value must follow GB 11643.
    """

    name = "id_card"
    label = Label("居民身份证号", "ID number")
    group = "identity"
    about = Label("18 位身份证号，检查生日和校验位", "An ID number; birthday and check digit are verified")
    short = True
    operators = (*EQUALITY, *TEXT)
    settings = (
        Setting("type_field", "text", Label("证件类型字段", "Field with the kind of document")),
        Setting("id_codes", "list", Label("按身份证校验的证件类型", "Kinds that follow GB 11643")),
    )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        other_documents = bool(field.settings.get("type_field"))

        def check(raw: Any) -> str:
            refuse_rounded(raw)
            text = narrow_text(raw).upper()
            if other_documents and (len(text) != 18 or not text[:6].isdigit()):
                if not OTHER_DOCUMENT.fullmatch(text):
                    raise Invalid(
                        "format", Label("证件号码应为 5–20 位字母或数字", "A document number is 5–20 letters or digits")
                    )
                return text
            return read_id_card(text)

        return check

    def check_beside(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> None:
        kinds = field.setting("id_codes", [])
        if field.settings.get("type_field") and siblings.get(field.settings["type_field"]) in kinds:
            read_id_card(str(value))

    def doubts(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> Iterable[Invalid]:
        kind = field.settings.get("type_field")
        if kind and siblings.get(kind) not in field.setting("id_codes", []):
            return ()
        doubt = unknown_region(str(value))
        return () if doubt is None else (doubt,)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def note(self, field: Field, language: str) -> str:
        return Label("18 位，单元格格式须为文本", "18 characters, as text").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=22, text=True, note=self.note(field, language))


TYPE = IdCard()
