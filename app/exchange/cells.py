"""Between canonical values and the cells of a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from forms.answers.answer import is_empty
from forms.field_types.base import plain_text

if TYPE_CHECKING:
    from forms.answers.answer import Column

#: What a number cell keeps exactly.
EXACT_DIGITS = 15
#: Excel knows no day before.
FIRST_YEAR = 1900
LONGEST = 32_767

Cell = str | int | Decimal | date | datetime | None
#: What stands in the cells of an answer of several parts, by part.
Cells = dict[str, Cell]

#: What types raise on an answer of a draft that does not fit them.
MISFIT = (ValueError, TypeError, ArithmeticError, AttributeError, KeyError)


def to_cell(column: Column, value: Any, lang: str, *, masked: bool = False) -> Cell:
    """Return what stands in the cell of an answer; of a masked one, its mask.

    Numbers are exact or else text; an answer that does not fit its type is the text that was typed.
    """
    if is_empty(value):
        return None
    if masked:
        return value if isinstance(value, str) else "***"
    try:
        cell = column.type.to_excel(column.field, value, lang, column.code_list)
    except MISFIT:
        cell = value
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else str(cell)
    if isinstance(cell, float | int):
        return _number(value, cell)
    if isinstance(cell, date):
        return cell if cell.year >= FIRST_YEAR else cell.isoformat()
    return str(cell)


def to_cells(column: Column, value: Any, lang: str, *, masked: bool = False) -> Cells:
    """Return what stands in the cells of the parts of an answer; a text that is none of them stands in the first."""
    if isinstance(value, Mapping):
        given: Mapping[str, Any] = value
    else:
        given = dict.fromkeys(column.parts, value) if masked else {next(iter(column.parts), ""): value}
    return {key: to_cell(part, given.get(key), lang, masked=masked) for key, part in column.parts.items()}


def _number(value: Any, cell: float) -> Cell:
    """Return an exact number, by the canonical text where there is one; a text where no cell would hold it."""
    try:
        number = Decimal(str(value if isinstance(value, str | int) else cell))
    except InvalidOperation:
        return str(value)
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > EXACT_DIGITS:
        return str(value)
    return int(number) if number == number.to_integral_value() and isinstance(cell, int) else number


def from_line(cell: Any) -> Any:
    """Return a cell as the reading process wrote it: dates as dates, the empty as ``None``."""
    if isinstance(cell, dict):
        text = str(cell.get("date", ""))
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if isinstance(cell, str):
        return cell if cell.strip() else None
    return cell


def same(cell: Any, written: Cell | Cells) -> bool:
    """Tell whether a cell that was read, or those of the parts of an answer, is what an export had written there."""
    if isinstance(cell, dict) or isinstance(written, dict):
        # One cell for a whole answer is what people make by hand, never an export.
        parts, there = (one if isinstance(one, dict) else {} for one in (cell, written))
        whole = any(one is not None and not isinstance(one, dict) for one in (cell, written))
        return not whole and all(same(parts.get(key), there.get(key)) for key in {*parts, *there})
    if cell is None or written is None:
        return cell is None and written is None
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isinstance(written, int | Decimal):
        return float(cell) == float(written)
    if isinstance(cell, date) and isinstance(written, date):
        return _moment(cell) == _moment(written)
    if isinstance(written, date):
        return plain_text(cell) == written.isoformat()
    if isinstance(written, Decimal):
        return plain_text(cell) == format(written, "f")
    return plain_text(cell) == plain_text(written)


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as in cells
