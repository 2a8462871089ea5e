"""Turn an uploaded workbook or CSV file into lines of JSON; arguments: the file, and ``xlsx`` or ``csv``.

For every sheet a line ``{"sheet": name, "broken": […], "merged": […]}``, then a line ``[row number, [cells]]`` for
each row with content; ``{"end": true}`` at the end, or ``{"refused": code}``. Dates are ``{"date": iso}``.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

from app.exchange.child import bounds, scanning
from app.exchange.child.parts import part_names
from app.exchange.child.scanning import Refused

#: Signs that begin a formula in a spreadsheet program; an export writes an apostrophe before them.
FORMULA_SIGNS = "=+-@\t\r＝＋－＠"
LONGEST_CELL = 40_000


def main(path: str, kind: str) -> int:
    """Write the content of the file; return the exit status."""
    bounds.limit(memory=1024 * bounds.MEGABYTE, cpu_seconds=60)
    out = sys.stdout
    try:
        for line in workbook(path) if kind == "xlsx" else text_file(path):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    except Refused as error:
        out.write(json.dumps({"refused": error.code}) + "\n")
        return 3
    except (MemoryError, RecursionError):
        out.write(json.dumps({"refused": "too_large"}) + "\n")
        return 3
    out.write(json.dumps({"end": True}) + "\n")
    return 0


def workbook(path: str) -> Iterator[Any]:
    """Yield the sheets of a workbook and their rows. Raises :class:`Refused`."""
    marks = scanning.scan(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = book.sheet_names
        parts = part_names(path, names)
        for number, name in enumerate(names):
            sheet = book.get_sheet_by_index(number)
            found = marks.get(parts.get(name, ""), scanning.Marks())
            yield {"sheet": name, "broken": found.broken, "merged": found.merged}
            top, left = sheet.start or (0, 0)
            yield from _lines(sheet.to_python(skip_empty_area=True), top, left)
    except (python_calamine.CalamineError, ValueError, KeyError, IndexError) as error:
        raise Refused("damaged") from error


def _lines(rows: Iterable[list[Any]], top: int, left: int) -> Iterator[Any]:
    for number, row in enumerate(rows, top + 1):
        cells = [_cell(value) for value in row]
        while cells and cells[-1] in ("", None):
            cells.pop()
        if cells:
            yield [number, [""] * left + cells]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"date": value.isoformat()} if value.time() != time() else {"date": value.date().isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, str):
        # A decoded escape can hold what no database stores.
        return value.replace("\x00", "")[:LONGEST_CELL]
    return value


def text_file(path: str) -> Iterator[Any]:
    """Yield the rows of a CSV file as one sheet. Raises :class:`Refused`."""
    with open(path, "rb") as file:  # noqa: PTH123 - as in scanning
        text = _decoded(file.read())
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    yield {"sheet": "", "broken": [], "merged": []}
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            if number > scanning.MOST_ROWS or len(row) > scanning.MOST_COLUMNS:
                raise Refused("too_many_cells")
            cells = [_unescaped(value) for value in row]
            if any(cells):
                yield [number, cells]
    except csv.Error as error:
        raise Refused("damaged") from error


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise Refused("not_text")


def _unescaped(value: str) -> str:
    if len(value) > 1 and value[0] == "'" and value[1] in FORMULA_SIGNS:
        return value[1:]
    if value.startswith('="') and value.endswith('"'):
        return value[2:-1]
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
