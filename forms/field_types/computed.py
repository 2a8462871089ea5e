"""A value that the form works out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, Setting, pinyin_key
from forms.labels import Label
from forms.problems import Invalid


class Computed(FieldType):
    """The result of the field's ``compute`` expression; read only. ``result`` is ``number`` (default) or ``text``."""

    name = "computed"
    label = Label("计算", "Computed")
    operators = (*EQUALITY, *ORDER)
    column_kind = "numeric"
    widget = "computed"
    settings = (
        Setting("result", "text", Label("结果类型", "Kind of result"), "number"),
        Setting("places", "integer", Label("小数位数", "Decimal places"), 0),
    )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        places = field.setting("places", 0)
        step = Decimal(1).scaleb(-places)
        is_text = field.setting("result", "number") == "text"

        def check(raw: Any) -> Any:
            if isinstance(raw, bool | list | dict):
                raise Invalid("type", Label("公式的结果应为数字或文字", "The formula should give a number or text"))
            if is_text or not _number(str(raw)):
                return str(raw)
            value = Decimal(str(raw)).quantize(step, rounding=ROUND_HALF_UP)
            return int(value) if places == 0 else format(value, "f")

        return check

    def column_value(self, field: Field, value: Any) -> Any:
        return Decimal(str(value)) if _number(str(value)) else None

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return f"{Decimal(str(value)):,f}" if _number(str(value)) else str(value)

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        return pinyin_key(str(value))

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=12, note=Label("自动计算，无需填写", "Computed, leave empty").get(language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return float(value) if isinstance(value, str) and _number(value) else value

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        return None

    def xlsform(self, field: Field) -> str | None:
        return "calculate"


def _number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


TYPE = Computed()
