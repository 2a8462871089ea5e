"""Excel workbooks: a sheet for the records, one for each sub-table, and one that says what the file is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from app.exchange.cells import LONGEST, Cell
from app.exchange.formats.base import ExportFormat, Manifest, Writer
from app.exchange.layout import FIRST_ROW, KEY_ROW, LABEL_ROW, NOTE_ROW, Sheet
from forms.labels import Label

MOST_ROWS = 1_048_576 - FIRST_ROW
#: A footer holds 255 characters, codes included.
LONGEST_FOOTER = 220
#: Every text is written as text, whatever it looks like.
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class Styles:
    """The formats of a workbook, made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}
        self.label = book.add_format(
            {"bold": True, "bg_color": "#E8F0F7", "border": 1, "text_wrap": True, "valign": "top"}
        )
        self.required = book.add_format(
            {
                "bold": True,
                "bg_color": "#E8F0F7",
                "border": 1,
                "text_wrap": True,
                "valign": "top",
                "font_color": "#B3261E",
            }
        )
        self.note = book.add_format({"font_color": "#5F6B76", "font_size": 9, "text_wrap": True, "valign": "top"})

    def cell(self, number_format: str) -> Any:
        """Return the format of cells with this number format."""
        if number_format not in self._made:
            self._made[number_format] = self._book.add_format({"num_format": number_format})
        return self._made[number_format]


def begin(worksheet: Any, sheet: Sheet, styles: Styles) -> list[Any]:
    """Write the three head rows of a sheet; return the format of each column."""
    formats = []
    for number, column in enumerate(sheet.columns):
        look = styles.cell("@" if column.text else column.number_format or "General")
        worksheet.set_column(number, number, min(column.width, 60), look)
        formats.append(look)
    worksheet.set_row(KEY_ROW - 1, None, None, {"hidden": True})
    worksheet.set_row(LABEL_ROW - 1, 32)
    worksheet.set_row(NOTE_ROW - 1, 40)
    for number, column in enumerate(sheet.columns):
        worksheet.write_string(KEY_ROW - 1, number, column.key)
    for number, column in enumerate(sheet.columns):
        mark, style = (" *", styles.required) if column.required else ("", styles.label)
        worksheet.write_string(LABEL_ROW - 1, number, column.label + mark, style)
    for number, column in enumerate(sheet.columns):
        worksheet.write_string(NOTE_ROW - 1, number, column.note[:LONGEST], styles.note)
    worksheet.freeze_panes(FIRST_ROW - 1, 1)
    return formats


class XlsxWriter(Writer):
    """Writes rows to temporary files of their sheets; memory does not grow with them."""

    def __init__(self, path: Path, sheets: Sequence[Sheet]) -> None:
        # A folder of their own: where the book cannot be finished, the library leaves its rows lying about.
        self._scratch = TemporaryDirectory(prefix="sheets-", dir=path.parent, ignore_cleanup_errors=True)
        options = {
            "constant_memory": True,
            "tmpdir": self._scratch.name,
            "default_date_format": "yyyy-mm-dd",
            **AS_TEXT,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._styles = Styles(self._book)
        self._sheets: dict[str, Any] = {}
        self._formats: dict[str, list[Any]] = {}
        self._next: dict[str, int] = {}
        self._mark = ""
        self._moment = self._styles.cell("yyyy-mm-dd hh:mm")
        for sheet in sheets:
            worksheet = self._book.add_worksheet(sheet.name)
            self._formats[sheet.key] = begin(worksheet, sheet, self._styles)
            self._sheets[sheet.key], self._next[sheet.key] = worksheet, FIRST_ROW - 1

    def row(self, sheet: str, cells: Sequence[Cell]) -> None:
        """Write a row: texts as texts, never as formulas; numbers and dates as such."""
        worksheet, number, formats = self._sheets[sheet], self._next[sheet], self._formats[sheet]
        self._next[sheet] = number + 1
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, str):
                if len(cell) > LONGEST:
                    self.cut += 1
                worksheet.write_string(number, column, cell[:LONGEST], formats[column])
            elif isinstance(cell, datetime):
                worksheet.write_datetime(number, column, cell, self._moment)
            elif isinstance(cell, date):
                worksheet.write_datetime(number, column, cell, formats[column])
            else:
                worksheet.write_number(number, column, cell, formats[column])

    def mark(self, text: str) -> None:
        """Let *text* stand at the foot of every printed page."""
        self._mark = text.replace("&", "&&")[:LONGEST_FOOTER]

    def close(self, title: str, manifest: Manifest) -> None:
        """Add the sheet that says what the file is, and finish."""
        worksheet = self._book.add_worksheet(title)
        worksheet.set_column(0, 0, 22, self._styles.cell("@"))
        worksheet.set_column(1, 1, 100, self._styles.cell("@"))
        for number, (name, text) in enumerate(manifest):
            worksheet.write_string(number, 0, name, self._styles.label)
            worksheet.write_string(number, 1, text[:LONGEST], self._styles.cell("@"))
        if self._mark:
            for each in (*self._sheets.values(), worksheet):
                each.set_footer(f"&L&8{self._mark}&R&8&P / &N")
        self._finish()

    def discard(self) -> None:
        """Remove what was written of the sheets so far."""
        self._finish()

    def _finish(self) -> None:
        try:
            self._book.close()
        finally:
            # A book that could not be finished still holds its rows open.
            for rows in filter(None, (sheet.row_data_fh for sheet in self._book.worksheets())):
                rows.close()
            self._scratch.cleanup()


FORMAT = ExportFormat(
    "xlsx",
    Label("Excel 工作簿", "Excel workbook"),
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    True,
    MOST_ROWS,
    XlsxWriter,
)
