"""Records, notes and receipts as the API tells them (API.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import language
from app.records import files
from app.records.labels import author
from forms.answers.answer import rows_of
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.records.reading.record import RecordView
    from app.records.writing.duplicates import Other
    from app.records.writing.record import Saved
    from app.workflow.models import ReviewNote
    from forms.definition import Definition


def moment(at: datetime | None) -> str | None:
    """Return a moment in ISO 8601."""
    return None if at is None else at.isoformat()


def record(row: RecordView, form: Definition) -> dict[str, Any]:
    """Return a record as its reader may see it."""
    return {
        "id": row.id,
        "serial": row.serial,
        "state": row.state,
        "organization": dict(row.organization),
        "region": row.region,
        "form_version": row.form_version,
        "lock_version": row.lock_version,
        "updated_at": moment(row.updated_at),
        "submitted_at": moment(row.submitted_at),
        "campaign": row.campaign,
        "masked": list(row.masked),
        "answers": _with_files(form, row.answers, frozenset(row.masked)),
    }


def _with_files(form: Definition, answers: dict[str, Any], masked: frozenset[str]) -> dict[str, Any]:
    """Return answers with ids of attachments replaced by what they are."""
    wanted: set[str] = set()
    for path, field in form.walk():
        if field_type(field.type).attachment and path not in masked:
            for cell in _cells(answers, path):
                wanted.update(item for item in cell if isinstance(item, str))
    if not wanted:
        return answers
    known = {
        found.id: {"id": found.id, "name": found.name, "size": found.size, "type": found.media_type}
        for found in files.described(wanted)
    }

    def shown(path: str, value: Any) -> Any:
        if not field_type(form.field(path).type).attachment or path in masked or not isinstance(value, list):
            return value
        return [known.get(item, {"id": item}) if isinstance(item, str) else item for item in value]

    result: dict[str, Any] = {}
    for key, value in answers.items():
        if not form.has(key):
            result[key] = value
        elif form.field(key).fields:
            result[key] = [
                {
                    name: shown(f"{key}.{name}", cell) if form.has(f"{key}.{name}") else cell
                    for name, cell in row.items()
                }
                for row in rows_of(value)
            ]
        else:
            result[key] = shown(key, value)
    return result


def _cells(answers: dict[str, Any], path: str) -> list[list[Any]]:
    table, dot, key = path.rpartition(".")
    found = [row.get(key) for row in rows_of(answers.get(table))] if dot else [answers.get(key)]
    return [cell for cell in found if isinstance(cell, list)]


def receipt(saved: Saved) -> dict[str, Any]:
    """Return what a write is answered with."""
    return {
        "id": saved.id,
        "serial": saved.serial,
        "state": saved.state,
        "lock_version": saved.lock_version,
        "receipt": saved.receipt,
        **warnings(saved),
    }


def warnings(saved: Saved) -> dict[str, Any]:
    """Return the member that names what the author of a write should look at again: there only where there is any."""
    return {"warnings": [item.as_dict(language()) for item in saved.warnings]} if saved.warnings else {}


def collisions(others: Sequence[Other] | None) -> dict[str, Any]:
    """Return the member that names the other records of a collision: there only for reviewers, only where there are."""
    if not others:
        return {}
    return {
        "duplicates": [
            {"id": item.id, "serial": item.serial, "state": item.state, "organization": item.organization}
            for item in others
        ]
    }


def note(found: ReviewNote) -> dict[str, Any]:
    """Return a reviewer's found."""
    return {
        "id": found.id,
        "field": found.field,
        "row": found.row,
        "severity": found.severity,
        "text": found.text,
        "state": found.state,
        "by": author(found.author_name),
        "at": moment(found.at),
    }
