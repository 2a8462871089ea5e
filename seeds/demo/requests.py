"""Requests to export personal data in plain: one that waits for its decision, one that was approved."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.access.actor import acting_as, actor_for
from app.builder import packs
from app.database import unit_of_work
from app.errors import DomainError
from app.exchange.requests import asking, deciding
from app.identity import service as identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor

#: By this they are noted, beside the forms whose demo records have been brought.
NOTED = "export_requests"


def load_requests(planned: Sequence[dict[str, Any]]) -> None:
    """Ask and decide as the demo accounts would, once; what has come to be impossible since is left out."""
    with unit_of_work():
        for item in planned:
            asker = _actor(item["account"])
            decider = _actor(item["approved_by"]) if "approved_by" in item else None
            if asker is not None:
                with suppress(DomainError):
                    _load(item, asker, decider)
        packs.note("demo", [NOTED])


def _load(item: dict[str, Any], asker: Actor, decider: Actor | None) -> None:
    with acting_as(asker):
        raw = {"format": "xlsx", "columns": item["columns"], "purpose": item["purpose"]}
        found = asking.ask(asker, item["form"], raw, item["days"])
    if decider is not None:
        with acting_as(decider):
            deciding.decide(decider, found.id, approve=True, note=item["note"])


def _actor(username: str) -> Actor | None:
    user = identity.find_user(username)
    return actor_for(user.id) if user is not None and user.active else None
