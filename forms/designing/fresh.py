"""What new fields, sections and copies are before anybody has changed them: the same in every editor."""

from __future__ import annotations

from typing import Any

from forms.field_types import FIELD_TYPES
from forms.labels import Label

#: Two options that a new choice starts with, so that it can be seen at once.
FIRST_CODES = ("1", "2")
#: Types whose options always come from a list of the house.
LISTED = frozenset({"tree", "region"})
NEW_SECTION = "新分组"
NEW_OPTION = "选项 {number}"
NEW_MESSAGE = "请核对"
#: What follows the label of a copy.
COPY = Label("（副本）", " (copy)")


def first_options() -> list[dict[str, Any]]:
    """Return the options of a new choice."""
    return [{"code": code, "zh": NEW_OPTION.format(number=code)} for code in FIRST_CODES]


def fresh(type_: str, *, in_table: bool = False) -> dict[str, Any]:
    """Return what a new field of a type holds besides key, type and label; a column has the class of its sub-table."""
    kind = FIELD_TYPES[type_]
    found: dict[str, Any] = {}
    if kind.stores and not in_table:
        found["class"] = "internal"
    if kind.has_options and type_ not in LISTED:
        found["options"] = first_options()
    if kind.refers:
        found["form"] = "organization"
    if type_ == "subtable":
        found["fields"] = []
    return found
