"""What the page of one record shows: its answers as text, by section, each in the mode of its reader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.access.law import Mode
from forms.answers.answer import is_empty
from forms.answers.fixed_rows import row_label
from forms.field_types import get as field_type
from forms.field_types.base import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from forms.definition import Definition, Field, Section
    from forms.labels import Label

NOTHING = "—"
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
#: A sub-table with more columns is shown row by row.
MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """An answer as text; ``row`` numbers the row of a sub-table that it stands in."""

    path: str
    label: str
    label_lang: str
    text: str
    masked: bool = False
    revealable: bool = False
    wide: bool = False
    numeric: bool = False
    files: tuple[Any, ...] = ()
    notes: tuple[Any, ...] = ()
    heads: tuple[Cell, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    row: int | None = None
    #: An answer that did not fit the field's new type and is set aside.
    aside: Any = None

    @property
    def anchor(self) -> str:
        """Return the id that notes link to."""
        return f"v-{self.path.replace('.', '-')}" + (f"-{self.row}" if self.row else "")

    @property
    def filled(self) -> bool:
        """Tell whether there is something to read."""
        return self.text != NOTHING or bool(self.files or self.notes or self.aside)

    @property
    def as_cards(self) -> bool:
        """Tell whether the rows of a sub-table have too many columns to be read side by side."""
        return len(self.heads) > MOST_COLUMNS


@dataclass(frozen=True, slots=True)
class Part:
    """A section with something in it."""

    key: str
    title: str
    title_lang: str
    cells: tuple[Cell, ...] = field(default_factory=tuple)


def foreign(label: Label, lang: str) -> str:
    """Return the ``lang`` of a Chinese text that stands on an English page for want of a translation."""
    return "zh-CN" if lang == "en" and not label.en else ""


def lang_of_data(text: Any, lang: str) -> str:
    """Return the ``lang`` of what somebody wrote where it differs from the page's, else an empty text."""
    return "zh-CN" if lang == "en" and isinstance(text, str) and _HAN.search(text) else ""


def with_unit(item: Field, lang: str) -> str:
    """Return the label of a field with its unit behind it."""
    label, unit = item.label.get(lang), item.unit.get(lang) if item.unit else ""
    if not unit:
        return label
    return f"{label} ({unit})" if lang == "en" else f"{label}（{unit}）"


def place_of(form: Definition, path: str, row: int | None, lang: str) -> str:
    """Return what a reader calls a field, or a cell of a row."""
    if not form.has(path):
        return path
    label = form.field(path).label.get(lang)
    if row is None:
        return label
    table = form.field(path.partition(".")[0]).label.get(lang)
    named = row_label(form, path.partition(".")[0], row)
    if named is not None:
        where = gettext("%(table)s “%(name)s”", table=table, name=named.get(lang))
    else:
        where = gettext("%(table)s 第 %(row)s 行", table=table, row=row)
    return f"{where} {label}" if "." in path else where


def text_of(definition: Definition, path: str, value: Any, lang: str, *, masked: bool = False) -> str:
    """Return an answer as its reader sees it; a masked one is its mask."""
    if is_empty(value):
        return NOTHING
    if masked and not isinstance(value, dict):
        return mask_text(value)
    return display_of(definition, path, lang)(value)


def mask_text(value: Any) -> str:
    """Return the mask of an answer as text."""
    return value if isinstance(value, str) else "***"


def _as_it_is(value: Any) -> str:
    return str(value) or NOTHING


def display_of(definition: Definition, path: str, lang: str) -> Callable[[Any], str]:
    """Return what turns plain answers of a field, none of them empty, into text."""
    item, codes = definition.field(path), definition.code_list(path)
    kind = field_type(item.type)
    if type(kind).display is FieldType.display:
        return _as_it_is
    display = kind.display

    def text(value: Any) -> str:
        try:
            return display(item, value, lang, codes) or NOTHING
        except (ValueError, TypeError, ArithmeticError, AttributeError, KeyError):
            # A draft keeps what was typed, whether it fits the type or not.
            return str(value)

    return text


@dataclass(frozen=True)
class _Builder:
    definition: Definition
    answers: Mapping[str, Any]
    lang: str
    masked: frozenset[str]
    hidden: frozenset[str]
    visible: Collection[str] | None
    modes: Mapping[str, Mode]
    notes: tuple[Any, ...]
    files: Mapping[str, Any]
    asides: Mapping[tuple[str, int | None], Any]

    def part(self, section: Section) -> Part:
        shown = [item for item in section.fields if self.shows(item)]
        cells = tuple(self.cell(item.key, item, self.answers.get(item.key)) for item in shown)
        return Part(section.key, section.title.get(self.lang), foreign(section.title, self.lang), cells)

    def shows(self, item: Field) -> bool:
        if not field_type(item.type).stores or item.key in self.hidden:
            return False
        shown = self.visible is None or item.key in self.visible or not is_empty(self.answers.get(item.key))
        return shown or (item.key, None) in self.asides

    def cell(self, path: str, item: Field, value: Any, row: int | None = None) -> Cell:
        if item.fields:
            return self.table(path, item, value)
        masked, kind = path in self.masked, field_type(item.type)
        found = self.files
        return Cell(
            path,
            with_unit(item, self.lang),
            foreign(item.label, self.lang),
            text_of(self.definition, path, value, self.lang, masked=masked),
            masked=masked,
            revealable=masked and self.modes.get(path) is Mode.REVEAL,
            wide=kind.wide,
            numeric=kind.column_kind in {"integer", "numeric"},
            files=tuple(found[key] for key in value or () if key in found)
            if kind.attachment and not masked and isinstance(value, list)
            else (),
            notes=tuple(note for note in self.notes if note.field == path and (note.row or None) == row),
            row=row,
            aside=self.asides.get((path, row)),
        )

    def table(self, path: str, item: Field, value: Any) -> Cell:
        columns = [column for column in item.fields if f"{path}.{column.key}" not in self.hidden]
        rows = value if isinstance(value, list) else []
        return Cell(
            path,
            item.label.get(self.lang),
            foreign(item.label, self.lang),
            "" if rows else NOTHING,
            wide=True,
            heads=tuple(self.cell(f"{path}.{column.key}", column, None, -1) for column in columns),
            rows=tuple(
                tuple(self.cell(f"{path}.{column.key}", column, row.get(column.key), number) for column in columns)
                for number, row in enumerate(rows, 1)
            ),
            notes=tuple(note for note in self.notes if note.field == path),
        )


def parts(
    definition: Definition,
    answers: Mapping[str, Any],
    lang: str,
    *,
    masked: Iterable[str] = (),
    hidden: Iterable[str] = (),
    visible: Collection[str] | None = None,
    modes: Mapping[str, Mode] | None = None,
    notes: Iterable[Any] = (),
    files: Mapping[str, Any] | None = None,
    asides: Iterable[Any] = (),
) -> list[Part]:
    """Return the sections that have something to show.

    :param visible: keys that the rules show; ``None``: all.
    :param files: attachments by id, as templates link them.
    :param asides: answers that are set aside, with ``path`` and ``row``.
    """
    builder = _Builder(
        definition,
        answers,
        lang,
        frozenset(masked),
        frozenset(hidden),
        visible,
        modes or {},
        tuple(notes),
        files or {},
        {(item.path, item.row): item for item in asides},
    )
    found = [builder.part(section) for section in definition.sections]
    return [part for part in found if part.cells]
