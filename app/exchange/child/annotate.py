"""Write what is wrong into a copy of an uploaded workbook; arguments: the file, the notes, and where the copy goes.

The notes are JSON: by name of a sheet ``{"errors": column, "texts": {row: text}, "others": {column: {row: text}}}``,
counted from 1. The cells are put between the bytes of the sheet as it came: what this program does not know (lists,
formats, pictures, whatever a later version of a spreadsheet program writes) stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from app.exchange.child import bounds, scanning
from app.exchange.child.parts import part_names
from app.exchange.child.scanning import Refused

WIDTH = 60
LONGEST = 32_000
#: Down to this row a new cell looks like its neighbour: they are the head.
HEAD_ROWS = 2
#: No XML document may hold these, escaped or not.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPANS = re.compile(rb"\s+spans\s*=\s*(\"[^\"]*\"|'[^']*')")
#: A tag to its end; a sign in quotes ends nothing.
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


def main(source: str, notes: str, target: str) -> int:
    """Write the copy; return the exit status."""
    bounds.limit(memory=2048 * bounds.MEGABYTE, cpu_seconds=120)
    try:
        scanning.scan(source)
        with open(notes, encoding="utf-8") as file:  # noqa: PTH123 - a child imports as little as it can
            wanted = {name: Texts.of(item) for name, item in json.load(file).items()}
        copy(source, wanted, target)
    except (Refused, MemoryError, RecursionError, expat.ExpatError, zipfile.BadZipFile):
        return 3
    return 0


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to stand in a sheet. What stood in the column of errors before goes, wherever it was."""

    errors: int
    by_row: dict[int, dict[int, str]]

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Texts:
        """Return the texts of one sheet, from their JSON form."""
        by_row: dict[int, dict[int, str]] = {}
        for column, rows in [(raw["errors"], raw["texts"]), *raw["others"].items()]:
            for row, text in rows.items():
                by_row.setdefault(int(row), {})[int(column)] = text
        return cls(raw["errors"], by_row)


def copy(source: str, wanted: dict[str, Texts], target: str) -> None:
    """Write a copy of the workbook with the texts of each sheet, by its name."""
    parts = part_names(source, list(wanted))
    by_part = {parts[name]: texts for name, texts in wanted.items() if name in parts}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename in by_part:
                content = Sheet(content, by_part[member.filename]).changed()
            new.writestr(member, content, zipfile.ZIP_DEFLATED)


class Sheet:
    """A worksheet's bytes, and texts for cells of it, in their place or where the row has none yet."""

    def __init__(self, content: bytes, texts: Texts) -> None:
        if b"\x00" in content[:100]:
            # Offsets are counted in bytes of UTF-8, which every spreadsheet program writes.
            raise Refused("damaged")
        self.content = content
        self.texts = texts
        #: From the first number to the second shall stand the third.
        self.edits: list[tuple[int, int, bytes]] = []
        self.prefix = ""
        self.inside = self.has_widths = False
        self.widest = self.row = self.column = self.row_start = 0
        #: Column, style, start and beginning of the end tag of the cells of the present row.
        self.cells: list[tuple[int, str, int, int]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def changed(self) -> bytes:
        """Return the bytes of the changed sheet."""
        self.parser.Parse(self.content, True)
        pieces, position = [], 0
        for start, end, text in sorted(self.edits, key=lambda edit: edit[:2]):
            pieces += [self.content[position:start], text]
            position = end
        return b"".join([*pieces, self.content[position:]])

    def _edit(self, start: int, end: int, text: str | bytes) -> None:
        self.edits.append((start, end, text.encode() if isinstance(text, str) else text))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        prefix, colon, local = name.rpartition(":")
        if self.inside and local == "row":
            self.row = int(attributes["r"]) if attributes.get("r", "").isdecimal() else self.row + 1
            self.row_start, self.column, self.cells = at, 0, []
        elif self.inside and local == "c":
            reference = attributes.get("r")
            self.column = scanning.position(reference)[1] if reference else self.column + 1
            self.cells.append((self.column, attributes.get("s", ""), at, at))
        elif local == "dimension":
            # It may be missing, and would be wrong now.
            self._edit(at, self._tag_end(at), b"")
        elif local == "col" and attributes.get("max", "").isdecimal():
            self.widest = max(self.widest, int(attributes["max"]))
        elif local == "sheetData":
            self.inside, self.prefix = True, prefix + colon
            if not self.has_widths:
                self._edit(at, at, f"<{self.prefix}cols>{self._width()}</{self.prefix}cols>")

    def _end(self, name: str) -> None:
        at = self.parser.CurrentByteIndex
        prefix, colon, local = name.rpartition(":")
        if self.inside and local == "c":
            column, style, start, _ = self.cells[-1]
            self.cells[-1] = column, style, start, at
        elif self.inside and local == "row":
            self._row(at)
        elif local == "sheetData":
            self.inside = False
        elif local == "cols":
            self.has_widths, self.prefix = True, prefix + colon
            if self.texts.errors > self.widest:
                self._edit(at, at, self._width())

    def _width(self) -> str:
        column = self.texts.errors
        return f'<{self.prefix}col min="{column}" max="{column}" width="{WIDTH}" customWidth="1"/>'

    def _row(self, end: int) -> None:
        texts = {column: text for column, text in self.texts.by_row.get(self.row, {}).items() if text}
        for column, style, start, stop in self.cells:
            if column in texts:
                self._edit(start, self._tag_end(stop), self._cell(column, texts.pop(column), style))
            elif column == self.texts.errors:
                self._edit(start, self._tag_end(stop), b"")
        if not texts:
            return
        head = self._tag_end(self.row_start)
        tag = _SPANS.sub(b"", self.content[self.row_start : head])
        empty = tag.endswith(b"/>")
        if empty:
            end = head
        else:
            self._edit(self.row_start, head, tag)
        added: dict[int, str] = {}
        for column, text in sorted(texts.items()):
            # Programs take cells in the order of their columns only.
            at = next((start for other, _, start, _ in self.cells if other > column), end)
            added[at] = added.get(at, "") + self._cell(column, text, self._neighbour(column))
        for at, cells in added.items():
            if empty:
                self._edit(self.row_start, head, tag[:-2] + b">" + cells.encode() + f"</{self.prefix}row>".encode())
            else:
                self._edit(at, at, cells)

    def _neighbour(self, column: int) -> str:
        """Return the look of the cell before a new one, in the head."""
        before = [style for other, style, _, _ in self.cells if other < column]
        return before[-1] if before and self.row <= HEAD_ROWS else ""

    def _cell(self, column: int, text: str, style: str) -> str:
        look = f' s="{style}"' if style.isdecimal() else ""
        words = escape(_FORBIDDEN.sub("", text)[:LONGEST])
        p = self.prefix
        return (
            f'<{p}c r="{letters(column)}{self.row}"{look} t="inlineStr">'
            f'<{p}is><{p}t xml:space="preserve">{words}</{p}t></{p}is></{p}c>'
        )

    def _tag_end(self, start: int) -> int:
        found = _TAG.match(self.content, start)
        if found is None:
            raise Refused("damaged")
        return found.end()


def letters(column: int) -> str:
    """Return the letters of a column, counted from 1."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
