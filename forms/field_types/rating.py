"""A mark from 1 to 5."""

from __future__ import annotations

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
    settings = (
        Setting("min", "integer", Label("最低分", "Lowest mark"), 1, least=0, most=MOST_MARKS),
        Setting("max", "integer", Label("最高分", "Highest mark"), HIGHEST, least=1, most=MOST_MARKS),
    )

    def limits(self, field: Field) -> tuple[int | None, int | None]:
        return field.setting("min", 1), field.setting("max", HIGHEST)


TYPE = Rating()
