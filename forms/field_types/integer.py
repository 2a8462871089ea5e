"""A whole number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.answers.typed_text import EXCEL_DIGITS
from forms.definition import CodeList, Field
from forms.field_types.base import EQUALITY, ORDER, Compiled, ExcelColumn, FieldType, Setting, read_number
from forms.labels import Label

#: What a JSON number keeps exactly everywhere (RFC 8259 §6).
LARGEST = 2**53 - 1


def _cell(raw: Any) -> int | None:
    """Return the number in a cell of a workbook; ``None`` where it takes a closer look."""
    if type(raw) is float and raw.is_integer() and abs(raw) < 10**EXCEL_DIGITS:
        return int(raw)
    return None


class Integer(FieldType):
    """A whole number with limits."""

    name = "integer"
    label = Label("整数", "Whole number")
    group = "number"
    about = Label("人数、份数等整数，可定范围", "A count of people or things, in a range as you choose")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("integer", "int")
    xlsform_limits: ClassVar[Mapping[str, str]] = {"min": ". >= $n", "max": ". <= $n"}
    operators = (*EQUALITY, *ORDER)
    column_kind = "integer"
    inputmode = "numeric"
    settings = (
        Setting("min", "integer", Label("最小值", "Minimum"), least=-LARGEST, most=LARGEST),
        Setting("max", "integer", Label("最大值", "Maximum"), least=-LARGEST, most=LARGEST),
    )

    def limits(self, field: Field) -> tuple[int | None, int | None]:
        """Return the least and the greatest number that the field takes."""
        return field.settings.get("min"), field.settings.get("max")

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        low, high = self.limits(field)
        units = (field.unit.zh, field.unit.en) if field.unit else ()

        def check(raw: Any) -> int:
            if type(raw) is str and len(raw) <= EXCEL_DIGITS and raw.isdigit() and raw.isascii():
                value = int(raw)
            elif type(raw) is int:
                value = raw
            else:
                cell = _cell(raw)
                value = _whole(raw, units) if cell is None else cell
            if low is not None and value < low:
                raise Invalid("too_small", Label(f"不能小于 {low}", f"Must not be below {low}"))
            if high is not None and value > high:
                raise Invalid("too_large", Label(f"不能大于 {high}", f"Must not be above {high}"))
            if abs(value) > LARGEST:
                raise Invalid("too_large", Label("数字太大，请核对", "The number is too large"))
            return value

        return check

    def check_settings(self, field: Field) -> list[Label]:
        found = super().check_settings(field)
        low, high = self.limits(field)
        if low is not None and high is not None and low > high:
            found.append(Label("最小值大于最大值", "Minimum above maximum"))
        return found

    def masked(self, field: Field, value: Any) -> Any:
        return "***"

    def note(self, field: Field, language: str) -> str:
        low, high = self.limits(field)
        zh, en = "整数", "Whole number"
        if low is not None:
            zh, en = f"{zh}，≥ {low}", f"{en}, ≥ {low}"
        if high is not None:
            zh, en = f"{zh}，≤ {high}", f"{en}, ≤ {high}"
        return Label(zh, en).get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        return ExcelColumn(width=12, number_format="0", note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return value

    def from_xlsform_value(self, text: str) -> Any:
        return int(text) if text.removeprefix("-").isdecimal() else text

    def xlsform(self, field: Field) -> str | None:
        return "integer"


def _whole(raw: Any, units: tuple[str, ...]) -> int:
    number = read_number(raw, units)
    if number is None or (number.is_finite() and number != number.to_integral_value()):
        raise Invalid("not_integer", Label("请填整数，如 12", "Enter a whole number such as 12"))
    if number.is_infinite():
        return LARGEST + 1 if number > 0 else -LARGEST - 1
    return int(number)


TYPE = Integer()
