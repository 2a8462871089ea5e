"""Rows of a list as their reader may see them: from the columns of the projection back to answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.access.query import modes_of_rows
from forms.answers import is_empty
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.projection.tables import FormTable
    from forms.definition import Field
    from forms.field_types.base import FieldType


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of a list: its shell and the answers of the columns shown."""

    id: str
    serial: str
    state: str
    organization: Mapping[str, Any]
    region: str
    form_version: int
    lock_version: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    on_behalf: bool
    flagged: bool
    masked: tuple[str, ...]
    answers: dict[str, Any]
    #: The campaign that it was filled in.
    campaign: str | None = None
    #: Another organization's record may speak of the same thing; told to who approves both alone.
    duplicate: bool = False


def list_rows(
    actor: Actor, table: FormTable, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> list[RecordRow]:
    """Return rows that were selected for the actor's view as he may see them."""
    modes_of = modes_of_rows(actor, table, "V")
    fields = [table.definition.field(name) for name in columns if not name.startswith("_")]
    plans: dict[int, _Plan] = {}
    found = []
    for row in rows:
        modes = modes_of(row)
        # Rows in the same scopes share their modes, and with them what is to be done to each cell.
        plan = plans.get(id(modes))
        if plan is None:
            plan = plans[id(modes)] = _plan(modes, fields)
        found.append(_list_row(row, plan))
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """The fields of a row that are shown, each with its type, and which of them are masked."""

    shown: tuple[tuple[str, Field, FieldType, bool], ...]
    masked: tuple[str, ...]


def _plan(modes: RowModes, fields: Sequence[Field]) -> _Plan:
    shown = [
        (item.key, item, field_type(item.type), modes[item.key] is not Mode.PLAIN)
        for item in fields
        if modes.get(item.key, Mode.HIDE) is not Mode.HIDE
    ]
    return _Plan(tuple(shown), tuple(key for key, _, _, masked in shown if masked))


def _list_row(row: Mapping[str, Any], plan: _Plan) -> RecordRow:
    answers: dict[str, Any] = {}
    for name, item, kind, masked in plan.shown:
        value = row[name]
        if value is not None:
            if kind.labelled:
                value = kind.from_columns(item, value, row[f"{name}__text"] or "")
            else:
                value = kind.from_column(item, value)
            if masked and not is_empty(value):
                value = kind.masked(item, value)
        answers[name] = value
    return RecordRow(
        id=row["_id"],
        serial=row["_serial"],
        state=row["_state"],
        organization={"id": row["_organization"], "name": row["_organization_name"]},
        region=row["_region"],
        form_version=row["_version"],
        lock_version=row["_lock"],
        created_at=row["_created_at"],
        updated_at=row["_updated_at"],
        submitted_at=row["_submitted_at"],
        on_behalf=row["_on_behalf"],
        flagged=row["_flagged"],
        masked=plan.masked,
        answers=answers,
        campaign=row["_campaign"],
        duplicate=bool(row.get("_duplicate")),
    )


def canonical(item: Field, value: Any, label: Any = None) -> Any:
    """Return the answer that a column of the projection stands for."""
    if value is None:
        return None
    kind = field_type(item.type)
    return kind.from_columns(item, value, label or "") if kind.labelled else kind.from_column(item, value)
