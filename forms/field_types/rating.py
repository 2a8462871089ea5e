"""A mark from 1 to 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from forms.definition import Field
from forms.field_types.base import Setting
from forms.field_types.integer import Integer
from forms.labels import Label

HIGHEST = 5
MOST_MARKS = 10


class Rating(Integer):
    """A whole number from 1 to 5; ``max`` sets another highest mark."""

    name = "rating"
    label = Label("评分", "Rating")
    counted = True
    group = "choice"
    about = Label("打分，如 1 至 5 分", "Marks, such as 1 to 5")
    xlsform_reads: ClassVar[tuple[str, ...]] = ("range",)
    xlsform_limits: ClassVar[Mapping[str, str]] = {}
    settings = (
        Setting("min", "integer", Label("最低分", "Lowest mark"), 1, least=0, most=MOST_MARKS),
        Setting("max", "integer", Label("最高分", "Highest mark"), HIGHEST, least=1, most=MOST_MARKS),
    )

    def limits(self, field: Field) -> tuple[int | None, int | None]:
        return field.setting("min", 1), field.setting("max", HIGHEST)

    def xlsform(self, field: Field) -> str | None:
        return "range"

    def xlsform_parameters(self, field: Field) -> Mapping[str, str]:
        return {"start": str(field.setting("min", 1)), "end": str(field.setting("max", HIGHEST)), "step": "1"}

    def from_xlsform_parameters(self, parameters: Mapping[str, str]) -> Mapping[str, Any] | None:
        start, end = parameters.get("start", "1"), parameters.get("end", "10")
        if parameters.get("step", "1") != "1" or not (start.isdecimal() and end.isdecimal()):
            return None
        if not int(start) < int(end) <= MOST_MARKS:
            return None
        wanted = {"min": (int(start), 1), "max": (int(end), HIGHEST)}
        return {name: value for name, (value, usual) in wanted.items() if value != usual}


TYPE = Rating()
