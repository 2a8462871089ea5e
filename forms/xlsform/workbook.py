"""An XLSForm as a workbook."""

from __future__ import annotations

from io import BytesIO

import xlsxwriter

from forms.xlsform.writer import Book, Row

_ORDER = (
    "list_name", "type", "name", "label", "hint", "guidance_hint", "required", "read_only", "relevant", "constraint",
    "constraint_message", "calculation", "default", "choice_filter", "appearance", "parameters", "repeat_count",
)  # fmt: skip
_WIDTH = 22


def table(rows: list[Row]) -> list[list[str]]:
    """Return rows of named cells as their headings and rows of cells."""
    heads = list(dict.fromkeys(name for row in rows for name in row))
    place = {name: number for number, name in enumerate(_ORDER)}
    heads.sort(key=lambda head: place.get(head.partition("::")[0], len(place)))
    return [heads, *([row.get(head, "") for head in heads] for row in rows)]


def workbook(book: Book) -> bytes:
    """Return the workbook; every cell is text, so that no code loses its zeros and nothing is a formula."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as file:
        text, head = file.add_format({"num_format": "@"}), file.add_format({"bold": True, "num_format": "@"})
        for name, rows in (("survey", book.survey), ("choices", book.choices), ("settings", book.settings)):
            sheet = file.add_worksheet(name)
            sheet.set_column(0, 40, _WIDTH, text)
            sheet.freeze_panes(1, 0)
            for number, cells in enumerate(table(rows)):
                for column, cell in enumerate(cells):
                    if cell:
                        sheet.write_string(number, column, cell, text if number else head)
    return target.getvalue()
