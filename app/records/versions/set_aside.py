"""The list of what is set aside of a form's records: by the law, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.access.query import require
from app.builder.catalogue import head
from app.errors import NotAllowed
from app.records.reading.record import read_many
from app.records.versions import quarantine
from app.records.writing import amending
from app.records.writing.editing import require_editor

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.versions.quarantine import Aside

#: Records of a page, and how many are asked for at a time to find them among those out of view.
PAGE, LOOKED_AT = 50, 200


@dataclass(frozen=True, slots=True)
class Page:
    """Records with what is set aside of each, and whether the actor may change it; where the next page begins."""

    records: list[tuple[RecordView, list[Aside], bool]]
    next: str


def page(actor: Actor, form_key: str, *, after: str = "") -> Page:
    """Return a page of records in view of which something is set aside that the actor may see."""
    require(actor, head(form_key).resource, "V")
    found: list[tuple[RecordView, list[Aside], bool]] = []
    last = after[:26]
    while True:
        ids = quarantine.open_records(form_key, after=last, limit=LOOKED_AT)
        if not ids:
            return Page(found, "")
        views = read_many(actor, form_key, ids)
        asides = quarantine.of_views(actor, form_key, list(views.values()))
        for record_id in ids:
            last = record_id
            if asides.get(record_id):
                view = views[record_id]
                found.append((view, asides[record_id], _may_edit(actor, view)))
                if len(found) == PAGE:
                    return Page(found, last)


def _may_edit(actor: Actor, view: RecordView) -> bool:
    try:
        require_editor(actor, view)
    except NotAllowed:
        return False
    return amending.open_to(actor, view)
