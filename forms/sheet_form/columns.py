"""The columns of a table: what their headings say together, and which of them are a table of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forms.sheet_form.heading import Heading, heading
from forms.sheet_form.layout import Column, Table

#: Names that say nothing without the heading above them.
_GENERAL = frozenset(
    ["合计", "小计", "其中", "上限", "下限", "最低", "最高", "最大", "最小", "起", "止", "名称", "数量", "金额"]
)
_NUMBER_AT_END = re.compile(r"[\s（(]*([0-9０-９]+|[一二三四五六七八九十①②③④⑤])[)）]?$")


def group_of(column: Column) -> str:
    """Return the outermost heading above a column that has one of its own."""
    return column.path[0] if len(column.path) > 1 else ""


def said_of(column: Column, columns: Sequence[Column]) -> Heading:
    """Return what the headings above a column say: the innermost names it, the outer ones lend it what it lacks."""
    inner = heading(column.path[-1])
    outer = [heading(text) for text in column.path[:-1]]
    names = [heading(other.path[-1]).name for other in columns]
    name = inner.name
    if outer and (names.count(name) > 1 or name in _GENERAL) and outer[-1].name:
        name = f"{outer[-1].name}—{name}"
    unit = inner.unit or next((said.unit for said in reversed(outer) if said.unit), "")
    return Heading(
        name,
        inner.required or any(said.required for said in outer),
        inner.optional,
        unit,
        inner.options,
        inner.several,
        inner.hint,
        inner.seal,
    )


def split_columns(table: Table) -> set[int]:
    """Return the columns that have several rows where the others are merged over them."""
    rows = set(table.rows) | set(table.examples)
    deep = {
        column.number
        for column in table.columns
        for row in rows
        if table.sheet.span(row, column.number)[0] > 1
        and table.sheet.origin(row, column.number) == (row, column.number)
    }
    flat = {column.number for column in table.columns} - deep
    return flat if deep and len(flat) > 1 else set()


def repeated_groups(table: Table) -> dict[str, str]:
    """Return groups of columns that differ in a number only, with the name that they share."""
    groups: dict[str, list[str]] = {}
    for column in table.columns:
        if group_of(column):
            groups.setdefault(group_of(column), []).append(heading(column.path[-1]).name)
    shared: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for group, leaves in groups.items():
        name = heading(_NUMBER_AT_END.sub("", heading(group).name)).name
        if name != heading(group).name:
            shared.setdefault((name, tuple(leaves)), []).append(group)
    return {group: name for (name, _), found in shared.items() if len(found) > 1 for group in found}
