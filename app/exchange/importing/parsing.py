"""From the lines that the reading process wrote to rows of a form: which sheet is which, which column is which."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.errors import Invalid
from app.exchange.cells import from_line
from app.exchange.layout import (
    ERRORS,
    FIRST_ROW,
    KEY_ROW,
    LABEL_ROW,
    OWNER,
    RECORD,
    RESERVED,
    ROW,
    SYSTEM,
    columns_of,
    folded,
    labels,
    sheet_names,
)
from forms.field_types.base import plain_text
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forms.compiled import CompiledForm

#: In how many rows a heading is looked for where the row of keys is missing.
HEADING_ROWS = 5

BROKEN = {
    "formula_cell": Label(
        "单元格是公式且没有结果，请改为直接填写的值", "The cell is a formula without a result; type the value instead"
    ),
    "error_cell": Label(
        "单元格是 Excel 错误值，请改为直接填写的值", "The cell holds an Excel error; type the value instead"
    ),
    "merged_cell": Label("单元格已合并，请取消合并后逐行填写", "The cell is merged; unmerge it and fill each row"),
}


@dataclass(slots=True)
class Line:
    """A row of a sheet."""

    sheet: str
    row: int
    record: str = ""
    row_id: str = ""
    #: The organization that it is filled for, as it was typed.
    owner: str = ""
    #: By key of the field: every column that the sheet has, the empty as ``None``.
    cells: dict[str, Any] = field(default_factory=dict)
    #: Cells that cannot be read, by key, and why.
    broken: dict[str, str] = field(default_factory=dict)
    #: What the row is called, of a fixed one that the file does not have.
    left_out: Label | None = None


@dataclass(slots=True)
class Remark:
    """Something to tell about a cell, a row or a whole sheet."""

    sheet: str
    row: int
    field: str
    code: str
    message: Label
    level: str = "error"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, with the message in both languages."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "field": self.field,
            "code": self.code,
            "message": self.message.as_dict(),
            "level": self.level,
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A sheet of the file that is one of the form's: where its head is, and where a column can be added.

    Rows and columns count from 1. ``record``: the column of record numbers; ``errors``: the one that an earlier
    answer has added; ``width``: the last one in use.
    """

    name: str
    key: str
    key_row: int | None
    label_row: int
    record: int | None
    errors: int | None
    width: int

    @property
    def column(self) -> int:
        """The column in which errors are told."""
        return self.errors or self.width + 1


@dataclass(slots=True)
class Parsed:
    """The content of a file."""

    lines: list[Line] = field(default_factory=list)
    #: The sheets that were read, the record's own first.
    placed: list[Placed] = field(default_factory=list)
    #: Sub-table, then the number of the record → its rows. Sub-tables whose sheet is absent are absent.
    children: dict[str, dict[str, list[Line]]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    """A sheet as it came."""

    name: str
    broken: list[list[Any]]
    merged: list[list[int]]
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Heading:
    """Which column holds what, and after which row data begin."""

    keys: Mapping[int, str]
    last_row: int
    key_row: int | None
    label_row: int


def parse(form: CompiledForm, content: Iterable[Any]) -> Parsed:
    """Return what a file holds for *form*. Raises ``Invalid`` where it is no file of this form."""
    parsed = Parsed()
    found: dict[str, tuple[_Table, _Heading]] = {}
    for table in _tables(content):
        if table.name in RESERVED:
            continue
        placed = _place(form, table, found)
        if placed is None:
            continue
        key, heading = placed
        if key in found:
            text = Label(
                "有两张工作表属于同一部分，只读取第一张", "Two sheets are the same part; only the first is read"
            )
            parsed.remarks.append(Remark(table.name, 1, key, "sheet_twice", text, "warning"))
            continue
        found[key] = table, heading
    if "" not in found:
        raise Invalid(
            Label(
                "没有找到本表单的工作表。请下载最新模板，把数据填入后上传。",
                "No sheet of this form was found. Download its template and fill that in.",
            ),
            code="not_this_form",
        )
    for key, (table, heading) in sorted(found.items(), key=lambda item: item[0] != ""):
        parsed.placed.append(_placed(key, table, heading))
        lines = _lines(table, heading, parsed)
        if key:
            grouped: dict[str, list[Line]] = defaultdict(list)
            for line in lines:
                grouped[line.record].append(line)
            parsed.children[key] = dict(grouped)
        else:
            parsed.lines = lines
    return parsed


def _placed(key: str, table: _Table, heading: _Heading) -> Placed:
    columns = {name: number + 1 for number, name in heading.keys.items()}
    width = max((len(row) for _, row in table.rows), default=0)
    return Placed(table.name, key, heading.key_row, heading.label_row, columns.get(RECORD), columns.get(ERRORS), width)


def _tables(content: Iterable[Any]) -> list[_Table]:
    tables: list[_Table] = []
    for item in content:
        if isinstance(item, list):
            tables[-1].rows.append((item[0], item[1]))
        elif "sheet" in item:
            tables.append(_Table(item["sheet"], item["broken"], item["merged"]))
    return tables


def _place(form: CompiledForm, table: _Table, found: Mapping[str, Any]) -> tuple[str, _Heading] | None:
    """Return which part of the form a sheet is, with its heading; ``None`` for a sheet that is none."""
    subtables = [item.key for item in form.definition.subtables]
    first = {str(cell) for number, row in table.rows[:1] if number == 1 for cell in row}
    if ROW in first:
        named = _named(form, table.name)
        fits = {key: len(first & columns_of(form, key)) for key in subtables}
        key = named or max(fits, key=lambda name: (fits[name], name not in found), default="")
        return (key, _by_keys(form, key, table)) if key and (named or fits[key]) else None
    if len(first & {RECORD, *columns_of(form)}) > 1 or (RECORD in first and len(first) == 1):
        return "", _by_keys(form, "", table)
    # No row of keys: a table that somebody made by hand, or CSV.
    for key in ["", *subtables] if not _named(form, table.name) else [_named(form, table.name)]:
        heading = _by_labels(form, key, table)
        if heading is not None:
            return key, heading
    return None


def _named(form: CompiledForm, name: str) -> str:
    """Return the sub-table whose sheet is called so; empty where none is."""
    for lang in ("zh", "en"):
        for key, title in sheet_names(form.definition, lang).items():
            if key and title == name:
                return key
    return ""


def _by_keys(form: CompiledForm, key: str, table: _Table) -> _Heading:
    known = columns_of(form, key) | set(SYSTEM)
    keys: dict[int, str] = {}
    for number, cell in enumerate(table.rows[0][1]):
        text = str(cell)
        if text not in keys.values():
            keys[number] = text if text in known or text.startswith("_") or not text else f"?{text}"
    found = _whole(form, key, {number: name for number, name in keys.items() if name})
    return _Heading(found, FIRST_ROW - 1, KEY_ROW, LABEL_ROW)


def _whole(form: CompiledForm, key: str, keys: dict[int, str]) -> dict[int, str]:
    """Return the columns without parts of an answer that lacks the others: it would be taken for emptied."""
    columns = form.columns[key].columns if key else form.columns
    present = set(keys.values())
    found = dict(keys)
    for number, name in keys.items():
        owner, _, part = name.partition(".")
        asked = columns[owner].parts if part and owner in columns else {}
        if owner in present - {name} or any(f"{owner}.{other}" not in present for other in asked):
            found[number] = f"?{name}" if part and not name.startswith("?") else name
    return found


def _by_labels(form: CompiledForm, key: str, table: _Table) -> _Heading | None:
    known = labels(form, key)
    for number, row in table.rows[:HEADING_ROWS]:
        texts = [folded(cell) if isinstance(cell, str) else "" for cell in row]
        hits = [text for text in texts if text in known and not known[text].startswith("_")]
        if not hits or 2 * len(hits) < len([text for text in texts if text]):
            continue
        keys: dict[int, str] = {}
        for column, text in enumerate(texts):
            name = known.get(text, f"?{row[column]}" if text else "")
            if name and name not in keys.values():
                keys[column] = name
        return _Heading(_whole(form, key, keys), number, None, number)
    return None


def _lines(table: _Table, heading: _Heading, parsed: Parsed) -> list[Line]:
    columns = {number: name for number, name in heading.keys.items() if not name.startswith("?")}
    unknown = {number: name[1:] for number, name in heading.keys.items() if name.startswith("?")}
    lines: dict[int, Line] = {}
    used: set[int] = set()
    for number, row in table.rows:
        if number <= heading.last_row:
            continue
        cells = {position: from_line(row[position]) if position < len(row) else None for position in columns}
        used.update(position for position in unknown if position < len(row) and from_line(row[position]) is not None)
        line = Line(table.name, number)
        for position, name in columns.items():
            cell = cells[position]
            if name == RECORD:
                line.record = "" if cell is None else plain_text(cell)
            elif name == ROW:
                line.row_id = "" if cell is None else plain_text(cell)
            elif name == OWNER:
                line.owner = "" if cell is None else plain_text(cell).strip()
            elif not name.startswith("_"):
                _put(line, name, cell)
        if line.record or line.row_id or any(cell is not None for cell in line.cells.values()):
            lines[number] = line
    for position in sorted(used):
        text = Label(
            f"表单没有“{unknown[position][:40]}”这一列，未读取",
            f"The form has no column “{unknown[position][:40]}”; it is not read",
        )
        parsed.remarks.append(Remark(table.name, 1, "", "unknown_column", text, "warning"))
    _mark(table, columns, lines)
    return list(lines.values())


def _put(line: Line, name: str, cell: Any) -> None:
    """Note a cell; those of the parts of an answer together, nothing where all of them are empty."""
    key, _, part = name.partition(".")
    if not part:
        line.cells[key] = cell
        return
    held = line.cells.get(key)
    cells = {**(held if isinstance(held, dict) else {}), part: cell} if cell is not None else held
    line.cells[key] = cells


def _mark(table: _Table, columns: Mapping[int, str], lines: Mapping[int, Line]) -> None:
    """Note on the lines which of their cells have no value of their own."""
    for row, column, code in table.broken:
        name = columns.get(column - 1)
        if row in lines and name and name != ERRORS:
            lines[row].broken[name.partition(".")[0]] = code
    for top, left, bottom, right in table.merged:
        name = next((columns[number] for number in range(left - 1, right) if number in columns), None)
        if name is None or name == ERRORS:
            continue
        for row in lines:
            if top <= row <= bottom:
                lines[row].broken[name.partition(".")[0]] = "merged_cell"
