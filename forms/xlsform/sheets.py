"""The three sheets of a workbook as rows of named cells, whatever the tool that wrote them calls its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.field_types.base import plain_text
from forms.labels import Label
from forms.xlsform.languages import label_of, language_of

#: Columns by another name.
ALIASES = {
    "readonly": "read_only",
    "bind::readonly": "read_only",
    "relevance": "relevant",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::calculate": "calculation",
    "calculate": "calculation",
    "constraint_msg": "constraint_message",
    "bind::jr:constraintmsg": "constraint_message",
    "caption": "label",
    "list": "list_name",
    "value": "name",
    "control::appearance": "appearance",
    "body::appearance": "appearance",
    "id_string": "form_id",
    "title": "form_title",
}
#: Columns that hold texts for people, each in any number of languages.
TEXTS = frozenset({"label", "hint", "guidance_hint", "constraint_message", "required_message"})
_HEAD = re.compile(r"\s*([^:]+?)\s*::?\s*(.+?)\s*")
_BLANKS = re.compile(r"\s+")
MOST_ROWS = 5_000
MOST_CELL = 8_000


@dataclass
class Row:
    """A row of a sheet: its number, its cells by column, its texts by column and language."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, column: str) -> str:
        """Return a cell, empty where there is none."""
        return self.cells.get(column, "")

    def label(self, column: str) -> Label | None:
        """Return a text in both languages, None where there is none."""
        return label_of(self.texts.get(column, {}))


def sheet_of(sheets: Mapping[str, Sequence[Sequence[Any]]], name: str) -> Sequence[Sequence[Any]]:
    """Return the rows of a sheet, whatever the case of its name; none where there is no such sheet."""
    return next((rows for title, rows in sheets.items() if title.strip().casefold() == name), [])


def rows_of(rows: Sequence[Sequence[Any]]) -> list[Row]:
    """Return the rows below the heading; the heading is the first row with anything in it."""
    texts = [[_text(cell) for cell in row] for row in rows[:MOST_ROWS]]
    start = next((number for number, row in enumerate(texts) if any(row)), len(texts))
    heads = [_head(cell) for cell in texts[start]] if start < len(texts) else []
    found = []
    for number, cells in enumerate(texts[start + 1 :], start + 2):
        row = Row(number)
        for (column, language), cell in zip(heads, cells, strict=False):
            if not cell or not column:
                continue
            if column in TEXTS:
                row.texts.setdefault(column, {})[language] = cell
            else:
                row.cells[column] = cell
        if row.cells or row.texts:
            found.append(row)
    return found


def languages_of(rows: Iterable[Row]) -> set[str]:
    """Return the languages that the texts of *rows* are in."""
    return {language for row in rows for texts in row.texts.values() for language in texts}


def _head(text: str) -> tuple[str, str]:
    """Return the column that a heading names, and its language for one that holds texts."""
    name = _BLANKS.sub("_", text.strip().casefold())
    if name in ALIASES:
        return ALIASES[name], ""
    match = _HEAD.fullmatch(text)
    if match:
        column = _BLANKS.sub("_", match[1].casefold())
        column = ALIASES.get(column, column)
        if column in TEXTS:
            return column, language_of(match[2])
    return name, ""


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Mapping):
        cell = cell.get("date", "")
    if isinstance(cell, str):
        return cell.strip()[:MOST_CELL]
    return plain_text(cell)
