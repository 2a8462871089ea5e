"""For whom a new record is filled, where no field of the form asks that: one's own organization unless said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.builder.service import definition
from app.errors import NotFound
from app.records.writing import owners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.identity.models import Organization
    from forms.definition import Definition

#: How many organizations are offered at once; beyond, somebody says more of the name.
OFFERED = 50
LONGEST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """The organizations to choose among, his own first; ``more``: there are others with these words."""

    form: Definition
    words: str
    organizations: Sequence[Organization]
    own: int | None
    more: bool


def offer(actor: Actor, form_key: str, words: str) -> Offer | None:
    """Return for whom the actor may fill a form; ``None`` where that is not asked before: himself, or a field says it.

    Raises ``NotFound`` (no such form) and ``NotAllowed`` (he fills it for nobody).
    """
    form = definition(form_key)
    owners.require_filler(actor, form)
    if not owners.is_asked_before(actor, form):
        return None
    words = " ".join(words.split())[:LONGEST_WORDS]
    found = owners.within(actor, form, words, OFFERED + 1)
    listed = sorted(found[:OFFERED], key=lambda one: one.id != actor.organization_id)
    return Offer(form, words, listed, actor.organization_id, len(found) > OFFERED)


def posted(actor: Actor, form: Definition, value: object) -> int | None:
    """Return the id of the organization that a page or an autosave names; ``None`` for the actor's own.

    Raises ``NotFound`` for what is no id. Whether he may fill for it, its record service asks.
    """
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or not owners.is_asked_before(actor, form):
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NotFound
    return None if int(text) == actor.organization_id else int(text)
