"""Builds the views of sections, fields and rows from a form's definition and somebody's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any

from app.records.entry.choices import LONG_LIST, choices, codes, reference_options
from app.records.entry.client import total_tree
from app.records.entry.model import EMPTY, FieldView, FileView, OptionView, RowView, SectionView, TableView, TotalView
from app.records.entry.reply import shown
from app.records.entry.texts import file_size
from app.records.reading.show_page import foreign
from forms.answers import fixed_rows
from forms.answers.prefill import prefill_row
from forms.expressions import Environment, canonical, evaluate, passes
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from app.records.entry.said import Said
    from forms.compiled import Column, CompiledForm, Context, State
    from forms.definition import Definition, Field, Section


@dataclass
class FieldBuilder:
    """Draws the fields of one page; collects the suggestion lists that they share."""

    compiled: CompiledForm
    definition: Definition
    state: State
    context: Context
    mode: str
    lang: str
    masked: frozenset[str]
    hidden: frozenset[str]
    references: Mapping[str, Sequence[Mapping[str, Any]]]
    files: Mapping[str, Mapping[str, Any]]
    said: Said
    datalists: dict[str, tuple[OptionView, ...]] = dataclass_field(default_factory=dict)
    closed: bool = False
    unchanging: frozenset[str] = frozenset()

    def section(self, section: Section) -> SectionView:
        """Return a section with its visible and hidden fields; a field hidden from the reader is not there at all.

        In a section that is closed as a whole only fields with a rule of their own are hidden as well: the script
        opens the section and knows of no other.
        """
        self.closed = not any(item.key in self.state.visible for item in section.fields)
        fields = tuple(
            self.field(item.key, item, self.state.answers.get(item.key), f"f-{item.key}")
            for item in section.fields
            if item.key not in self.hidden
        )
        keys = {item.path for item in fields}
        return SectionView(
            key=section.key,
            title=section.title.get(self.lang),
            title_lang=foreign(section.title, self.lang),
            hidden=self.closed,
            fields=fields,
            errors=self.said.errors_in(keys),
            left=0 if self.closed else sum(1 for item in fields if item.wanted and item.missing),
        )

    def field(
        self, path: str, item: Field, value: Any, name: str, *, row: int | None = None, state_path: str | None = None
    ) -> FieldView:
        """Return the view of a field, or of a cell when *row* (from 1) is given.

        *state_path* is empty for a cell of a row that the server does not know yet: all of it is shown.
        """
        key = path if state_path is None else state_path
        kind = field_type(item.type)
        masked = path in self.masked and value not in EMPTY
        options = () if kind.parted and kind.widget != "matrix" else self.options(path, item, value)
        long_list = len(options) > LONG_LIST and not (kind.several or kind.refers)
        datalist = f"list-{item.codelist or path}" if long_list else ""
        if long_list:
            self.datalists.setdefault(item.codelist or path, options)
        return FieldView(
            path=path,
            name=name,
            id=name,
            widget=kind.widget,
            type=item.type,
            label=item.label.get(self.lang),
            label_lang=foreign(item.label, self.lang),
            value=value,
            text=self.text(path, item, value),
            required=item.required or key in self.state.required,
            hidden=bool(key) and key not in self.state.visible and not (self.closed and item.visible_when is None),
            # Masked, these show their mask and cannot be changed: there is nothing to type over.
            editable=self.editable(path, item) and not (masked and (kind.attachment or item.fields)),
            masked=masked,
            unit=item.unit.get(self.lang) if item.unit else "",
            help=item.help.get(self.lang) if item.help else "",
            placeholder=kind.placeholder,
            html_type=kind.html_type if value in EMPTY or (isinstance(value, str) and not masked) else "text",
            inputmode=kind.inputmode or "",
            accept=_accept(item, getattr(kind, "accept", ())),
            settings=item.settings,
            options=() if long_list else options,
            datalist=datalist,
            files=self.attachments(value) if kind.attachment else (),
            errors=self.said.messages(path, row),
            notes=self.said.notes_at(path, row),
            table=self.table(item, value) if item.fields else None,
            parts=self.parts(path, item, value, name, masked=masked),
        )

    def parts(self, path: str, item: Field, value: Any, name: str, *, masked: bool) -> tuple[FieldView, ...]:
        """Return the inputs of an answer that has several; each is drawn as a field of its own."""
        column = self.compiled.by_path[path]
        given = value if isinstance(value, Mapping) else {}
        return tuple(
            self.part(part, item, given.get(key), f"{name}.{key}", masked=masked) for key, part in column.parts.items()
        )

    def part(self, part: Column, owner: Field, value: Any, name: str, *, masked: bool) -> FieldView:
        """Return one input of an answer that has several."""
        item, kind = part.field, part.type
        options = choices(part.code_list, self.lang, codes(value))
        long_list = len(options) > LONG_LIST
        datalist = f"list-{owner.codelist or part.path}" if long_list else ""
        if long_list:
            self.datalists.setdefault(owner.codelist or part.path, options)
        text = "" if value in EMPTY else str(value)
        if text and kind.has_options and part.code_list is not None:
            text = kind.display(item, value, self.lang, part.code_list)
        return FieldView(
            path=part.path,
            name=name,
            id=name,
            widget=kind.widget,
            type=item.type,
            label=item.label.get(self.lang),
            label_lang=foreign(item.label, self.lang),
            value=value,
            text=text,
            required=item.required and owner.required,
            hidden=False,
            editable=True,
            masked=masked and bool(text),
            unit=item.unit.get(self.lang) if item.unit else "",
            help="",
            placeholder="",
            html_type=kind.html_type,
            inputmode=kind.inputmode or "",
            accept="",
            settings=item.settings,
            options=() if long_list else options,
            datalist=datalist,
            files=(),
            errors=(),
            notes=(),
        )

    def editable(self, path: str, item: Field) -> bool:
        """Return whether the field is one the reader fills in."""
        return (
            path not in self.unchanging
            and self.mode != "print"
            and not item.readonly
            and self.context.role not in item.readonly_for
        )

    def options(self, path: str, item: Field, value: Any) -> tuple[OptionView, ...]:
        """Return what may be chosen; the option filter drops what it says no to, never what is chosen."""
        if field_type(item.type).refers:
            return reference_options(value, self.references.get(path, ()))
        found = choices(self.definition.code_list(path), self.lang, codes(value))
        if item.option_filter is None or "." in path:
            return found
        environment = self.compiled.environment(self.state.answers, self.context)
        tree, variables = item.option_filter.tree, environment.variables
        return tuple(
            option
            for option in found
            if option.code in codes(value)
            or passes(tree, replace(environment, variables={**variables, "code": option.code, "kind": option.kind}))
        )

    def table(self, item: Field, value: Any) -> TableView:
        """Return a sub-table's rows and its empty row."""
        rows = [row for row in value or () if isinstance(row, Mapping)]
        least = int(item.setting("min_rows", 0))
        start: Mapping[str, Any] = {}
        if self.mode in {"add", "edit"}:
            start = prefill_row(self.compiled, item.key, self.state.answers, self.context)
            rows = rows or [start for _ in range(least)]
        totals = tuple(item.setting("totals", ()))
        fixed = item.key in self.compiled.fixed
        odd = fixed_rows.strays(self.compiled.columns[item.key], rows)
        return TableView(
            key=item.key,
            blank=self.row(item, start, "__i__", 0),
            rows=tuple(
                self.row(item, row, str(index), index + 1, removable=not fixed or index in odd)
                for index, row in enumerate(rows)
            ),
            totals=tuple(self.total(item, key) for key in totals if f"{item.key}.{key}" not in self.hidden),
            min_rows=least,
            max_rows=int(item.setting("max_rows", 0)),
            fixed=fixed,
        )

    def row(self, table: Field, row: Mapping[str, Any], index: str, number: int, *, removable: bool = True) -> RowView:
        """Return one row; the state of a row the server has not numbered yet is that of its columns."""
        row_id = str(row.get("_row") or "")
        head = fixed_rows.heading(self.compiled.columns[table.key])
        cells = {
            column.key: self.field(
                f"{table.key}.{column.key}",
                column,
                row.get(column.key),
                f"f-{table.key}-{index}-{column.key}",
                row=number,
                state_path=f"{table.key}[{row_id}].{column.key}" if row_id else "",
            )
            for column in table.fields
            if f"{table.key}.{column.key}" not in self.hidden
        }
        heading = cells.pop(head.field.key, None) if head is not None else None
        return RowView(index, number, row_id, tuple(cells.values()), heading, removable)

    def total(self, table: Field, key: str) -> TotalView:
        """Return the sum of a column; empty where the column is masked."""
        path = f"{table.key}.{key}"
        column = self.definition.field(path)
        text = ""
        if path not in self.masked:
            environment = Environment(self.state.answers, types=self.compiled.types)
            text = str(canonical(evaluate(total_tree(table.key, key), environment)) or "")
        return TotalView(path, column.label.get(self.lang), text, column.unit.get(self.lang) if column.unit else "")

    def text(self, path: str, item: Field, value: Any) -> str:
        """Return *value* as its input shows it, or as a reader sees it where there is no input."""
        if value in EMPTY:
            return ""
        if path in self.masked and isinstance(value, str):
            return value
        kind = field_type(item.type)
        if kind.refers:
            return str(value.get("label", "")) if isinstance(value, Mapping) else str(value)
        said = kind.computes or kind.parted or (kind.has_options and not kind.several)
        if self.mode == "print" or said or item.readonly:
            return shown(self.definition, path, value, self.lang)
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

    def attachments(self, value: Any) -> tuple[FileView, ...]:
        """Return the attachments in *value*, with their names where they are known."""
        found = []
        for item in value if isinstance(value, list) else ():
            known = item if isinstance(item, Mapping) else self.files.get(str(item), {})
            file_id = str(item["id"] if isinstance(item, Mapping) else item)
            found.append(FileView(file_id, str(known.get("name") or file_id), file_size(known.get("size"))))
        return tuple(found)


def _accept(item: Field, usual: tuple[str, ...]) -> str:
    """Return the file types of an attachment as a file input wants them."""
    return ",".join(f".{ending}" for ending in item.setting("accept", usual))
