"""CSV: one table, UTF-8 with a mark so that spreadsheet programs read Chinese."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from app.exchange.cells import Cell
from app.exchange.formats.base import ExportFormat, Manifest, Writer
from app.exchange.layout import Sheet
from forms.labels import Label

#: A spreadsheet program takes a text that begins so for a formula, full-width signs included.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """Return a text that stays text: an apostrophe before what would be a formula. An import takes it off again."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


class CsvWriter(Writer):
    """Writes lines as they come."""

    def __init__(self, path: Path, sheets: Sequence[Sheet]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow([guarded(column.label) for column in sheets[0].columns])

    def row(self, sheet: str, cells: Sequence[Cell]) -> None:
        """Write a line; numbers stay numbers."""
        del sheet
        self._csv.writerow([_text(cell) for cell in cells])

    def close(self, title: str, manifest: Manifest) -> None:
        """Finish; what the file is stands in the record of the export."""
        del title, manifest
        self._file.close()

    def discard(self) -> None:
        """Close the file."""
        self._file.close()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return guarded(cell) if isinstance(cell, str) else str(cell)


FORMAT = ExportFormat("csv", Label("CSV"), "csv", "text/csv", False, None, CsvWriter)
