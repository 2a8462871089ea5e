"""A percentage."""

from __future__ import annotations

from decimal import Decimal

from forms.field_types.decimal import DecimalNumber
from forms.labels import Label


class Percent(DecimalNumber):
    """A percentage from 0 to 100, stored as that number."""

    name = "percent"
    label = Label("百分比", "Percentage")
    low = Decimal(0)
    high = Decimal(100)


TYPE = Percent()
