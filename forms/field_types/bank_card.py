"""A bank card number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stdnum import luhn

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import (
    EQUALITY,
    Compiled,
    ExcelColumn,
    FieldType,
    narrow_text,
    refuse_rounded,
    wrong_check_digit,
)
from forms.labels import Label

CHECK_DIGIT = Label(
    "银行卡号校验位不正确，请逐位核对",
    "The check digit of the card number is wrong; compare it digit by digit",
)


class BankCard(FieldType):
    """16 to 19 digits; a wrong Luhn check digit (ISO/IEC 7812) is only a doubt: accounts of banks need not have one."""

    name = "bank_card"
    label = Label("银行卡号", "Bank card number")
    group = "identity"
    about = Label("银行卡号，检查位数，校验位不符只提醒", "A card number; a wrong check digit is only told")
    operators = EQUALITY
    inputmode = "numeric"

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            refuse_rounded(raw)
            text = narrow_text(raw).replace("-", "")
            if not (16 <= len(text) <= 19 and text.isascii() and text.isdigit()):
                raise Invalid("length", _length(text))
            return text

        return check

    def doubts(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> Iterable[Invalid]:
        return () if luhn.is_valid(str(value)) else (wrong_check_digit(str(value), CHECK_DIGIT),)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def note(self, field: Field, language: str) -> str:
        return Label("16–19 位，文本格式", "16–19 digits, as text").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=22, text=True, note=self.note(field, language))


def _length(text: str) -> Label:
    return Label(
        f"银行卡号为 16–19 位数字，现为 {len(text)} 位", f"A card number has 16–19 digits, this has {len(text)}"
    )


TYPE = BankCard()
