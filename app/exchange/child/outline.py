"""Turn an uploaded workbook into what its sheets look like; argument: the file.

For every sheet a line ``{"sheet", "hidden", "merged", "rules", "rows"}``: ``rows`` are ``[row, [[column, value, number
format, is formula]]]``, ``rules`` the validations with their options. ``{"end": true}`` at the end, or
``{"refused": code}``. Only the top of a sheet is told: it is a form, not its answers.
"""

from __future__ import annotations

import json
import sys
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from app.exchange.child import bounds, scanning
from app.exchange.child.scanning import Refused

MOST_SHEETS = 20
MOST_ROWS = 300
MOST_COLUMNS = 120
MOST_RULES = 500
MOST_OPTIONS = 400
LONGEST = 4_000
GENERAL = "General"


def main(path: str) -> int:
    """Write the outline of the file; return the exit status."""
    bounds.limit(memory=1024 * bounds.MEGABYTE, cpu_seconds=60)
    warnings.simplefilter("ignore")
    out = sys.stdout
    try:
        for line in outline(path):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    except Refused as error:
        out.write(json.dumps({"refused": error.code}) + "\n")
        return 3
    except (MemoryError, RecursionError):
        out.write(json.dumps({"refused": "too_large"}) + "\n")
        return 3
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, zipfile.BadZipFile):
        out.write(json.dumps({"refused": "damaged"}) + "\n")
        return 3
    out.write(json.dumps({"end": True}) + "\n")
    return 0


def outline(path: str) -> Iterator[Any]:
    """Yield the sheets. Raises :class:`Refused`."""
    scanning.scan(path)
    book = openpyxl.load_workbook(path, data_only=False, keep_links=False)
    for sheet in book.worksheets[:MOST_SHEETS]:
        yield {
            "sheet": sheet.title,
            "hidden": sheet.sheet_state != "visible",
            "merged": [list(_bounds(str(area))) for area in list(sheet.merged_cells.ranges)[:MOST_RULES]],
            "rules": [
                rule
                for found in sheet.data_validations.dataValidation[:MOST_RULES]
                if (rule := _rule(book, sheet, found))
            ],
            "rows": list(_rows(sheet)),
        }


def _rows(sheet: Any) -> Iterator[Any]:
    rows = sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS), max_col=min(sheet.max_column, MOST_COLUMNS))
    for number, row in enumerate(rows, 1):
        cells = [
            [cell.column, _value(cell.value), str(cell.number_format)[:100], cell.data_type == "f"]
            for cell in row
            if cell.value not in (None, "") or (getattr(cell, "number_format", GENERAL) != GENERAL)
        ]
        if cells:
            yield [number, cells]


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"date": value.date().isoformat() if value.time() == time() else value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value).replace("\x00", "")[:LONGEST]


def _rule(book: Any, sheet: Any, found: Any) -> Any:
    """Return a validation as plain values, None for one that says nothing of the type."""
    kind = found.type
    if kind not in {"list", "whole", "decimal", "date", "time", "textLength"}:
        return None
    ranges = [list(_bounds(str(area))) for area in found.sqref.ranges]
    low, high = _limits(found)
    options = _options(book, sheet, str(found.formula1 or "")) if kind == "list" else []
    return {"kind": kind, "ranges": ranges, "options": options, "low": low, "high": high}


def _limits(found: Any) -> tuple[str, str]:
    """Return least and most as the operator of a rule means them; a limit that is excluded is none."""
    first, second = str(found.formula1 or ""), str(found.formula2 or "")
    operator = found.operator or "between"
    if operator == "between":
        return first, second
    if operator == "equal":
        return first, first
    return (
        (first, "") if operator == "greaterThanOrEqual" else ("", first) if operator == "lessThanOrEqual" else ("", "")
    )


def _options(book: Any, sheet: Any, formula: str) -> list[str]:
    """Return the options of a list: those written into it, or those in the cells that it names."""
    text = formula.strip().lstrip("=")
    if text.startswith('"'):
        return [part.strip() for part in text.strip('"').replace("，", ",").split(",") if part.strip()][:MOST_OPTIONS]
    if text in book.defined_names:
        text = str(book.defined_names[text].attr_text or "")
    where, _, area = text.rpartition("!")
    named = where.strip("'").replace("''", "'")
    source = book[named] if named in book.sheetnames else sheet
    try:
        top, left, bottom, right = _bounds(area.replace("$", ""))
    except ValueError:
        # A function: which cells it names depends on what is filled in.
        return []
    if (bottom - top + 1) * (right - left + 1) > MOST_OPTIONS:
        return []
    cells = (source.cell(row, column).value for row in range(top, bottom + 1) for column in range(left, right + 1))
    return [str(_value(value)).strip() for value in cells if value not in (None, "")]


def _bounds(area: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = range_boundaries(area)
    return top or 1, left or 1, bottom or MOST_ROWS, right or MOST_COLUMNS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
