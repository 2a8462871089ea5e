"""Rows of a file for a sub-table with fixed rows: put in order, each known by its heading, those left out added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.exchange.importing.parsing import Line, Remark
from forms.answers import fixed_rows
from forms.answers.answer import is_empty
from forms.definition import Option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.exchange.importing.candidates import Candidate
    from forms.answers.answer import Column
    from forms.compiled import CompiledForm


def arrange(form: CompiledForm, candidates: Iterable[Candidate]) -> None:
    """Give the rows of each candidate the order and the number that the rows of its record have.

    A row without its heading is told at once: nobody knows which one is meant.
    """
    heads = {key: fixed_rows.heading(form.columns[key]) for key in form.fixed}
    for candidate in candidates:
        for key, head in heads.items():
            lines = candidate.children.get(key)
            if lines and head is not None:
                candidate.children[key] = _arranged(candidate, lines, head)


def _arranged(candidate: Candidate, lines: list[Line], head: Column) -> list[Line]:
    key = head.field.key
    options = [_option(head, line) for line in lines]
    for line in lines:
        if key not in line.broken and is_empty(line.cells.get(key)):
            told = fixed_rows.stray(head, {}, 1)
            candidate.remarks.append(Remark(line.sheet, line.row, head.path, told.code, told.message))
    filled = [any(name != key and cell is not None for name, cell in line.cells.items()) for line in lines]
    return [
        _left_out(head, place, lines[0]) if isinstance(place, Option) else lines[place]
        for place in fixed_rows.places(head, options, filled)
    ]


def _option(head: Column, line: Line) -> Option | None:
    cell: Any = line.cells.get(head.field.key)
    if is_empty(cell) or head.field.key in line.broken:
        return None
    value = head.type.from_excel(head.field, cell, head.code_list)
    return fixed_rows.option_of(head, {head.field.key: value})


def _left_out(head: Column, option: Option, first: Line) -> Line:
    """Return a row that the file leaves out; what is wrong with it is told at the record's first one."""
    text = head.code_list.cell_text(option.code, "zh") if head.code_list is not None else option.code
    return Line(first.sheet, first.row, first.record, cells={head.field.key: text}, left_out=option.label)
