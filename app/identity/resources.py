"""New things that grants speak of, each opened together with its first grants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.grants import WRITTEN_ORDER, parse_grants
from app.access.query import require
from app.database import db
from app.errors import Conflict, NotAllowed
from app.identity.models import GrantRow, Resource, RoleDefinition
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor

#: The fixed resource of accounts, roles and their grants.
ACCOUNTS = "user_role"
#: Row scopes in which a role can be at home; the others follow from single records.
HOMES = ("own", "region", "city")


@dataclass(frozen=True, slots=True)
class RoleHome:
    """A role, the rows that are its business as a rule, and what it does anywhere at all."""

    key: str
    name: Label
    scope: str
    actions: frozenset[str]


def role_homes() -> list[RoleHome]:
    """Return the roles that have rows of their own: the scope that most of their grants have, in order of their keys.

    A role that sees single records only, of others or of itself, is not among them.
    """
    scopes: dict[str, Counter[str]] = {}
    actions: dict[str, set[str]] = {}
    for row in db.session.execute(sa.select(GrantRow.role, GrantRow.scope, GrantRow.actions)):
        scopes.setdefault(row.role, Counter())[row.scope] += 1
        actions.setdefault(row.role, set()).update(row.actions)
    found = []
    for role in db.session.scalars(sa.select(RoleDefinition).order_by(RoleDefinition.key)):
        counted = scopes.get(role.key, Counter())
        home = max(HOMES, key=lambda scope: counted[scope])
        if counted[home]:
            name = Label(role.name_zh, role.name_en)
            found.append(RoleHome(role.key, name, home, frozenset(actions[role.key])))
    return found


def roles_with(resource: str, action: str) -> set[str]:
    """Return the roles with a grant for an action on a resource."""
    rows = db.session.execute(sa.select(GrantRow.role, GrantRow.actions).where(GrantRow.resource == resource))
    return {row.role for row in rows if action in row.actions}


def open_resource(actor: Actor, key: str, name: Label, grants: Mapping[str, str]) -> None:
    """Create a resource that nobody has a grant on yet, with *grants* by role (``VCUS@own``).

    Whoever administers the accounts and roles of the whole city may.
    Raises ``NotAllowed``, ``Conflict`` where there is such a resource.
    """
    require(actor, ACCOUNTS, "X")
    if actor.kind != "system" and not any(rule.scope == "city" for rule in actor.rules(ACCOUNTS, "X")):
        # Who administers a county's accounts does not open the city's rows to anybody.
        raise NotAllowed
    used = db.session.scalar(sa.select(GrantRow.id).where(GrantRow.resource == key).limit(1))
    if used is not None or db.session.get(Resource, key) is not None:
        raise Conflict(
            Label(
                f"权限资源“{key}”已经存在，请换一个标识。", f"There is a resource {key!r} already; choose another key."
            ),
            code="resource_exists",
        )
    db.session.add(Resource(key=key, name_zh=name.zh[:64], name_en=name.en[:96]))
    for role, text in grants.items():
        wanted: dict[tuple[str, str], set[str]] = {}
        for rule in parse_grants(key, text):
            wanted.setdefault((rule.scope, rule.mode), set()).update(rule.actions)
        for (scope, mode), letters in wanted.items():
            written = "".join(letter for letter in WRITTEN_ORDER if letter in letters)
            db.session.add(GrantRow(role=role, resource=key, actions=written, scope=scope, mode=mode))
    db.session.flush()
    audit.record(actor, "resource_opened", object_type="resource", object_id=key, detail={"grants": dict(grants)})
