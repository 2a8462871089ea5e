"""Rows of a list as their reader may see them: from the columns of the projection back to answers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.access.query import row_modes
from forms.answers import is_empty
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
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


def list_row(actor: Actor, table: FormTable, row: Mapping[str, Any], columns: Sequence[str]) -> RecordRow:
    """Return a row that was selected for the actor's view as he may see it."""
    modes = row_modes(actor, table, "V", row)
    answers: dict[str, Any] = {}
    masked: list[str] = []
    for name in columns:
        mode = modes.get(name, Mode.HIDE)
        if name.startswith("_") or mode is Mode.HIDE:
            continue
        item = table.definition.field(name)
        value = canonical(item, row[name], row.get(f"{name}__text"))
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
    )


def canonical(item: Field, value: Any, label: Any = None) -> Any:
    """Return the answer that a column of the projection stands for."""
    if value is None:
        return None
    if item.type == "reference":
        return {"id": value, "label": label or ""}
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal(1).scaleb(-_places(item))), "f")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def _places(item: Field) -> int:
    default = getattr(field_type(item.type), "places", 0)
    return int(item.setting("places", default))
