"""Rows of a list as their reader may see them: from the columns of the projection back to answers."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from app.access.law import Mode
from app.access.query import FLAG, row_modes
from forms.answers.answer import is_empty
from forms.field_types import get as field_type
from forms.field_types.base import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.projection.tables import FormTable
    from forms.definition import Field

#: The columns that the first attributes of a row are read from.
_SHELL = (
    "_id", "_serial", "_state", "_organization", "_organization_name", "_region", "_version", "_created_at",
    "_updated_at", "_submitted_at", "_campaign",
)  # fmt: skip
#: Kinds of columns that hold something else than the answer.
_OTHERWISE = frozenset({"numeric", "date"})


class RecordRow(NamedTuple):
    """A record of a list: its shell and the answers of the columns shown."""

    id: str
    serial: str
    state: str
    organization_id: int
    organization_name: str
    region: str
    form_version: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    #: The campaign that it was filled in.
    campaign: str | None
    masked: tuple[str, ...]
    answers: dict[str, Any]
    #: Another organization's record may speak of the same thing; told to who approves both alone.
    duplicate: bool = False


def list_rows(actor: Actor, table: FormTable, rows: Sequence[sa.Row[Any]], columns: Sequence[str]) -> list[RecordRow]:
    """Return rows that were selected for the actor's view as he may see them."""
    if not rows:
        return []
    places = {name: place for place, name in enumerate(rows[0]._fields)}
    flags = [place for name, place in places.items() if name.startswith(FLAG) and name.removeprefix(FLAG).isdecimal()]
    scopes = slice(flags[0], flags[-1] + 1) if flags else slice(0)
    fields = [table.definition.field(name) for name in columns if not name.startswith("_")]
    # Rows in the same scopes share their modes, and with them what is to be done to each cell.
    plans: dict[Any, _Plan] = {}
    found = []
    for row in rows:
        inside = row[scopes]
        plan = plans.get(inside)
        if plan is None:
            plan = plans[inside] = _Plan(row_modes(actor, table, "V", dict(row._mapping)), fields, places)
        found.append(plan.read(row))
    return found


class _Cell(NamedTuple):
    """How a cell is read: where it stands (and the text beside it), its type, whether it is masked."""

    item: Field
    kind: FieldType
    place: int
    beside: int
    masked: bool

    def read(self, row: sa.Row[Any]) -> Any:
        value = row[self.place]
        if value is None:
            return None
        if self.kind.labelled:
            value = self.kind.from_columns(self.item, value, row[self.beside] or "")
        else:
            value = self.kind.from_column(self.item, value)
        return self.kind.masked(self.item, value) if self.masked and not is_empty(value) else value


class _Plan:
    """How rows in the same scopes are read: the fields that are shown, and which of them are masked."""

    def __init__(self, modes: RowModes, fields: Sequence[Field], places: Mapping[str, int]) -> None:
        cells = [
            _Cell(
                item,
                field_type(item.type),
                places[item.key],
                places.get(f"{item.key}__text", -1),
                modes[item.key] is not Mode.PLAIN,
            )
            for item in fields
            if modes.get(item.key, Mode.HIDE) is not Mode.HIDE
        ]
        self._masked = tuple(cell.item.key for cell in cells if cell.masked)
        # Most columns hold the answer itself.
        self._as_stored = [(cell.item.key, cell.place) for cell in cells if not cell.masked and _is_stored(cell.kind)]
        self._others = [(cell.item.key, cell) for cell in cells if cell.masked or not _is_stored(cell.kind)]
        self._shell = itemgetter(*(places[name] for name in _SHELL))
        self._duplicate = places.get("_duplicate")

    def read(self, row: sa.Row[Any]) -> RecordRow:
        """Return a row."""
        answers = {name: row[place] for name, place in self._as_stored}
        for name, cell in self._others:
            answers[name] = cell.read(row)
        duplicate = self._duplicate is not None and bool(row[self._duplicate])
        return RecordRow._make((*self._shell(row), self._masked, answers, duplicate))


def _is_stored(kind: FieldType) -> bool:
    """Tell whether the column of a type holds its answers as they are."""
    own = type(kind).from_column is not FieldType.from_column
    return not (own or kind.labelled or kind.column_kind in _OTHERWISE)


def canonical(item: Field, value: Any, label: Any = None) -> Any:
    """Return the answer that a column of the projection stands for."""
    if value is None:
        return None
    kind = field_type(item.type)
    return kind.from_columns(item, value, label or "") if kind.labelled else kind.from_column(item, value)
