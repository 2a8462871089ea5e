"""A number with decimal places, exact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, Setting, read_number
from forms.labels import Label

#: 15 digits before the point and 6 after it: what both databases and every spreadsheet keep.
LIMIT = Decimal(10) ** 15
MOST_PLACES = 6
#: What is a number as it stands.
_PLAIN = re.compile(r"(0|[1-9]\d{0,14})(?:\.(\d{1,6}))?", re.ASCII)


class DecimalNumber(FieldType):
    """A decimal number; canonical text with a fixed number of places, so that no float ever rounds it."""

    name = "decimal"
    label = Label("小数", "Decimal number")
    group = "number"
    about = Label("带小数的数字，可定小数位数和范围", "A number with decimals, places and range as you choose")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("decimal",)
    xlsform_limits: ClassVar[Mapping[str, str]] = {"min": ". >= $n", "max": ". <= $n"}
    operators = (*EQUALITY, *ORDER)
    column_kind = "numeric"
    inputmode = "decimal"
    places: ClassVar[int] = 2
    settings = (
        Setting("min", "number", Label("最小值", "Minimum")),
        Setting("max", "number", Label("最大值", "Maximum")),
        Setting("places", "integer", Label("小数位数", "Decimal places"), 2, least=0, most=MOST_PLACES),
    )
    low: ClassVar[Decimal | None] = None
    high: ClassVar[Decimal | None] = None

    def limits(self, field: Field) -> tuple[Decimal | None, Decimal | None]:
        """Return the least and the greatest number that the field takes."""
        low, high = field.settings.get("min"), field.settings.get("max")
        return (
            Decimal(str(low)) if low is not None else self.low,
            Decimal(str(high)) if high is not None else self.high,
        )

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        places = field.setting("places", self.places)
        step = Decimal(1).scaleb(-places)
        low, high = self.limits(field)
        units = (field.unit.zh, field.unit.en) if field.unit else ()
        # A limit of 0 is kept by whatever is written without a sign.
        bounded = high is not None or (low is not None and low > 0)

        def check(raw: Any) -> str:
            plain = _PLAIN.fullmatch(raw) if isinstance(raw, str) else None
            if plain is not None and not bounded and len(plain[2] or "") <= places:
                # Nothing to work out: the places that are missing are noughts.
                return f"{plain[1]}.{plain[2] or '':0<{places}}" if places else plain[1]
            value = Decimal(raw) if plain is not None else read_number(raw, units)
            if value is None:
                raise Invalid("not_number", Label("请填数字，如 12.5", "Enter a number such as 12.5"))
            if not -LIMIT < value < LIMIT:
                raise Invalid("too_large", Label("数字太大，请核对", "The number is too large"))
            rounded = value.quantize(step, rounding=ROUND_HALF_UP)
            if rounded != value:
                raise Invalid("too_many_places", Label(f"最多 {places} 位小数", f"At most {places} decimal places"))
            if low is not None and rounded < low:
                raise Invalid("too_small", Label(f"不能小于 {low}", f"Must not be below {low}"))
            if high is not None and rounded > high:
                raise Invalid("too_large", Label(f"不能大于 {high}", f"Must not be above {high}"))
            return format(rounded or abs(rounded), "f")

        return check

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        low, high = self.limits(field)
        if low is not None and high is not None and low > high:
            found.append(Label("最小值大于最大值", "Minimum above maximum"))
        return found

    def column_value(self, field: Field, value: Any) -> Any:
        return Decimal(value)

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        return grouped(value)

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
        return ExcelColumn(
            width=14, number_format="0." + "0" * places if places else "0", note=self.note(field, language)
        )

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return float(value)

    def from_xlsform_value(self, text: str) -> Any:
        return int(text) if text.removeprefix("-").isdecimal() else text

    def xlsform(self, field: Field) -> str | None:
        return "decimal"


def grouped(value: Any) -> str:
    """Return a number with its digits grouped; what is none as it stands."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return f"{number:,f}" if number.is_finite() else str(value)


TYPE = DecimalNumber()
