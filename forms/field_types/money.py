"""An amount of money."""

from __future__ import annotations

from typing import ClassVar

from forms.field_types.decimal import DecimalNumber
from forms.labels import Label


class Money(DecimalNumber):
    """An amount; its unit (元, 万元, 元/月) is the field's unit."""

    name = "money"
    label = Label("金额", "Amount")
    group = "number"
    about = Label("金额，精确到分", "An amount, exact to the cent")
    xlsform_reads: ClassVar[tuple[str, ...]] = ()


TYPE = Money()
