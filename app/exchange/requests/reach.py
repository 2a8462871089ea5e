"""How far the rows of a request may reach, and who reaches as far: only he decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access.law import RowKeys, row_rules, scope_matches
from app.exchange.models import RESOURCE
from app.identity.resources import roles_with
from app.notify.recipients import accounts
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.exchange.models import ExportRequest

#: From the nearest on: the scopes of rows that lie within, and the scopes of grants that reach as far. What others
#: have published or share may lie anywhere in the city.
REACHES: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "own": (frozenset({"own", "self"}), ("own", "region", "city")),
    "region": (frozenset({"own", "self", "region"}), ("region", "city")),
    "city": (frozenset(), ("city",)),
}
HIMSELF = Label("申请人不能自己审批。", "Who asked cannot decide about it.")
NO_RIGHT = Label("您没有审批这项申请的权限。", "You have no right to decide about this.")


def reach_of(actor: Actor, resource: str) -> str:
    """Return how far the rows may reach that the actor's grants let him export, one of :data:`REACHES`."""
    scopes = {rule.scope for rule in row_rules(actor, resource, "E")}
    return next((name for name, (within, _) in REACHES.items() if scopes <= within), "city")


def hindrance(actor: Actor, found: ExportRequest) -> Label | None:
    """Return why the actor cannot be the second person for a request, or ``None``."""
    if actor.user_id is None or actor.user_id == found.user_id:
        return HIMSELF
    _, scopes = REACHES[found.reach]
    keys = RowKeys(found.organization_id, found.region)
    rules = row_rules(actor, RESOURCE, "A")
    if any(rule.scope in scopes and scope_matches(actor, rule.scope, keys) for rule in rules):
        return None
    return NO_RIGHT


def deciders(user_id: int, reach: str, organization_id: int, region: str) -> list[int]:
    """Return the accounts that can decide about what *user_id* asks, from a post at an organization."""
    roles = [(role, "A") for role in roles_with(RESOURCE, "A")]
    found = accounts(roles, RESOURCE, organization_id, region, within=REACHES[reach][1]) if roles else []
    return [account for account in found if account != user_id]
