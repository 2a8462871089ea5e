"""The lists of a choices sheet: options, trees, and the columns that filters look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from forms.field_types.bool import WORDS
from forms.labels import Label
from forms.xlsform.remarks import Remarks
from forms.xlsform.sheets import Row
from forms.xlsform.spelling import is_switch

_KNOWN = frozenset({"list_name", "name", "parent", "media", "image", "audio", "video", "order", "geometry"})
_DIGITS = ({"1", "0"}, {"1", "2"}, {"true", "false"}, {"y", "n"})


@dataclass
class ChoiceList:
    """One list: its options, and whether they are a tree or ask for yes or no."""

    name: str
    rows: list[Row] = field(default_factory=list)

    @property
    def codes(self) -> set[str]:
        """The codes."""
        return {row.get("name") for row in self.rows}

    @property
    def is_tree(self) -> bool:
        """Whether the parent of each option is an option of the same list."""
        parents = {row.get("parent") for row in self.rows} - {""}
        return bool(parents) and parents <= self.codes

    @property
    def columns(self) -> list[str]:
        """The further columns, which a filter may look at."""
        own = _KNOWN - ({"parent"} if not self.is_tree else set())
        return list(dict.fromkeys(name for row in self.rows for name in row.cells if name not in own))

    @property
    def switch(self) -> dict[str, bool] | None:
        """Return which code means yes and which no; None for a list that asks something else."""
        if is_switch(self.codes):
            return {code: code.casefold() == "yes" for code in self.codes}
        if {code.casefold() for code in self.codes} not in _DIGITS or len(self.rows) != 2:
            return None
        meant = {}
        for row in self.rows:
            label = row.label("label") or Label("")
            words = {WORDS.get(text.strip().casefold()) for text in (label.zh, label.en) if text}
            if len(words) != 1 or None in words:
                return None
            meant[row.get("name")] = words.pop() is True
        return meant if set(meant.values()) == {True, False} else None

    def options(self, kind: str) -> list[dict[str, Any]]:
        """Return the options as a definition writes them; the column *kind* becomes their kind."""
        found = []
        for row in self.rows:
            label = row.label("label") or Label(row.get("name"))
            option: dict[str, Any] = {"code": row.get("name"), **label.as_dict()}
            if self.is_tree and row.get("parent"):
                option["parent"] = row.get("parent")
            if kind and row.get(kind):
                option["kind"] = row.get(kind)
            found.append(option)
        return found


def lists_of(rows: Iterable[Row], remarks: Remarks) -> dict[str, ChoiceList]:
    """Return the lists by name; a code that stands twice is taken once."""
    lists: dict[str, ChoiceList] = {}
    for row in rows:
        name, code = row.get("list_name"), row.get("name")
        place = f"choices {row.number}"
        if not name or not code:
            remarks.lost("choice", place, Label("选项没有 list_name 或 name", "A choice without list_name or name"))
            continue
        found = lists.setdefault(name, ChoiceList(name))
        if code in found.codes:
            remarks.lost("choice", place, Label("选项代码重复", "A code that stands twice"), code)
            continue
        for media in {"media", "image", "audio", "video"} & set(row.cells):
            remarks.lost("media", place, Label("选项的图片或声音", "A picture or sound of a choice"), row.get(media))
        found.rows.append(row)
    return lists
