"""The tables of a form as SQLAlchemy sees them, from the registry of its columns; cached with the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.catalogue import catalogue, compiled, head
from app.builder.models import FieldRegistry
from app.database import db
from app.errors import BadRequest
from app.records.lists.search import side_table
from app.records.projection.columns import ByteText, child_columns, column_type, main_columns
from forms.columns import SORT_SUFFIX, has_sort_key
from forms.compiled import CompiledForm
from forms.definition import SYSTEM_KEYS, Definition
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from app.builder.catalogue import FormHead

LABEL_SUFFIX = "__label"


@dataclass(frozen=True, slots=True)
class Registered:
    """A column of the registry."""

    path: str
    column: str
    type: str
    kind: str
    live: bool = True


@dataclass(frozen=True, eq=False)
class FormTable:
    """A form's projection under its current version."""

    form_key: str
    version_no: int
    resource: str
    definition: Definition
    compiled: CompiledForm
    main: sa.Table
    children: Mapping[str, sa.Table]
    search: sa.Table
    #: Path of a field → name of its column; differs from the key after a change of type only.
    columns: Mapping[str, str]
    #: Path and kind → column, for what earlier versions stored as well.
    placed: Mapping[tuple[str, str], str]

    def _table(self, path: str) -> sa.Table:
        subtable, dot, _ = path.rpartition(".")
        return self.children[subtable] if dot else self.main

    def column(self, path: str) -> sa.Column[Any]:
        """Return the column of a field (``key`` or ``subtable.key``). Raises ``BadRequest`` where there is none."""
        name = self.columns.get(path)
        if name is None or not self.definition.has(path):
            raise BadRequest(code="unknown_field")
        return self._table(path).c[name]

    def key_column(self, key: str) -> sa.Column[Any]:
        """Return the column of a part of a unique key: of a field, or the system column that it names."""
        return self.main.c[key] if key in SYSTEM_KEYS else self.column(key)

    def text_column(self, path: str) -> sa.Column[Any]:
        """Return the column that holds what is read: the text beside the column where there is one, else its own."""
        column = self.column(path)
        return self._table(path).c.get(column.name + LABEL_SUFFIX, column)

    def sort_column(self, path: str) -> sa.Column[Any]:
        """Return the column that a list is ordered by: the sort key of a text, else the field's own."""
        column = self.column(path)
        return self._table(path).c.get(column.name + SORT_SUFFIX, column)

    def empty_row(self, subtable: str = "") -> dict[str, Any]:
        """Return a row without any answer: every field column, null or the empty sort key."""
        part = self.children[subtable] if subtable else self.main
        return {
            column.name: None if column.nullable else "" for column in part.columns if not column.name.startswith("_")
        }


def registered(form_key: str) -> list[Registered]:
    """Return every column that a form has or had, oldest first."""
    rows = db.session.execute(
        sa.select(
            FieldRegistry.path, FieldRegistry.column, FieldRegistry.type, FieldRegistry.kind, FieldRegistry.retired_no
        )
        .where(FieldRegistry.form_key == form_key)
        .order_by(FieldRegistry.id)
    )
    return [Registered(row.path, row.column, row.type, row.kind, row.retired_no is None) for row in rows]


def field_columns(known: Registered) -> list[sa.Column[Any]]:
    """Return the columns of one field: its value, the label of a reference, the sort key of a text."""
    kind = field_type(known.type)
    found: list[sa.Column[Any]] = [sa.Column(known.column, column_type(known.kind))]
    if kind.labelled:
        found.append(sa.Column(known.column + LABEL_SUFFIX, ByteText))
    if kind.sortable and known.kind == "text":
        # Not null, so that paging by it needs no case for the absent.
        found.append(sa.Column(known.column + SORT_SUFFIX, ByteText, nullable=False, server_default=""))
    return found


def build(
    found: FormHead, known: Iterable[Registered], *, name: str = "", form: CompiledForm | None = None
) -> FormTable:
    """Return the tables of a form.

    :param known: its registry.
    :param name: of the main table, ``data_<form>`` by default; a rebuild fills shadow tables.
    :param form: the compiled version, the current one by default.
    """
    name = name or f"data_{found.key}"
    present = form or compiled(found.key, found.no)
    metadata = sa.MetaData()
    parts: dict[str, list[sa.Column[Any]]] = {"": main_columns()}
    columns: dict[str, str] = {}
    placed: dict[tuple[str, str], str] = {}
    for item in known:
        placed[item.path, item.kind] = item.column
        subtable = item.path.rpartition(".")[0]
        parts.setdefault(subtable, child_columns() if subtable else [])
        present_names = {column.name for column in parts[subtable]}
        parts[subtable] += [column for column in field_columns(item) if column.name not in present_names]
        if item.live:
            columns[item.path] = item.column
    main = sa.Table(name, metadata, *parts.pop(""))
    children = {key: sa.Table(f"{name}__{key}", metadata, *child) for key, child in parts.items()}
    return FormTable(
        form_key=found.key,
        version_no=found.no,
        resource=found.resource,
        definition=present.definition,
        compiled=present,
        main=main,
        children=children,
        search=side_table(name, metadata),
        columns=columns,
        placed=placed,
    )


def form_table(form_key: str) -> FormTable:
    """Return the tables of a form under its current version. Raises ``NotFound``."""
    found = head(form_key)
    return catalogue().keep(("table", form_key), lambda: build(found, registered(form_key)))


def sortable(table: FormTable, path: str) -> bool:
    """Tell whether a list can be ordered by a field."""
    form = table.definition
    if "." in path or not form.has(path) or path not in table.columns:
        return False
    field = form.field(path)
    return has_sort_key(field) or field_type(field.type).sortable
