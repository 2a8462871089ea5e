"""A unified social credit code (GB 32100-2015)."""

from __future__ import annotations

from typing import Any

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, TEXT, Compiled, ExcelColumn, FieldType, narrow_text, refuse_rounded
from forms.labels import Label
from forms.problems import Invalid

#: Registration numbers before 2015.
OLD_LENGTH = 15
OLD_NUMBER = Label(
    "这是 15 位旧注册号，请填营业执照上 18 位的统一社会信用代码",
    "This is an old registration number of 15 digits; enter the credit code of 18 characters from the licence",
)


class CreditCode(FieldType):
    """Eighteen characters with a check character; letters are raised, blanks dropped."""

    name = "credit_code"
    label = Label("统一社会信用代码", "Unified social credit code")
    operators = (*EQUALITY, *TEXT)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        def check(raw: Any) -> str:
            refuse_rounded(raw)
            text = narrow_text(raw).replace("-", "").upper()
            try:
                return str(uscc.validate(text))
            except InvalidLength:
                if len(text) == OLD_LENGTH:
                    raise Invalid("old_number", OLD_NUMBER) from None
                raise Invalid(
                    "length",
                    Label(
                        f"统一社会信用代码应为 18 位，现为 {len(text)} 位",
                        f"A credit code has 18 characters, this has {len(text)}",
                    ),
                ) from None
            except InvalidChecksum:
                raise Invalid(
                    "check_digit",
                    Label(
                        "统一社会信用代码校验位不正确，请对照营业执照核对",
                        "The check character is wrong; compare with the licence",
                    ),
                ) from None
            except ValidationError:
                raise Invalid(
                    "format",
                    Label(
                        "统一社会信用代码含有不该有的字符（没有 I、O、Z、S、V）",
                        "The code contains characters that it cannot have (I, O, Z, S, V)",
                    ),
                ) from None

        return check

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return str(value)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=22, text=True, note=Label("18 位", "18 characters").get(language))


TYPE = CreditCode()
