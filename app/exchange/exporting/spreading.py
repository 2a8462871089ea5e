"""From a record as it may leave the house to the rows of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from app.exchange.cells import to_cell, to_cells
from app.exchange.layout import ASIDE_TITLE, RECORD, ROW, Sheet, SheetColumn, label_of, sheets
from app.records.lists.cell_status import ASIDE, WORDS
from forms.answers.answer import is_empty, rows_of
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from app.exchange.cells import Cell
    from app.records.lists.cell_status import Statuses
    from app.records.reading.record import RecordView
    from app.records.versions.quarantine import Aside
    from forms.answers.answer import Column as FormColumn
    from forms.compiled import CompiledForm

#: What stands before the answers of a record.
SHELL = ("_serial", "_state", "_organization_name", "_region", "_updated_at", "_submitted_at")


ASIDE_SHEET = "_aside"
_ASIDE_HEADS = (
    (RECORD, Label("记录编号", "Record")),
    ("_serial", Label("流水号", "Serial number")),
    ("_field", Label("字段代码", "Key of the field")),
    ("_label", Label("字段", "Field")),
    ("_no", Label("明细行", "Row")),
    ("_raw", Label("原文", "As it was written")),
    ("_from", Label("原类型", "Type before")),
    ("_to", Label("新类型", "Type now")),
    ("_reason", Label("原因", "Reason")),
)


def aside_sheet(lang: str) -> Sheet:
    """Return the sheet of answers that did not fit their field's new type; nothing reads it back."""
    columns = tuple(SheetColumn(key, label.get(lang), "", 24) for key, label in _ASIDE_HEADS)
    return Sheet(ASIDE_SHEET, ASIDE_TITLE.get(lang), columns)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is told of a record besides its answers.

    ``statuses`` say why cells are empty; ``earlier`` are answers to retired fields, by path and row, each with the
    field of then and whether it is a mask.
    """

    asides: Sequence[Aside] = ()
    statuses: Statuses | None = None
    earlier: Mapping[tuple[str, str | None], tuple[FormColumn, Any, bool]] = field(default_factory=dict)

    def former(self, path: str, row_id: str | None) -> tuple[FormColumn, Any, bool] | None:
        """Return the answer of before to a field that is asked no more."""
        return self.earlier.get((path, row_id))


NOTHING_BESIDE = Beside()


@dataclass
class Spread:
    """The sheets of an export, and the rows of each record on them.

    ``single``: everything on one sheet, a line for each row of a sub-table; else a sheet for each sub-table.
    """

    form: CompiledForm
    paths: Collection[str]
    lang: str
    regions: Mapping[str, str]
    single: bool
    #: Of a format with one table only that does not spread: how many rows there are stands in one column.
    counts: bool = False
    #: A further sheet for what is set aside.
    asides: bool = False
    #: Paths that may leave in plain by a request.
    opened: Collection[str] = ()
    #: Paths of which some cell was masked, those of the opened of which some was written in plain, rows of each sheet.
    plain: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._more = NOTHING_BESIDE
        found = sheets(self.form, self.paths, self.lang, system=SHELL)
        self._main, self._below = found[0], found[1:]
        self.sheets: Sequence[Sheet] = found
        if self.single:
            below = [column for sheet in self._below for column in self._beside(sheet)]
            self.sheets = [Sheet("", self._main.name, (*self._main.columns, *below))]
        if self.asides:
            self.sheets = [*self.sheets, aside_sheet(self.lang)]

    def _beside(self, sheet: Sheet) -> list[SheetColumn]:
        """Return the columns of a sub-table as they stand beside those of the record."""
        table = self.form.columns[sheet.key]
        name = label_of(table.field, self.lang)
        if self.counts:
            return [SheetColumn(sheet.key, name, "", 10)]
        return [
            SheetColumn(
                f"{sheet.key}.{column.key}",
                f"{name}·{column.label}",
                column.note,
                column.width,
                column.text,
                column.number_format,
                answers=column.answers,
                part=column.part,
            )
            for column in sheet.columns
            if column.answers is not None
        ]

    def lines(self, view: RecordView, more: Beside | None = None) -> Iterator[tuple[str, list[Cell]]]:
        """Yield the rows of a record: the key of the sheet and the cells.

        :param more: what is told besides its answers.
        """
        self._more = more or NOTHING_BESIDE
        main = [self._cell(view, column, view.answers, column.key) for column in self._main.columns]
        below = [(sheet, rows_of(view.answers.get(sheet.key))) for sheet in self._below]
        if self.asides:
            for item in self._more.asides:
                yield self._counted(ASIDE_SHEET, self._aside(view, item))
        if not self.single:
            yield self._counted("", main)
            for sheet, rows in below:
                for row in rows:
                    cells = [self._cell(view, column, row, f"{sheet.key}.{column.key}") for column in sheet.columns]
                    yield self._counted(sheet.key, cells)
        elif self.counts:
            yield self._counted("", [*main, *(len(rows) or None for _, rows in below)])
        else:
            for together in zip_longest(*(rows for _, rows in below)) if any(rows for _, rows in below) else [()]:
                yield self._counted("", [*main, *self._row_beside(view, together)])

    def _row_beside(self, view: RecordView, together: Sequence[Mapping[str, Any] | None]) -> Iterator[Cell]:
        for number, sheet in enumerate(self._below):
            row = together[number] if number < len(together) else None
            for column in sheet.columns:
                if column.answers is not None:
                    yield self._cell(view, column, row or {}, f"{sheet.key}.{column.key}")

    def _counted(self, sheet: str, cells: list[Cell]) -> tuple[str, list[Cell]]:
        self.rows[sheet] = self.rows.get(sheet, 0) + 1
        return sheet, cells

    def _cell(self, view: RecordView, column: SheetColumn, answers: Mapping[str, Any], path: str) -> Cell:
        if column.answers is None:
            return self._system(view, column.key, answers)
        # As the version says that the record was filled under: options had the labels of then.
        path = path.removesuffix(f".{column.part}") if column.part else path
        known = view.compiled.by_path.get(path)
        value = answers.get(column.answers.field.key)
        if known is None or is_empty(value):
            return self._said(path, answers, column.part, asked=known is not None)
        masked = path in view.masked
        self._note(path, masked=masked)
        if column.part:
            return to_cells(known, value, self.lang, masked=masked).get(column.part) if known.parts else None
        return to_cell(known, value, self.lang, masked=masked)

    def _note(self, path: str, *, masked: bool) -> None:
        """Remember how a value was written, for the manifest."""
        if masked:
            self.masked.add(path)
        elif path in self.opened:
            self.plain.add(path)

    def _said(self, path: str, answers: Mapping[str, Any], part: str, *, asked: bool) -> Cell:
        """Return what an empty cell says, where all versions are told: an answer of before, or why it is empty.

        :param asked: the record's version asks for it.
        """
        row = answers if "." in path else None
        if row is not None and "_row" not in row:
            return None
        row_id = str(row["_row"]) if row is not None else None
        former = self._more.former(path, row_id) if not asked else None
        if former is not None:
            column, value, masked = former
            self._note(path, masked=masked)
            if part:
                return to_cells(column, value, self.lang, masked=masked).get(part) if column.parts else None
            return to_cell(column, value, self.lang, masked=masked)
        statuses = self._more.statuses
        kind = statuses.of(path, row) if statuses is not None else ""
        if statuses is None or kind not in WORDS:
            return None
        item = statuses.aside(path, row_id) if kind == ASIDE else None
        return WORDS[kind].get(self.lang) + (item.text if item is not None else "")

    def _aside(self, view: RecordView, item: Aside) -> list[Cell]:
        form, lang = view.definition, self.lang
        types = [field_type(name).label.get(lang) for name in (item.from_type, item.to_type)]
        self._note(item.path, masked=item.masked)
        label = label_of(form.field(item.path), lang) if form.has(item.path) else item.path
        return [view.id, view.serial, item.path, label, item.row, item.text, *types, item.reason.get(lang) or None]

    def _system(self, view: RecordView, key: str, answers: Mapping[str, Any]) -> Cell:
        if key == RECORD:
            return view.id
        if key == ROW:
            return str(answers.get("_row") or "") or None
        if key == "_state":
            return view.state_label.get(self.lang)
        if key == "_organization_name":
            return str(view.organization["name"])
        if key == "_region":
            return self.regions.get(view.region, view.region)
        if key == "_serial":
            return view.serial
        return _local(view.updated_at if key == "_updated_at" else view.submitted_at)


def _local(moment: datetime | None) -> datetime | None:
    """Return a moment by the clock of the server, as cells hold it."""
    return None if moment is None else moment.astimezone().replace(tzinfo=None, microsecond=0)
