"""The empty workbook of a form."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from app.exchange.formats.xlsx import AS_TEXT, Styles, begin
from app.exchange.layout import FIRST_ROW, NOTES, OPTIONS, OWNER, Sheet, fillable, sheets
from app.records.writing import owners
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable

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


def sheets_to_fill(actor: Actor, table: FormTable, lang: str) -> list[Sheet]:
    """Return the sheets that the actor is to fill in.

    Who fills for others says for whom: in the form's own field for it, or in a column of its own. Nobody else has one.
    """
    form, paths = table.compiled, fillable(actor, table)
    if not owners.fills_for_others(actor, form.definition):
        return sheets(form, paths, lang, filling=True)
    item = owners.choosing_field(actor, form.definition)
    if item is None or item.key not in paths:
        return sheets(form, paths, lang, system=(OWNER,), filling=True)
    main, *below = sheets(form, paths, lang, filling=True)
    columns = (
        replace(column, note=NOTES[OWNER].get(lang), required=True) if column.key == item.key else column
        for column in main.columns
    )
    return [replace(main, columns=tuple(columns)), *below]


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
