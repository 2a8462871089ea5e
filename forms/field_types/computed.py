"""A number that the form works out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, Setting
from forms.field_types.decimal import LIMIT, MOST_PLACES, grouped
from forms.labels import Label

NO_NUMBER = Label("公式的结果应为数字", "The formula should give a number")


class Computed(FieldType):
    """The number that the field's ``compute`` expression gives; read only."""

    name = "computed"
    label = Label("计算（数字）", "Computed number")
    group = "computed"
    about = Label("由公式算出的数字，不用填写", "A number worked out by a formula")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("calculate",)
    xlsform_input = False
    operators = (*EQUALITY, *ORDER)
    column_kind = "numeric"
    computes = True
    widget = "computed"
    settings = (Setting("places", "integer", Label("小数位数", "Decimal places"), 0, least=0, most=MOST_PLACES),)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        places = field.setting("places", 0)
        step = Decimal(1).scaleb(-places)

        def check(raw: Any) -> int | str:
            value = _number(raw)
            if value is None or not -LIMIT < value < LIMIT:
                raise Invalid("not_number", NO_NUMBER)
            rounded = value.quantize(step, rounding=ROUND_HALF_UP)
            return int(rounded) if places == 0 else format(rounded or abs(rounded), "f")

        return check

    def column_value(self, field: Field, value: Any) -> Any:
        return Decimal(value)

    def from_column(self, field: Field, stored: Any) -> Any:
        return super().from_column(field, stored) if field.setting("places", 0) else int(stored)

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return grouped(value)

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        return Label("自动计算，无需填写", "Computed, leave empty").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        places = field.setting("places", 0)
        return ExcelColumn(
            width=12, number_format="0." + "0" * places if places else "0", note=self.note(field, language)
        )

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return float(value) if isinstance(value, str) else value

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        return None

    def xlsform(self, field: Field) -> str | None:
        return "calculate"


def _number(raw: Any) -> Decimal | None:
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


TYPE = Computed()
