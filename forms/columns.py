"""The columns of a form's table: what the projection stores for each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms import field_types
from forms.answers.answer import Column, is_empty, rows_of
from forms.answers.problems import Invalid
from forms.compiled import CompiledForm
from forms.definition import Definition, Field
from forms.field_types.base import SORT_KEY_LENGTH

#: PostgreSQL cuts identifiers at 63 bytes; the suffix of the sort key and a version suffix must fit.
LONGEST_KEY = 48
SORT_SUFFIX = "__sort"
LABEL_SUFFIX = "__label"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column: ``kind`` is text, integer, numeric, date, bool or json; a sort key names the column that it sorts."""

    name: str
    kind: str
    length: int | None = None
    sort_key_of: str | None = None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Columns of one table, without the system columns."""

    columns: tuple[ColumnSpec, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """The main table and one table per sub-table."""

    main: TableSpec
    children: Mapping[str, TableSpec] = field(default_factory=dict)


def has_sort_key(item: Field) -> bool:
    """Tell whether the field sorts by a key of its own beside its column."""
    field_type = field_types.get(item.type)
    return field_type.sortable and field_type.column_kind == "text"


def _table(fields: tuple[Field, ...]) -> TableSpec:
    columns: list[ColumnSpec] = []
    for item in fields:
        field_type = field_types.get(item.type)
        if field_type.column_kind is None:
            continue
        columns.append(ColumnSpec(item.key, field_type.column_kind))
        if field_type.labelled:
            columns.append(ColumnSpec(item.key + LABEL_SUFFIX, "text"))
        if has_sort_key(item):
            columns.append(ColumnSpec(item.key + SORT_SUFFIX, "text", SORT_KEY_LENGTH, item.key))
    return TableSpec(tuple(columns))


def projection(definition: Definition) -> Projection:
    """Return the tables of *definition*."""
    return Projection(_table(definition.fields), {item.key: _table(item.fields) for item in definition.subtables})


def project(form: CompiledForm, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return the column values of *answers* and of its rows (each with ``_row``); a misfit becomes None."""
    children = {}
    for item in form.definition.subtables:
        column = form.columns[item.key]
        rows = answers.get(item.key)
        children[item.key] = [{"_row": row.get("_row"), **_values(column.columns, row)} for row in rows_of(rows)]
    return _values(form.columns, answers), children


def _values(columns: Mapping[str, Column], answers: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, column in columns.items():
        if column.type.column_kind is None:
            continue
        value = _fitting(column, answers.get(key))
        empty = value is None
        if column.type.labelled:
            values[key + LABEL_SUFFIX] = None if empty else column.type.beside_value(column.field, value)
        values[key] = None if empty else column.type.column_value(column.field, value)
        if column.type.sortable and column.type.column_kind == "text":
            values[key + SORT_SUFFIX] = "" if empty else column.type.sort_key(column.field, value, column.code_list)
    return values


def _fitting(column: Column, value: Any) -> Any:
    if is_empty(value):
        return None
    try:
        return column.check(value)
    except Invalid:
        return None
