"""What changed between two sets of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.answers.answer import is_empty, rows_of
from forms.definition import Definition, Field
from forms.versions.changes import CHANGE_CLASSES, DefinitionChange, definition_changes

__all__ = ["CHANGE_CLASSES", "Change", "DefinitionChange", "definition_changes", "differences"]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed answer; ``row`` counts from 1 and ``row_id`` names the row of a sub-table."""

    field: str
    row: int | None
    old: Any
    new: Any
    row_id: str | None = None


def differences(old: Mapping[str, Any], new: Mapping[str, Any], definition: Definition) -> list[Change]:
    """Return the changed answers, in the order of *definition*, then those of fields that it no longer has.

    Rows of sub-tables are matched by ``_row``; a row that came or went is one change with all of its cells.
    """
    keys = [item.key for item in definition.fields]
    keys += [key for key in (*old, *new) if key not in keys]
    found: list[Change] = []
    for key in dict.fromkeys(keys):
        before, after = old.get(key), new.get(key)
        if definition.has(key) and definition.field(key).type == "subtable":
            found += _rows(definition.field(key), before, after)
        elif _plain(before) != _plain(after):
            found.append(Change(key, None, before, after))
    return found


def _plain(value: Any) -> Any:
    return None if is_empty(value) else value


def _rows(item: Field, before: Any, after: Any) -> Iterator[Change]:
    if not isinstance(before, list | None) or not isinstance(after, list | None):
        # A draft may hold something else where rows should be.
        if before != after:
            yield Change(item.key, None, before, after)
        return
    old = {str(row.get("_row")): row for row in rows_of(before)}
    for number, row in enumerate(rows_of(after), 1):
        former = old.pop(str(row.get("_row")), None)
        if former is None:
            yield Change(item.key, number, None, _cells(row), row.get("_row"))
            continue
        for key in dict.fromkeys([*(column.key for column in item.fields), *former, *row]):
            if key != "_row" and _plain(former.get(key)) != _plain(row.get(key)):
                yield Change(f"{item.key}.{key}", number, former.get(key), row.get(key), row.get("_row"))
    for row in old.values():
        yield Change(item.key, None, _cells(row), None, row.get("_row"))


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "_row" and not is_empty(value)}
