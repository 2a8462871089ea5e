"""A definition as a WTForms form: what an entry page posts becomes raw answers, read field by field.

Names: ``f-<key>``; ``f-<table>-<i>-<key>`` and ``f-<table>-<i>-_row`` in a sub-table; ``….<part>`` of an answer of
several parts. Field keys hold no hyphen and no point, so a name splits in one way; and a field may be called ``data``
or ``errors`` without hiding an attribute of the form.

Nothing is refused here: what does not fit stays as it was typed, for the compiled checks of the form to speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import wtforms
from wtforms.utils import unset_value

from forms.compiled import Column, CompiledForm

#: What the name of every field begins with.
PREFIX = "f-"


class Post(Protocol):
    """What a page posts: names with any number of values each."""

    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, name: object, /) -> bool: ...
    def getlist(self, name: str, /) -> list[str]: ...


class Posted(wtforms.Field):
    """One answer, read as its type reads it; of several values the last one that says something holds."""

    def __init__(self, column: Column, **bound: Any) -> None:
        super().__init__(column.field.label.zh, **bound)
        self.column = column

    @property
    def asked(self) -> bool:
        """Whether the field was on the page: what is chosen from posts an empty value beside it."""
        return bool(self.raw_data)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep the raw answer."""
        self.data = self.column.type.from_form(self.column.field, _said(valuelist), self.column.code_list)


class PostedReference(Posted):
    """A chosen record, with the label that the page showed for it."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the id, and the label beside it."""
        super().process(formdata, data, extra_filters)
        label = _said(formdata.getlist(f"{self.name}-label")) if formdata is not None else []
        if self.data and label:
            self.data = {"id": self.data, "label": label[-1]}


class PostedParts(Posted):
    """An answer of several inputs: a mapping by their keys, without those that are empty."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read each part as its type reads it."""
        super().process(formdata, data, extra_filters)
        found = {}
        for key, part in self.column.parts.items():
            values = _said(formdata.getlist(f"{self.name}.{key}")) if formdata is not None else []
            if values:
                found[key] = part.type.from_form(part.field, [values[-1].strip()], part.code_list)
        self.data = found or None

    @property
    def asked(self) -> bool:
        """Whether it was on the page; a masked one is, where somebody typed over one of its parts."""
        return bool(self.raw_data) or self.data is not None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take nothing from the name itself: it only says that the parts were there."""


class PostedRows(Posted):
    """The rows of a sub-table in the order of the page, each a form of its columns."""

    def __init__(self, column: Column, row: type[wtforms.Form], **bound: Any) -> None:
        super().__init__(column, **bound)
        self.row = row

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read row after row; a row is there where its ``_row`` is, empty for a new one."""
        super().process(formdata, data, extra_filters)
        if self.asked:
            self.data = [self._read(formdata, index) for index in row_indexes(self.name, formdata)]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take nothing from the name itself: it only says that the table was there."""

    def _read(self, formdata: Post, index: str) -> dict[str, Any]:
        prefix = f"{self.name}-{index}-"
        identifier = _said(formdata.getlist(f"{prefix}_row"))
        return {**({"_row": identifier[-1]} if identifier else {}), **raw_answers(self.row(formdata, prefix=prefix))}


@lru_cache(maxsize=256)
def entry_form(form: CompiledForm) -> type[wtforms.Form]:
    """Return the form class of *form*: one field for each question that somebody answers."""
    return _class("Entry", form.columns.values(), PREFIX)


def raw_answers(form: wtforms.Form) -> dict[str, Any]:
    """Return what was posted into *form* by key: only fields that were on the page occur, an emptied one is None."""
    return {field.column.field.key: field.data for field in form if field.asked}


def read_post(form: CompiledForm, post: Post) -> dict[str, Any]:
    """Return the raw answers that *post* holds: text as typed, lists of codes, rows with their ``_row``."""
    return raw_answers(entry_form(form)(post))


def row_indexes(table: str, post: Iterable[str]) -> list[str]:
    """Return the indexes of the posted rows of the sub-table whose name is *table*, in page order."""
    prefix, suffix = f"{table}-", "-_row"
    return [name[len(prefix) : -len(suffix)] for name in post if name.startswith(prefix) and name.endswith(suffix)]


def _class(name: str, columns: Iterable[Column], prefix: str) -> type[wtforms.Form]:
    fields = {f"{PREFIX}{column.field.key}": _field(column, prefix) for column in columns if column.takes_answers}
    return type(name, (wtforms.Form,), fields)


def _field(column: Column, prefix: str) -> Any:
    name = prefix + column.field.key
    if column.columns:
        return PostedRows(column, _class("Row", column.columns.values(), ""), name=name)
    if column.parts:
        return PostedParts(column, name=name)
    return (PostedReference if column.type.refers else Posted)(column, name=name)


def _said(values: Sequence[str]) -> list[str]:
    """Return the values that are more than blanks."""
    return [value for value in values if value.strip()]
