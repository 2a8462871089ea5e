"""Looks at what is behind a mask that come by the way: a comparison tells its reader that a value is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.query import tagged
from app.audit.models import AuditEvent
from app.database import db

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.access.actor import Actor


class Looks:
    """The fields of records of which an actor has been told that what he wrote is what stands there."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def note(self, record_id: str, paths: Iterable[str]) -> None:
        """Remember that fields of a record have been confirmed."""
        if found := set(paths):
            self._seen.setdefault(record_id, set()).update(found)

    def log(self, actor: Actor, form_key: str, import_id: str) -> None:
        """Write them into the trail, one event for each record, as a look on its page is written."""
        events = [
            audit.event_row(
                actor,
                "reveal",
                object_type="record",
                object_id=record_id,
                detail={"form": form_key, "fields": sorted(paths), "import": import_id},
            )
            for record_id, paths in sorted(self._seen.items())
        ]
        if events:
            db.session.execute(tagged(sa.insert(AuditEvent.__table__), "looks that an import made"), events)
        self._seen.clear()
