"""What a row of a file changes in a record: cells left as an export wrote them, or as they are, change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.access.law import Mode, leaving_mode
from app.exchange.cells import same, to_cell, to_cells
from app.exchange.importing.answering import value_of, values_of
from app.exchange.importing.parsing import BROKEN
from forms.answers import fixed_rows
from forms.answers.answer import is_empty, rows_of
from forms.answers.prefill import prefill_row
from forms.answers.problems import Invalid, Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.exchange.cells import Cell, Cells
    from app.exchange.importing.answering import Meanings
    from app.exchange.importing.candidates import Candidate
    from app.exchange.importing.existing import Existing
    from app.exchange.importing.parsing import Line
    from forms.answers.answer import Column
    from forms.compiled import CompiledForm, Context

NO_ROW = Label("没有这个明细行编号，新行请留空", "There is no such row; leave the number of a new row empty")
OLDER = Label(
    "这条记录按旧版表单填写，没有这一列", "The record was filled under an older version, which has no such column"
)


@dataclass(slots=True)
class Changes:
    """What a row changes: answers by key, as an update takes them; rows of sub-tables that go; what is wrong."""

    answers: dict[str, Any] = field(default_factory=dict)
    removed: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares rows of a file with one record."""

    form: CompiledForm
    existing: Existing
    #: What may be filled by a workbook.
    paths: Collection[str]
    meanings: Meanings
    context: Context
    #: Paths of what the actor sees by a logged look alone, and has now been told to be right.
    looked: set[str] = field(default_factory=set)

    def changes(self, candidate: Candidate) -> Changes:
        """Return what the rows of a candidate change."""
        found = Changes()
        stored = self.existing.stored
        present = self.existing.view.compiled
        cells, problems = self._cells(
            candidate.line, self.form.columns, present.columns, stored, None, looked=self.looked
        )
        found.answers.update(cells)
        found.problems += problems
        for key, lines in candidate.children.items():
            if key not in self.paths:
                continue
            if key not in present.columns:
                found.problems.append(Problem(key, None, "older_version", OLDER))
                continue
            self._table(key, lines, found)
        return found

    def _cells(
        self,
        line: Line,
        columns: Mapping[str, Column],
        present: Mapping[str, Column],
        stored: Mapping[str, Any],
        row: int | None,
        *,
        looked: set[str],
    ) -> tuple[dict[str, Any], list[Problem]]:
        changed: dict[str, Any] = {}
        problems: list[Problem] = []
        for key, cell in line.cells.items():
            asked = columns.get(key)
            if asked is None or asked.path not in self.paths or asked.columns:
                continue
            column = present.get(key)
            if key in line.broken:
                problems.append(Problem(asked.path, row, line.broken[key], BROKEN[line.broken[key]]))
            elif column is None or column.columns:
                if cell is not None:
                    problems.append(Problem(asked.path, row, "older_version", OLDER))
            elif not self._untouched(asked, column, cell, stored.get(key)):
                try:
                    value = value_of(column, cell, self.meanings)
                except Invalid as error:
                    problems.append(Problem(asked.path, row, error.code, error.message))
                    continue
                if not self._equal(column, value, stored, looked):
                    changed[key] = _checked(column, value)
        return changed, problems

    def _mode(self, path: str) -> Mode:
        """Return how the actor sees a field; as hidden, where he may not write it."""
        hidden = self.existing.rights.get(path, Mode.HIDE) is Mode.HIDE
        return Mode.HIDE if hidden else self.existing.view.modes.get(path, Mode.HIDE)

    def _untouched(self, asked: Column, column: Column, cell: Any, stored: Any) -> bool:
        """Tell whether a cell is what stands there, as a page or an export shows it; what is hidden is blank."""
        mode = self._mode(column.path)
        if mode is Mode.HIDE:
            return True
        if cell is None and (column.field.default is not None or column.field.prefill is not None):
            # A new record takes it from the form; the same file read again must change nothing.
            return True
        leaving = min(leaving_mode(mode, each.field.class_) for each in (asked, column))
        written: list[Cell | Cells] = []
        show = to_cells if column.parts else to_cell
        if is_empty(stored) or leaving is Mode.HIDE:
            written.append(None)
        if not is_empty(stored):
            if mode is Mode.PLAIN:
                written += [show(column, stored, lang) for lang in ("zh", "en")]
            if min(mode, leaving) < Mode.PLAIN:
                written.append(show(column, column.type.masked(column.field, stored), "zh", masked=True))
        return any(same(cell, one) for one in written)

    def _equal(self, column: Column, value: Any, stored: Mapping[str, Any], looked: set[str]) -> bool:
        """Tell whether a value is what is stored already; of what a mask hides, only where the actor wrote it himself.

        :param looked: what takes a logged look to be told comes into it.
        """
        present = stored.get(column.field.key)
        if value is None or is_empty(present):
            return value is None and is_empty(present)
        if not _says(column, _checked(column, value), present):
            return False
        mode = self._mode(column.path)
        row = str(stored.get("_row")) if "." in column.path else None
        own = self.existing.words.get((column.path, row), ())
        if mode is Mode.PLAIN or any(_says(column, word, present) for word in own):
            return True
        if mode is Mode.REVEAL:
            looked.add(column.path)
        return mode is Mode.REVEAL

    def _table(self, key: str, lines: list[Line], found: Changes) -> None:
        """Compare the listed rows of a sub-table; those that are not listed go, except where the rows are fixed."""
        columns = self.form.columns[key].columns
        present = self.existing.view.compiled.columns[key].columns
        before = rows_of(self.existing.stored.get(key))
        partners = self._partners(key, lines, before)
        rows: list[dict[str, Any]] = []
        there = [
            partner and partner.get("_row")
            for line, partner in zip(lines, partners, strict=True)
            if partner is not None or line.left_out is None
        ]
        touched = [row.get("_row") for row in before] != there
        for number, (line, partner) in enumerate(zip(lines, partners, strict=True), 1):
            if line.left_out is not None:
                # It stays as it is, or the form adds it.
                rows += [{"_row": partner.get("_row")}] if partner is not None else []
                continue
            if partner is None:
                rows.append(self._new_row(key, line, number, found))
                continue
            changed, problems = self._cells(line, columns, present, partner, number, looked=self.looked)
            found.problems += problems
            touched = touched or bool(changed)
            rows.append({"_row": partner.get("_row"), **changed})
        if touched:
            found.answers[key] = rows
            found.removed += len(before) - sum(partner is not None for partner in partners)

    def _new_row(self, key: str, line: Line, number: int, found: Changes) -> dict[str, Any]:
        if line.row_id:
            found.problems.append(Problem(f"{key}._row", number, "not_found", NO_ROW))
        present = self.existing.view.compiled
        columns = present.columns[key].columns
        values = values_of(line, columns, self.paths, self.meanings)
        found.problems += [
            Problem(columns[name].path, number, error.code, error.message) for name, error in values.wrong.items()
        ]
        filled = {name: _checked(columns[name], value) for name, value in values.filled.items()}
        return {**prefill_row(present, key, self.existing.stored, self.context), **filled}

    def _partners(self, key: str, lines: list[Line], before: list[Mapping[str, Any]]) -> list[Mapping[str, Any] | None]:
        """Return for each line the row that it is: by its number; without one, the row of the same content or key."""
        free = {str(row.get("_row")): row for row in before}
        partners: list[Mapping[str, Any] | None] = [free.pop(line.row_id, None) for line in lines]
        for alike in (self._alike, self._same_key):
            for number, line in enumerate(lines):
                if partners[number] is None and not line.row_id:
                    match = next((row_id for row_id, row in free.items() if alike(key, line, row)), None)
                    partners[number] = free.pop(match) if match is not None else None
        return partners

    def _alike(self, key: str, line: Line, row: Mapping[str, Any]) -> bool:
        columns = self.form.columns[key].columns
        present = self.existing.view.compiled.columns[key].columns
        looked: set[str] = set()
        found = self._cells(line, columns, present, row, None, looked=looked) == ({}, [])
        if found:
            self.looked.update(looked)
        return found

    def _same_key(self, key: str, line: Line, row: Mapping[str, Any]) -> bool:
        head = fixed_rows.heading(self.form.columns[key])
        keys = self.form.columns[key].field.setting("unique_columns", []) if head is None else [head.field.key]
        only = {name: line.cells.get(name) for name in keys}
        if not keys or any(cell is None for cell in only.values()):
            return False
        part = replace(line, cells=only, broken={})
        return self._alike(key, part, row)


def _says(column: Column, value: Any, other: Any) -> bool:
    """Tell whether two answers say the same; of a reference the id alone counts."""
    if column.type.refers and isinstance(value, dict) and isinstance(other, dict):
        return bool(value.get("id") == other.get("id"))
    return bool(value == other)


def _checked(column: Column, value: Any) -> Any:
    """Return a value in canonical form; one that does not fit as it came, for the validation to tell."""
    if value is None:
        return None
    try:
        return column.check(value)
    except Invalid:
        return value
