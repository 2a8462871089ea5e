"""The empty workbook of a form."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from app.exchange.formats.xlsx import AS_TEXT, Styles, begin
from app.exchange.layout import FIRST_ROW, OPTIONS, Sheet
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Down to which row drop-downs are offered.
LAST_ROW = 20_000
REFUSED = Label("请从下拉列表选择，或填代码。", "Choose from the list, or type the code.")


class _Lists:
    """The hidden sheet that drop-downs read from: a column for each distinct list."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet(OPTIONS)
        self._sheet.very_hidden()
        self._ranges: dict[tuple[str, ...], str] = {}

    def range(self, texts: tuple[str, ...]) -> str:
        """Return the range that holds *texts*."""
        if texts not in self._ranges:
            column = len(self._ranges)
            self._sheet.write_column(0, column, texts)
            name = xl_col_to_name(column, col_abs=True)
            self._ranges[texts] = f"={OPTIONS}!{name}$1:{name}${len(texts)}"
        return self._ranges[texts]


def workbook(sheets: Sequence[Sheet], lang: str) -> bytes:
    """Return a workbook with the heads of *sheets* and drop-downs, and no data."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **AS_TEXT})
    styles = Styles(book)
    worksheets = [(book.add_worksheet(sheet.name), sheet) for sheet in sheets]
    lists = _Lists(book)
    for worksheet, sheet in worksheets:
        begin(worksheet, sheet, styles)
        for number, column in enumerate(sheet.columns):
            if column.dropdown:
                rule = {
                    "validate": "list",
                    "source": lists.range(column.dropdown),
                    # A warning only: a code, an alias or an older label is as good.
                    "error_type": "warning",
                    "error_message": REFUSED.get(lang),
                }
                worksheet.data_validation(FIRST_ROW - 1, number, LAST_ROW - 1, number, rule)
    book.close()
    return out.getvalue()
