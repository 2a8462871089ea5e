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
    from app.records.tables import FormTable
    from forms.definition import Field


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
    return [_list_row(row, modes_of(row), fields) for row in rows]


def _list_row(row: Mapping[str, Any], modes: RowModes, fields: Sequence[Field]) -> RecordRow:
    answers: dict[str, Any] = {}
    masked: list[str] = []
    for item in fields:
        name = item.key
        mode = modes.get(name, Mode.HIDE)
        if mode is Mode.HIDE:
            continue
        value = canonical(item, row[name], row[f"{name}__text"] if field_type(item.type).labelled else None)
        if mode is not Mode.PLAIN:
            masked.append(name)
            value = value if is_empty(value) else field_type(item.type).masked(item, value)
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
        masked=tuple(masked),
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
