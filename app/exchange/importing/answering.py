"""From the cells of a row to raw answers, by the type of each field; references are looked up for all rows at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.exchange.importing.parsing import BROKEN
from app.records.writing import references
from forms.answers.answer import is_empty
from forms.answers.masks import WHOLE
from forms.answers.problems import Invalid
from forms.field_types.base import plain_text
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.access.actor import Actor
    from app.exchange.importing.candidates import Candidate
    from app.exchange.importing.parsing import Line
    from forms.answers.answer import Column
    from forms.compiled import CompiledForm

#: The class of these is what masks are for.
_MASKED_CLASSES = frozenset({"personal", "secret"})
IS_A_MASK = Label("这是脱敏后的内容，请填写真实内容", "This is a mask; enter the real content")


@dataclass(slots=True)
class Values:
    """What a row says: values by key of the field, keys of the empty cells, and what cannot be read."""

    filled: dict[str, Any] = field(default_factory=dict)
    blank: set[str] = field(default_factory=set)
    wrong: dict[str, Invalid] = field(default_factory=dict)


class Meanings:
    """What texts in reference columns mean within the actor's view."""

    def __init__(
        self, actor: Actor, form: CompiledForm, paths: Collection[str], candidates: Iterable[Candidate]
    ) -> None:
        wanted: dict[str, set[str]] = {path: set() for path in paths if form.by_path[path].type.refers}
        for candidate in candidates if wanted else ():
            for table, lines in [("", [candidate.line]), *candidate.children.items()]:
                for line in lines:
                    for key, cell in line.cells.items():
                        path = f"{table}.{key}" if table else key
                        if path in wanted and cell is not None:
                            wanted[path].add(plain_text(cell))
        key = form.definition.key
        self._found = {path: references.resolve(actor, key, path, texts) for path, texts in wanted.items() if texts}

    def ids(self, path: str) -> set[str]:
        """Return the ids of what is meant anywhere in a column."""
        return {found["id"] for found in self._found.get(path, {}).values()}

    def find(self, path: str, cell: Any) -> dict[str, str]:
        """Return the answer meant by a cell. Raises ``Invalid`` where it means nothing, or more than one thing."""
        text = plain_text(cell)
        found = self._found.get(path, {}).get(text)
        if found is None:
            raise Invalid(
                "not_found",
                Label(
                    f"没有找到“{text[:40]}”，或有多个同名，请填全称或统一社会信用代码",
                    f"“{text[:40]}” was not found, or more than once; give the full name or the credit code",
                ),
            )
        return found


def value_of(column: Column, cell: Any, meanings: Meanings) -> Any:
    """Return the raw value meant by a cell, ``None`` for an empty one. Raises ``Invalid``."""
    raw = column.type.from_excel(column.field, cell, column.code_list)
    if is_empty(raw):
        return None
    return meanings.find(column.path, raw) if column.type.refers else raw


def is_mask(column: Column, value: Any) -> bool:
    """Tell whether a text is what masking makes of content that it should be."""
    if column.field.class_ not in _MASKED_CLASSES:
        return False
    if isinstance(value, dict):
        return any(isinstance(part, str) and part == WHOLE for part in value.values())
    if not isinstance(value, str) or "*" not in value:
        return False
    return bool(column.type.masked(column.field, plain_text(value)) == plain_text(value))


def values_of(line: Line, columns: Mapping[str, Column], paths: Collection[str], meanings: Meanings) -> Values:
    """Return what a row of a new record, or a new row of one, says in the columns at *paths*."""
    found = Values()
    for key, cell in line.cells.items():
        column = columns.get(key)
        if column is None or column.path not in paths or column.columns:
            continue
        if key in line.broken:
            found.wrong[key] = Invalid(line.broken[key], BROKEN[line.broken[key]])
            continue
        try:
            value = value_of(column, cell, meanings)
        except Invalid as error:
            found.wrong[key] = error
            continue
        if value is None:
            found.blank.add(key)
        elif is_mask(column, value):
            found.wrong[key] = Invalid("masked", IS_A_MASK)
        else:
            found.filled[key] = value
    return found
