"""A number with decimal places, exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar

from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, Setting, narrow_text
from forms.labels import Label
from forms.problems import Invalid

LARGEST = Decimal(10) ** 15


class DecimalNumber(FieldType):
    """A decimal number; its canonical value is text with a fixed number of places, so nothing is ever rounded by a float."""

    name = "decimal"
    label = Label("小数", "Decimal number")
    operators = (*EQUALITY, *ORDER)
    column_kind = "numeric"
    inputmode = "decimal"
    places: ClassVar[int] = 2
    settings = (
        Setting("min", "number", Label("最小值", "Minimum")),
        Setting("max", "number", Label("最大值", "Maximum")),
        Setting("places", "integer", Label("小数位数", "Decimal places"), 2),
    )
    low: ClassVar[Decimal | None] = None
    high: ClassVar[Decimal | None] = None

    def limits(self, field: Field) -> tuple[Decimal | None, Decimal | None]:
        """Return the limits of the field."""
        low, high = field.settings.get("min"), field.settings.get("max")
        return (Decimal(str(low)) if low is not None else self.low, Decimal(str(high)) if high is not None else self.high)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        places = field.setting("places", self.places)
        step = Decimal(1).scaleb(-places)
        low, high = self.limits(field)

        def check(raw: Any) -> str:
            text = repr(raw) if isinstance(raw, float) else narrow_text(raw).replace(",", "").removesuffix("%")
            try:
                if isinstance(raw, bool | list | dict):
                    raise InvalidOperation
                value = Decimal(text)
                if not value.is_finite() or abs(value) >= LARGEST:
                    raise InvalidOperation
            except InvalidOperation:
                raise Invalid("not_number", Label("请填数字，如 12.5", "Enter a number such as 12.5")) from None
            rounded = value.quantize(step, rounding=ROUND_HALF_UP)
            if rounded != value and not isinstance(raw, float):
                raise Invalid("too_many_places", Label(f"最多 {places} 位小数", f"At most {places} decimal places"))
            if low is not None and rounded < low:
                raise Invalid("too_small", Label(f"不能小于 {low}", f"Must not be below {low}"))
            if high is not None and rounded > high:
                raise Invalid("too_large", Label(f"不能大于 {high}", f"Must not be above {high}"))
            return format(rounded if rounded else abs(rounded), "f")

        return check

    def column_value(self, field: Field, value: Any) -> Any:
        return Decimal(value)

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return f"{Decimal(value):,f}"

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        low, high = self.limits(field)
        zh, en = self.label.zh, self.label.en
        if low is not None:
            zh, en = f"{zh}，≥ {low}", f"{en}, ≥ {low}"
        if high is not None:
            zh, en = f"{zh}，≤ {high}", f"{en}, ≤ {high}"
        return Label(zh, en).get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        places = field.setting("places", self.places)
        return ExcelColumn(width=14, number_format="0." + "0" * places if places else "0", note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return float(value)

    def xlsform(self, field: Field) -> str | None:
        return "decimal"


TYPE = DecimalNumber()
