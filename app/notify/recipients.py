"""Who is told: the accounts whose posts and grants reach a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.actor import today
from app.database import db
from app.identity.models import GrantRow, Organization, Post, User

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def _upwards(organization_id: int) -> list[int]:
    """Return an organization and those above it: whose posts have it in their subtree."""
    table = Organization.__table__
    above = sa.select(table.c.id, table.c.parent_id).where(table.c.id == organization_id).cte("above", recursive=True)
    above = above.union(sa.select(table.c.id, table.c.parent_id).join(above, table.c.id == above.c.parent_id))
    return list(db.session.scalars(sa.select(above.c.id)))


def accounts(
    roles_and_actions: Iterable[tuple[str, str]],
    resource: str,
    organization_id: int,
    region: str,
    *,
    within: Collection[str] = ("city", "region", "own"),
) -> list[int]:
    """Return the accounts with a valid post in one of the roles, whose grant for its action reaches the record.

    :param roles_and_actions: pairs of role and action letter.
    :param within: the scopes of grants that count.
    """
    wanted = set(roles_and_actions)
    rows = db.session.execute(
        sa.select(GrantRow.role, GrantRow.actions, GrantRow.scope).where(
            GrantRow.resource == resource, GrantRow.role.in_(sorted({role for role, _ in wanted}))
        )
    )
    reach = {(row.role, row.scope) for row in rows if any((row.role, action) in wanted for action in row.actions)}
    near = _upwards(organization_id)
    scopes = {
        "city": sa.true(),
        "region": Organization.region == region,
        "own": Organization.id.in_(near),
    }
    clauses = [
        sa.and_(Post.role == role, scopes[scope])
        for role, scope in sorted(reach)
        if scope in scopes and scope in within
    ]
    if not clauses:
        return []
    return _holders(sa.or_(*clauses))


def members(roles: Iterable[str], organization_id: int) -> list[int]:
    """Return the accounts with a valid post in one of the roles at the organization itself."""
    return _holders(sa.and_(Post.role.in_(sorted(set(roles))), Post.organization_id == organization_id))


def holders(roles: Iterable[str]) -> list[int]:
    """Return the accounts with a valid post in one of the roles, wherever."""
    return _holders(Post.role.in_(sorted(set(roles))))


def _holders(condition: sa.ColumnElement[bool]) -> list[int]:
    day = today()
    statement = (
        sa.select(Post.user_id)
        .join(Organization, Organization.id == Post.organization_id)
        .join(User, User.id == Post.user_id)
        .where(
            User.active.is_(True),
            Organization.active,
            Post.active,
            Post.valid_from <= day,
            sa.or_(Post.valid_to.is_(None), Post.valid_to >= day),
            condition,
        )
        .distinct()
    )
    return sorted(db.session.scalars(statement))
