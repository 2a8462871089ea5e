"""Records that rows of a file may mean: those that the actor may see and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.access.query import resource_allows
from app.records.projection.tables import form_table
from app.records.reading.authorship import own_words
from app.records.reading.record import heads, read_many
from app.records.writing import amending, owners
from app.records.writing.editing import is_sealed

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.reading.authorship import Words
    from app.records.reading.record import RecordView

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Existing:
    """A record as the actor sees it, and its answers as they stand.

    ``rights``: how the grants that let him change it show its fields; ``open``: its present state lets him, too.
    ``words``: what he has written into it himself, where a mask hides what stands there.
    """

    view: RecordView
    stored: dict[str, Any]
    rights: RowModes
    open: bool
    words: Words


def find(actor: Actor, form_key: str, ids: Collection[str]) -> dict[str, Existing]:
    """Return those of the records that the actor may view and change, by id; any other might as well not exist."""
    found: dict[str, Existing] = {}
    table = form_table(form_key)
    wanted = sorted(set(ids)) if resource_allows(actor, table.resource, "V") else []
    for start in range(0, len(wanted), CHUNK):
        chunk = read_many(actor, form_key, wanted[start : start + CHUNK])
        mine = {key: view for key, view in chunk.items() if amending.reaches(actor, view)}
        stored = heads(list(mine))
        words = own_words(actor, form_key, [key for key, view in mine.items() if view.masked])
        for key, view in mine.items():
            rights = owners.modes(actor, table, "U", view.keys, form=view.definition)
            open_ = amending.open_to(actor, view) and not is_sealed(view)
            found[key] = Existing(view, stored.get(key, {}), rights, open_, words.get(key, {}))
    return found
