"""Builds the page model of a form: sections, fields, rows, what is wrong and what a reviewer said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any

from flask_babel import gettext

from app.records.entry.choices import LONG_LIST, choices
from app.records.entry.client import client_rules, total_tree
from app.records.entry.model import (
    EMPTY,
    Conflict,
    EntryPage,
    FieldView,
    FileView,
    Message,
    NewVersion,
    NoteView,
    OptionView,
    RecordHead,
    RowView,
    SectionView,
    TableView,
    TotalView,
    Urls,
)
from app.records.entry.paper import paper_of
from app.records.entry.reply import shown
from app.records.entry.texts import client_texts, file_size, note_heading
from app.records.reading.show_page import place_of
from forms.compiled import Column, CompiledForm, Context, State
from forms.definition import Definition, Field, Section
from forms.expressions import Environment, canonical, evaluate, passes
from forms.field_types import get as field_type
from forms.labels import Label
from forms.prefill import prefill_row
from forms.problems import Problem


def entry_page(
    compiled: CompiledForm,
    answers: Mapping[str, Any],
    *,
    context: Context,
    urls: Urls,
    mode: str,
    lang: str,
    record: RecordHead | None = None,
    problems: Iterable[Problem] = (),
    notes: Iterable[Any] = (),
    masked: Collection[str] = (),
    hidden: Collection[str] = (),
    references: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    conflicts: Iterable[Mapping[str, Any]] = (),
    submit_label: str | None = None,
    returned: Any = None,
    campaigns: Sequence[Any] = (),
    campaign: str = "",
    new_version: NewVersion | None = None,
    closed: Collection[str] = (),
    keeps: bool = True,
) -> EntryPage:
    """Return the page of a record (or of a new one) in *mode* add, edit, preview or print.

    *answers* are cleaned answers; what does not fit its type stands in them as it was typed. *masked* and *hidden* name
    the fields the reader sees masked or not at all; *references* the first matches of every reference field (used
    without JavaScript); *files* name, size and type of attachments by id; *notes* have ``field``, ``row``, ``text``,
    ``severity`` and ``author_name``; *conflicts* ``field``, ``mine`` and ``theirs``; *returned* what was said
    with the return (``text``, ``author``, ``at``). *closed* are
    fields that the reader cannot change besides those closed to his role; without *keeps* there is no draft to save.
    *campaigns* are those that a new record may be filled in, *campaign*
    the id of the chosen one. *submit_label* is what the submit button says (default 提交); empty
    where the actor may not submit. *new_version*: one that the record is not of.
    """
    definition = compiled.definition
    state = compiled.evaluate(answers, context=context)
    builder = _Builder(
        compiled=compiled,
        definition=definition,
        state=state,
        context=context,
        mode=mode,
        lang=lang,
        masked=frozenset(masked),
        hidden=frozenset(hidden),
        references=references or {},
        files=files or {},
        problems=tuple(problems),
        notes=tuple(map(_note, notes)),
        unchanging=frozenset(closed),
    )
    sections = tuple(builder.section(section) for section in definition.sections)
    required = [item for section in sections if not section.hidden for item in section.fields if item.wanted]
    return EntryPage(
        mode=mode,
        lang=lang,
        form_key=definition.key,
        title=definition.title.get(lang),
        title_lang=_foreign(definition.title, lang),
        record=record or RecordHead(),
        urls=urls,
        sections=sections,
        datalists=builder.datalists,
        summary=builder.summary(),
        notes=builder.notes,
        note_links=tuple(builder.note_link(note) for note in builder.notes),
        conflicts=tuple(_conflict(definition, conflict, lang) for conflict in conflicts),
        filled=sum(1 for item in required if not item.missing),
        wanted=len(required),
        submit_label=gettext("提交") if submit_label is None else submit_label,
        client={
            **client_rules(compiled, state.answers, context, lang, masked=masked, hidden=hidden),
            "lock_version": record.lock_version if record else 0,
            "urls": {"draft": urls.draft, "files": urls.files, "lookup": urls.lookup, "file": urls.file},
            "texts": client_texts(),
        }
        if mode != "print"
        else {},
        returned=returned,
        paper=paper_of(definition, lang) if mode == "print" else None,
        campaigns=campaigns,
        campaign=campaign,
        new_version=new_version,
        keeps=keeps,
    )


@dataclass
class _Builder:
    """Draws one page; collects the suggestion lists that its fields share."""

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
    problems: tuple[Problem, ...]
    notes: tuple[NoteView, ...]
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
            title_lang=_foreign(section.title, self.lang),
            hidden=self.closed,
            fields=fields,
            errors=sum(1 for p in self.problems if p.field.partition(".")[0] in keys and p.level == "error"),
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
            label_lang=_foreign(item.label, self.lang),
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
            errors=tuple(
                Message(problem.message.get(self.lang), level=problem.level)
                for problem in self.problems
                if problem.field == path and problem.row == row
            ),
            notes=tuple(note for note in self.notes if note.field == path and note.row in {row, None}),
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
        options = choices(part.code_list, self.lang, _codes(value))
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
            label_lang=_foreign(item.label, self.lang),
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
            return self.reference_options(path, value)
        found = choices(self.definition.code_list(path), self.lang, _codes(value))
        if item.option_filter is None or "." in path:
            return found
        environment = self.compiled.environment(self.state.answers, self.context)
        tree, variables = item.option_filter.tree, environment.variables
        return tuple(
            option
            for option in found
            if option.code in _codes(value)
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
        return TableView(
            key=item.key,
            blank=self.row(item, start, "__i__", 0),
            rows=tuple(self.row(item, row, str(index), index + 1) for index, row in enumerate(rows)),
            totals=tuple(self.total(item, key) for key in totals if f"{item.key}.{key}" not in self.hidden),
            min_rows=least,
            max_rows=int(item.setting("max_rows", 0)),
        )

    def row(self, table: Field, row: Mapping[str, Any], index: str, number: int) -> RowView:
        """Return one row; the state of a row the server has not numbered yet is that of its columns."""
        row_id = str(row.get("_row") or "")
        return RowView(
            index=index,
            number=number,
            row_id=row_id,
            cells=tuple(
                self.field(
                    f"{table.key}.{column.key}",
                    column,
                    row.get(column.key),
                    f"f-{table.key}-{index}-{column.key}",
                    row=number,
                    state_path=f"{table.key}[{row_id}].{column.key}" if row_id else "",
                )
                for column in table.fields
                if f"{table.key}.{column.key}" not in self.hidden
            ),
        )

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

    def reference_options(self, path: str, value: Any) -> tuple[OptionView, ...]:
        """Return the first matches of a reference field, the chosen one first."""
        chosen = value if isinstance(value, Mapping) else {"id": value} if value else None
        listed = [OptionView(str(item["id"]), str(item["label"])) for item in self.references.get(path, ())]
        if chosen and str(chosen["id"]) not in {option.code for option in listed}:
            listed.insert(0, OptionView(str(chosen["id"]), str(chosen.get("label") or chosen["id"])))
        return tuple(listed)

    def attachments(self, value: Any) -> tuple[FileView, ...]:
        """Return the attachments in *value*, with their names where they are known."""
        found = []
        for item in value if isinstance(value, list) else ():
            known = item if isinstance(item, Mapping) else self.files.get(str(item), {})
            file_id = str(item["id"] if isinstance(item, Mapping) else item)
            found.append(FileView(file_id, str(known.get("name") or file_id), file_size(known.get("size"))))
        return tuple(found)

    def summary(self) -> tuple[Message, ...]:
        """Return every problem with the place it links to, in the order of the fields."""
        order = {path: index for index, path in enumerate(self.definition.paths)}
        problems = sorted(self.problems, key=lambda p: (order.get(p.field, -1), p.row or 0))
        return tuple(
            Message(p.message.get(self.lang), self.place(p.field, p.row), self.target(p.field, p.row), p.level)
            for p in problems
        )

    def note_link(self, note: NoteView) -> Message:
        """Return a reviewer's note as a line that links to its field."""
        return Message(
            note.text, note_heading(self.place(note.field, note.row), note.author), self.target(note.field, note.row)
        )

    def place(self, path: str, row: int | None) -> str:
        """Return what a reader calls the field at *path*."""
        return place_of(self.definition, path, row, self.lang) if self.definition.has(path) else ""

    def target(self, path: str, row: int | None) -> str:
        """Return the id of the input at *path*; a field that is not on the page has none."""
        table, _, column = path.partition(".")
        if not self.definition.has(path) or table in self.hidden:
            return ""
        return f"f-{table}-{(row or 1) - 1}-{column}" if column else f"f-{path}"


def _note(note: Any) -> NoteView:
    if isinstance(note, NoteView):
        return note
    author = getattr(note, "author_name", "") or getattr(note, "author", "") or ""
    return NoteView(note.text, note.field or "", note.row, str(author), note.severity or "must")


def _conflict(definition: Definition, conflict: Mapping[str, Any], lang: str) -> Conflict:
    path = conflict["field"]
    return Conflict(
        path,
        definition.field(path).label.get(lang),
        shown(definition, path, conflict.get("mine"), lang),
        shown(definition, path, conflict.get("theirs"), lang),
    )


def _codes(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (value,) if isinstance(value, str) else ()


def _foreign(label: Label, lang: str) -> str:
    """Return the language of *label* where it differs from the page's."""
    return "zh-CN" if lang == "en" and not label.en else ""


def _accept(item: Field, usual: tuple[str, ...]) -> str:
    """Return the file types of an attachment as a file input wants them."""
    return ",".join(f".{ending}" for ending in item.setting("accept", usual))
