"""A mark from 1 to 5."""

from __future__ import annotations

from forms.definition import CodeList, Field
from forms.field_types.base import Compiled
from forms.field_types.integer import Integer
from forms.labels import Label
from forms.problems import Invalid

HIGHEST = 5


class Rating(Integer):
    """A whole number from 1 to 5; ``max`` sets another highest mark."""

    name = "rating"
    label = Label("评分", "Rating")

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        whole = super().compile(field, code_list)
        low, high = field.setting("min", 1), field.setting("max", HIGHEST)

        def check(raw: object) -> int:
            mark = int(whole(raw))
            if not low <= mark <= high:
                raise Invalid("out_of_range", Label(f"请评 {low}–{high} 分", f"Give a mark from {low} to {high}"))
            return mark

        return check


TYPE = Rating()
