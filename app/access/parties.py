"""The organizations that records concern besides their owners, as the law asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.law import ASSIGNED, PARTY_SCOPES
from app.access.query import tagged
from app.database import db

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.access.actor import Actor

#: Organizations in cooperation, and those that a record is assigned to.
Parties = tuple[frozenset[int], frozenset[int]]

NOBODY: Parties = (frozenset(), frozenset())
_party = sa.table("record_party", *map(sa.column, ("record_id", "organization_id", "kind", "live")))


def asks_for_parties(actor: Actor, resource: str) -> bool:
    """Tell whether some grant of the actor on *resource* depends on who cooperates."""
    return any(rule.scope in PARTY_SCOPES and rule.resource == resource for rule in actor.grants)


def parties_of(record_ids: Collection[str]) -> dict[str, Parties]:
    """Return the live parties of records by id; records without any are left out. For the law alone."""
    found: dict[str, tuple[set[int], set[int]]] = {}
    if record_ids:
        statement = sa.select(_party.c.record_id, _party.c.organization_id, _party.c.kind).where(
            _party.c.record_id.in_(list(record_ids)), _party.c.live.is_(sa.true())
        )
        for record_id, organization_id, kind in db.session.execute(tagged(statement, "scopes of the law")):
            found.setdefault(record_id, (set(), set()))[kind == ASSIGNED].add(organization_id)
    return {key: (frozenset(others), frozenset(assigned)) for key, (others, assigned) in found.items()}
