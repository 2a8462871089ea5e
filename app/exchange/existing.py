"""Records that rows of a file may mean: those that the actor may see and change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.access.query import resource_allows
from app.builder.catalogue import head, workflow_of
from app.records import owners
from app.records.models import VOID
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
        mine = {
            key: view
            for key, view in chunk.items()
            if owners.may(actor, view.definition.resource, "U", view.organization["id"], view.region)
        }
        stored = heads(list(mine))
        found.update({key: Existing(view, stored.get(key, {}), _open(actor, view)) for key, view in mine.items()})
    return found


def _open(actor: Actor, view: RecordView) -> bool:
    form = view.definition
    flow = workflow_of(form)
    if view.state == VOID:
        return False
    if flow is None:
        return not form.fill_roles or actor.role in form.fill_roles
    state = flow.states.get(view.state)
    return state is not None and actor.role in state.editable_by
