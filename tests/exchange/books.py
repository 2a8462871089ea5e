"""Workbooks for tests: a form's own template filled by openpyxl, as a spreadsheet program would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import openpyxl

from forms.answers.answer import is_empty
from forms.compiled import CompiledForm

FIRST_ROW = 4


def opened(content: bytes) -> openpyxl.Workbook:
    """Return a workbook from its bytes."""
    return openpyxl.load_workbook(BytesIO(content))


def saved(book: openpyxl.Workbook) -> bytes:
    """Return the bytes of a workbook."""
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def keys(sheet: Any) -> dict[str, int]:
    """Return the number of each column by the key in its hidden first row."""
    return {str(cell.value): cell.column for cell in sheet[1] if cell.value}


def shown(form: CompiledForm, path: str, value: Any, lang: str = "zh") -> Any:
    """Return an answer as somebody types it into a cell."""
    column = form.by_path[path]
    if is_empty(value):
        return None
    return column.type.to_excel(column.field, value, lang, column.code_list)


def sheet_of(book: openpyxl.Workbook, subtable: str) -> Any:
    """Return the sheet of a sub-table: the one whose columns are its columns."""
    return next(sheet for sheet in book if "_row" in keys(sheet) and subtable in {sheet.title, *keys(sheet)})


def fill(template: bytes, form: CompiledForm, rows: Iterable[Mapping[str, Any]], lang: str = "zh") -> openpyxl.Workbook:
    """Return the template with answers in it; sub-tables on their sheets, joined by the number of the row."""
    book = opened(template)
    main, *others = (sheet for sheet in book if sheet.title != "_options")
    below = {item.key: sheet for item, sheet in zip(form.definition.subtables, others, strict=True)}
    heads = {sheet.title: keys(sheet) for sheet in (main, *others)}
    next_row = dict.fromkeys(below, FIRST_ROW)
    for number, answers in enumerate(rows, 1):
        row = FIRST_ROW + number - 1
        main.cell(row, heads[main.title]["_record"], answers.get("_record", str(number)))
        for key, column in heads[main.title].items():
            if not key.startswith("_"):
                main.cell(row, column, shown(form, key, answers.get(key), lang))
        for key, sheet in below.items():
            for child in answers.get(key) or ():
                sheet.cell(next_row[key], heads[sheet.title]["_record"], answers.get("_record", str(number)))
                if child.get("_row"):
                    sheet.cell(next_row[key], heads[sheet.title]["_row"], child["_row"])
                for name, column in heads[sheet.title].items():
                    if not name.startswith("_"):
                        sheet.cell(next_row[key], column, shown(form, f"{key}.{name}", child.get(name), lang))
                next_row[key] += 1
    return book


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    """Return the rows of a sheet by key."""
    columns = keys(sheet)
    return [
        {key: sheet.cell(row, column).value for key, column in columns.items()}
        for row in range(FIRST_ROW, sheet.max_row + 1)
    ]
