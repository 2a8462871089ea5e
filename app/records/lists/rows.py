"""Rows of a list as text; what is the same in every row of a column is worked out once per page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from markupsafe import Markup, escape

from app.caches import Itself, on_clear
from app.records.labels import SYSTEM_LABELS, state_of, system_text
from app.records.lists.cell_status import ASIDE, BLANK
from app.records.lists.statuses import ListStatuses
from app.records.models import VOID
from app.records.reading.show_page import NOTHING, display_of, foreign, lang_of_data, mask_text, with_unit
from forms.answers.answer import is_empty
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.access.actor import Actor
    from forms.definition import Definition
    from forms.workflow import Workflow

_SYSTEM_SHAPES = {"_organization_name": "name"}


@dataclass(frozen=True)
class Column:
    """A column of the list: its field or system column, how it is called, and the shape (CSS class) of its cells."""

    name: str
    label: str
    lang: str = ""
    shape: str = ""

    @cached_property
    def attributes(self) -> Markup:
        """Return the attributes of its cells."""
        return _attributes(self.label, self.shape)


@lru_cache(maxsize=4096)
def _attributes(label: str, shape: str) -> Markup:
    named = Markup(' class="{}"').format(shape) if shape else ""
    return Markup(' data-label="{}"{}').format(label, named)


@lru_cache(maxsize=4096)
def _opening(attributes: Markup, lang: str, tone: str, *, masked: bool) -> str:
    """Return the tags that open a cell: a badge where it has a tone."""
    look = f"badge text-bg-{tone}" if tone else "masked" if masked else ""
    named = Markup(' class="{}"').format(look) if look else ""
    spoken = Markup(' lang="{}"').format(lang) if lang else ""
    return str(Markup("<td{}><span{}{}>").format(attributes, named, spoken))


def _escaped(texts: list[str]) -> list[str]:
    """Return texts escaped, all at once: a page has a thousand."""
    between = "\x00"
    escaped = str(escape(between.join(texts))).split(between)
    # No database but SQLite keeps that character.
    return escaped if len(escaped) == len(texts) else [str(escape(text)) for text in texts]


@lru_cache(maxsize=512)
def columns_of(definition: Itself[Definition], names: tuple[str, ...], lang: str) -> list[Column]:
    """Return columns under their labels in the language of the request."""
    return [_column(definition.it, name, lang) for name in names]


on_clear(columns_of.cache_clear)


def _column(definition: Definition, name: str, lang: str) -> Column:
    """Return a column under its label, with the unit of a number."""
    if name.startswith("_"):
        return Column(name, str(SYSTEM_LABELS[name]), shape=_SYSTEM_SHAPES.get(name, "short"))
    item = definition.field(name)
    kind = field_type(item.type)
    shape = "number" if kind.column_kind in {"integer", "numeric"} else "short" if kind.short else ""
    return Column(name, with_unit(item, lang), foreign(item.label, lang), shape)


class RowWriter:
    """Turns the rows that a list has found into text."""

    def __init__(
        self, actor: Actor, definition: Definition, workflow: Workflow | None, columns: list[Column], lang: str
    ) -> None:
        self._form_key = definition.key
        self._statuses: ListStatuses | None = None
        #: No empty cell of the page says more than that.
        self._quiet = True
        self._actor, self._workflow = actor, workflow
        self._columns, self._lang = columns, lang
        self._changes = actor.can(definition.resource, "U")
        self._states: dict[str, tuple[str, str, str]] = {}
        fields = [column.name for column in columns if not column.name.startswith("_")]
        self._display = {name: display_of(definition, name, lang) for name in fields}
        self._duplicate = str(SYSTEM_LABELS["_duplicate"])
        self._writers = [self._writer(column) for column in columns[1:]]
        # Each link as its word and what it is called; looking a message up for every row costs more than the row.
        self._see = str(escape(gettext("查看"))), str(escape(gettext("查看 %(name)s")))
        self._change = str(escape(gettext("编辑"))), str(escape(gettext("编辑 %(name)s")))
        self._actions = Markup('<td class="row-actions" data-label="{}">').format(gettext("操作"))
        self._base = escape(f"/records/{definition.key}")

    def rows(self, found: Iterable[Any]) -> Markup:
        """Return *found* drawn as rows of a table; in a template every text would cost twice as much."""
        rows = list(found)
        fields = [column.name for column in self._columns if not column.name.startswith("_")]
        self._statuses = ListStatuses(self._actor, self._form_key, rows, fields, self._lang)
        self._quiet = self._statuses.quiet
        return Markup("\n".join([self._row(row) for row in rows]))  # noqa: S704 - what _row has escaped

    def _row(self, row: Any) -> str:
        first = self._columns[0]
        text, lang, _, masked = self._text(first, row)
        if text == NOTHING or (masked and is_empty(row.answers.get(first.name))):
            # What is clicked on needs a name.
            text, lang = row.serial, ""
        cells = [write(row) for write in self._writers]
        name, *texts = _escaped([text, *(text for _, text in cells)])
        drawn = "".join([f"{opening}{text}</span></td>" for (opening, _), text in zip(cells, texts, strict=True)])
        spoken, place = f' lang="{lang}"' if lang else "", f"{self._base}/{{}}/{row.id}"
        links = self._link(self._see, place.format("show"), name)
        if self._may_edit(row):
            links += f" · {self._link(self._change, place.format('edit'), name)}"
        return (
            f'<tr><th scope="row"{first.attributes}><a href="{place.format("show")}"{spoken}>{name}</a></th>'
            f"{drawn}{self._actions}<span>{links}</span></td></tr>"
        )

    @staticmethod
    def _link(words: tuple[str, str], href: str, name: str) -> str:
        word, said = words
        return f'<a href="{href}" aria-label="{said % {"name": name}}">{word}</a>'

    def _may_edit(self, row: Any) -> bool:
        actor = self._actor
        if not self._changes or row.state == VOID or row.organization_id not in actor.organizations:
            return False
        state = self._workflow.states.get(row.state) if self._workflow is not None else None
        return state is None or actor.role in state.editable_by

    def _cell(self, column: Column, row: Any) -> tuple[str, str]:
        text, lang, tone, masked = self._text(column, row)
        return _opening(column.attributes, lang, tone, masked=masked), text

    def _writer(self, column: Column) -> Callable[[Any], tuple[str, str]]:
        """Return what opens the cells of a column and says their text; most are as plain as can be."""
        name, display = column.name, self._display.get(column.name)
        if display is None or self._lang == "en":
            return partial(self._cell, column)
        opening = _opening(column.attributes, "", "", masked=False)
        nothing = opening, NOTHING

        def write(row: Any) -> tuple[str, str]:
            value = row.answers.get(name)
            if value is None:
                return nothing if self._quiet else self._cell(column, row)
            return self._cell(column, row) if name in row.masked else (opening, display(value))

        return write

    def _empty(self, row: Any, name: str) -> tuple[str, str, str, bool]:
        """Return what an empty cell says: nothing, or why it is empty."""
        kind, said = self._statuses.of(row, name) if self._statuses is not None else (BLANK, "")
        if not said:
            return NOTHING, "", "", False
        return said, "", "warning" if kind == ASIDE else "", kind != ASIDE

    def _text(self, column: Column, row: Any) -> tuple[str, str, str, bool]:
        """Return text, language and tone of a cell, and whether it is masked."""
        name = column.name
        if name == "_state":
            text, tone, lang = self._state(row.state)
            return text, lang, tone, False
        if name == "_duplicate":
            text = self._duplicate if row.duplicate else ""
            return text, "", "warning" if text else "", False
        if name.startswith("_"):
            text = system_text(name, row)
            return text, lang_of_data(text, self._lang), "", False
        value = row.answers.get(name)
        if value is None or is_empty(value):
            return self._empty(row, name)
        masked = name in row.masked
        # A mask of several parts is shown like the answer.
        text = mask_text(value) if masked and not isinstance(value, dict) else self._display[name](value)
        return text, lang_of_data(text, self._lang), "", masked

    def _state(self, state: str) -> tuple[str, str, str]:
        if state not in self._states:
            self._states[state] = state_of(self._workflow, state, self._lang)
        return self._states[state]
