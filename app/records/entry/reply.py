"""What the page is told after an autosave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.records.writing.record import Saved
from forms.definition import Definition
from forms.field_types import get as field_type


def draft_reply(saved: Saved, edit_url: str, lang: str) -> dict[str, Any]:
    """Return the JSON of a saved draft with its warnings; a page that began as a new record goes on as *edit_url*."""
    return {
        "id": saved.id,
        "lock_version": saved.lock_version,
        "edit_url": edit_url,
        "warnings": [{"field": item.field, "row": item.row, "text": item.message.get(lang)} for item in saved.warnings],
    }


def draft_conflict(
    definition: Definition, conflicts: Iterable[Mapping[str, Any]], lock_version: int, lang: str
) -> dict[str, Any]:
    """Return the JSON of a refused autosave (409): both values of every conflicting field, raw and as text."""
    return {
        "lock_version": lock_version,
        "conflicts": [
            {
                "field": conflict["field"],
                "label": definition.field(conflict["field"]).label.get(lang),
                "mine": shown(definition, conflict["field"], conflict.get("mine"), lang),
                "theirs": shown(definition, conflict["field"], conflict.get("theirs"), lang),
                "value": conflict.get("theirs"),
            }
            for conflict in conflicts
        ],
    }


def shown(definition: Definition, path: str, value: Any, lang: str) -> str:
    """Return *value* of the field at *path* as a reader sees it; a sub-table as its number of rows."""
    if value in (None, "", []):
        return "—"
    field = definition.field(path)
    return field_type(field.type).display(field, value, lang, definition.code_list(path))
