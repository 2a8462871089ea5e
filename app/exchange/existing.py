"""Records that rows of a file may mean: those that the actor may see and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.access.query import resource_allows
from app.builder.catalogue import head
from app.records import amending
from app.records.reading import heads, read_many

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.access.actor import Actor
    from app.records.reading import RecordView

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Existing:
    """A record as the actor sees it, and its answers as they stand.

    ``open``: it can be changed in its present state.
    """

    view: RecordView
    stored: dict[str, Any]
    open: bool


def find(actor: Actor, form_key: str, ids: Collection[str]) -> dict[str, Existing]:
    """Return those of the records that the actor may view and change, by id; any other might as well not exist."""
    found: dict[str, Existing] = {}
    wanted = sorted(set(ids)) if resource_allows(actor, head(form_key).resource, "V") else []
    for start in range(0, len(wanted), CHUNK):
        chunk = read_many(actor, form_key, wanted[start : start + CHUNK])
        mine = {key: view for key, view in chunk.items() if amending.reaches(actor, view)}
        stored = heads(list(mine))
        found.update(
            {key: Existing(view, stored.get(key, {}), amending.open_to(actor, view)) for key, view in mine.items()}
        )
    return found
