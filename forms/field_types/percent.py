"""A percentage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import Compiled, ExcelColumn
from forms.field_types.decimal import DecimalNumber
from forms.labels import Label

#: A spreadsheet keeps 45% as the number 0.45, which may just as well have been typed as 0.45.
HUNDREDFOLD = Label(
    "分不清是百分数还是小数，请写成文字，如 45%",
    "This may be a percentage or a fraction; write it as text such as 45%",
)


class Percent(DecimalNumber):
    """A percentage from 0 to 100, stored as that number; text may end with %."""

    name = "percent"
    label = Label("百分比", "Percentage")
    group = "number"
    about = Label("百分比，如 12.5", "A percentage, such as 12.5")
    xlsform_reads: ClassVar[tuple[str, ...]] = ()
    low = Decimal(0)
    high = Decimal(100)

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        number = super().compile(field, code_list)

        def check(raw: Any) -> Any:
            if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 < abs(raw) <= 1:
                raise Invalid("percent_or_fraction", HUNDREDFOLD)
            return number(raw)

        return check

    def note(self, field: Field, language: str) -> str:
        return super().note(field, language) + Label("，如 45%", ", such as 45%").get(language)

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        # As text, so that what is typed stays what it says.
        return ExcelColumn(width=10, text=True, note=self.note(field, language))

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        return f"{value}%"


TYPE = Percent()
