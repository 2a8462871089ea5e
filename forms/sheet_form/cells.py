"""A sheet as plain values: cells with their formats, merged ranges, rules of validation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forms.field_types.base import plain_text

Range = tuple[int, int, int, int]
GENERAL = "General"
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds. ``formula``: its value is worked out."""

    value: Any = None
    format: str = GENERAL
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Validation:
    """A rule on cells: ``list`` with its options, or ``whole``, ``decimal``, ``date``, ``textLength`` with limits."""

    kind: str
    ranges: tuple[Range, ...]
    options: tuple[str, ...] = ()
    low: str = ""
    high: str = ""

    def covers(self, row: int, column: int) -> bool:
        """Tell whether the rule is on a cell."""
        return any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in self.ranges)


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell with text, and how many rows and columns it is merged over."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1

    @property
    def last(self) -> int:
        """The last column that it covers."""
        return self.column + self.columns - 1


@dataclass
class Sheet:
    """One sheet; rows and columns count from 1."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    hidden: bool = False

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Sheet:
        """Return the sheet that the reading process describes."""
        return cls(
            str(raw["sheet"]),
            {
                (row, column): Cell(value.get("date") if isinstance(value, dict) else value, str(look), bool(formula))
                for row, cells in raw["rows"]
                for column, value, look, formula in cells
            },
            [(top, left, bottom, right) for top, left, bottom, right in raw["merged"]],
            [
                Validation(
                    str(rule["kind"]),
                    tuple((a, b, c, d) for a, b, c, d in rule["ranges"]),
                    tuple(map(str, rule["options"])),
                    str(rule["low"]),
                    str(rule["high"]),
                )
                for rule in raw["rules"]
            ],
            bool(raw["hidden"]),
        )

    @cached_property
    def _spans(self) -> dict[tuple[int, int], tuple[int, int]]:
        return {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in self.merged}

    @cached_property
    def _covered(self) -> dict[tuple[int, int], tuple[int, int]]:
        return {
            (row, column): (top, left)
            for top, left, bottom, right in self.merged
            for row in range(top, min(bottom, top + 2_000) + 1)
            for column in range(left, min(right, left + 200) + 1)
        }

    @cached_property
    def last_row(self) -> int:
        """The last row with anything in it."""
        return max((row for (row, _), cell in self.cells.items() if cell.value not in (None, "")), default=0)

    @cached_property
    def last_column(self) -> int:
        """The last column with anything in it."""
        return max((column for (_, column), cell in self.cells.items() if cell.value not in (None, "")), default=0)

    @cached_property
    def entries(self) -> dict[int, list[Entry]]:
        """The cells with text or a value, by row, from left to right."""
        found: dict[int, list[Entry]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            text = _text(cell.value)
            if text and self.origin(row, column) == (row, column):
                rows, columns = self._spans.get((row, column), (1, 1))
                found.setdefault(row, []).append(Entry(row, column, text, rows, columns))
        return found

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell; one inside a merged range is that range's."""
        return self.cells.get(self.origin(row, column), Cell())

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """Return the first cell of the merged range that a cell is in; itself where there is none."""
        return self._covered.get((row, column), (row, column))

    def span(self, row: int, column: int) -> tuple[int, int]:
        """Return over how many rows and columns a cell is merged."""
        return self._spans.get(self.origin(row, column), (1, 1))

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell, of a merged range wherever in it."""
        return _text(self.cell(row, column).value)

    def validation(self, row: int, column: int) -> Validation | None:
        """Return the rule on a cell."""
        return next((rule for rule in self.validations if rule.covers(row, column)), None)


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return _BLANKS.sub(" ", plain_text(value)).strip()


def reference(row: int, column: int) -> str:
    """Return ``B3`` for row 3, column 2."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
