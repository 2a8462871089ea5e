"""What a delegated administrator of accounts may do: within his scope, with roles below his own, never to himself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.actor import Actor, grants_of
from app.access.grants import GrantRule
from app.access.law import TABLE, grant_mode
from app.database import db
from app.errors import NotAllowed, NotFound
from app.identity.models import Organization, Post, RoleDefinition, User
from app.identity.passwords import set_password
from app.identity.service import create_user, set_active, set_posts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESOURCE = "user_role"
ADMINISTER = "X"

#: A scope, and those that lie within it wherever both are asked about the same organization.
_WIDER = {"own": {"city", "region", "own"}, "region": {"city", "region"}}


def _organizations(actor: Actor, action: str) -> sa.ColumnElement[bool]:
    """Return the condition of the organizations whose accounts the actor may do *action* to."""
    table = Organization.__table__.c
    clauses: list[sa.ColumnElement[bool]] = []
    for rule in actor.rules(RESOURCE, action):
        if rule.scope == "city":
            return sa.true()
        if rule.scope == "region" and actor.region:
            clauses.append(sa.and_(table.region == actor.region, table.is_city_level.is_(sa.false())))
        if rule.scope == "own":
            clauses.append(table.id.in_(sorted(actor.organizations)))
    return sa.or_(sa.false(), *clauses)


def organizations(actor: Actor) -> Sequence[Organization]:
    """Return the organizations in which the actor may give posts."""
    query = sa.select(Organization).where(_organizations(actor, ADMINISTER), Organization.active)
    found: Sequence[Organization] = db.session.scalars(query.order_by(Organization.name)).all()
    return found


def accounts(actor: Actor, *, search: str = "", limit: int = 200) -> Sequence[User]:
    """Return the accounts that the actor may see, those whose name begins like *search*."""
    query = sa.select(User).join(Organization, Organization.id == User.organization_id)
    query = query.where(_organizations(actor, "V"))
    if search:
        query = query.where(
            sa.or_(
                User.username.startswith(search, autoescape=True), User.last_name.startswith(search, autoescape=True)
            )
        )
    found: Sequence[User] = db.session.scalars(query.order_by(User.username).limit(limit)).all()
    return found


def account(actor: Actor, user_id: int) -> User:
    """Return an account that the actor may see. Raises ``NotFound`` for any other, existing or not."""
    query = sa.select(User).join(Organization, Organization.id == User.organization_id)
    user: User | None = db.session.scalar(query.where(User.id == user_id, _organizations(actor, "V")))
    if user is None:
        raise NotFound
    return user


def posts_of(user_id: int) -> Sequence[Post]:
    """Return the active posts of an account."""
    found: Sequence[Post] = db.session.scalars(
        sa.select(Post).where(Post.user_id == user_id, Post.active).order_by(Post.id)
    ).all()
    return found


def _covered(rule: GrantRule, by: Iterable[GrantRule]) -> bool:
    """Tell whether everything that *rule* grants is granted by one of *by* already."""
    shows = TABLE[grant_mode(rule)]
    return any(
        other.resource == rule.resource
        and rule.actions <= other.actions
        and (other.scope == rule.scope or other.scope in _WIDER.get(rule.scope, set()))
        and all(TABLE[grant_mode(other)][class_] >= mode for class_, mode in shows.items())
        for other in by
    )


def may_give(actor: Actor, role: RoleDefinition, organization_id: int) -> bool:
    """Tell whether the actor may put somebody else into *role* at an organization."""
    within = sa.select(Organization.id).where(Organization.id == organization_id, _organizations(actor, ADMINISTER))
    if db.session.scalar(within) is None:
        return False
    if any(rule.scope == "city" for rule in actor.rules(RESOURCE, ADMINISTER)):
        return True
    if role.managed_by is not None:
        return actor.role in role.managed_by
    return all(_covered(rule, actor.grants) for rule in grants_of(role.key))


def roles_to_give(actor: Actor) -> list[RoleDefinition]:
    """Return the roles that the actor may give in his own organization or those below or around it."""
    if actor.organization_id is None:
        return []
    every = db.session.scalars(sa.select(RoleDefinition).order_by(RoleDefinition.key))
    return [role for role in every if may_give(actor, role, actor.organization_id)]


def _require_manageable(actor: Actor, user_id: int) -> User:
    """Return the account if the actor may change it: not his own, and holding no post he could not give."""
    user = account(actor, user_id)
    roles = {role.key: role for role in db.session.scalars(sa.select(RoleDefinition))}
    if user.id == actor.user_id or user.organization_id is None:
        raise NotAllowed
    home = sa.select(Organization.id).where(Organization.id == user.organization_id, _organizations(actor, ADMINISTER))
    if db.session.scalar(home) is None:
        raise NotAllowed
    if not all(may_give(actor, roles[post.role], post.organization_id) for post in posts_of(user.id)):
        raise NotAllowed
    return user


def manageable(actor: Actor, user_id: int) -> bool:
    """Tell whether the actor may change an account that he sees."""
    if not actor.can(RESOURCE, ADMINISTER):
        return False
    try:
        _require_manageable(actor, user_id)
    except NotAllowed:
        return False
    return True


def _require_posts(actor: Actor, posts: Iterable[tuple[str, int]]) -> None:
    for key, organization_id in posts:
        role = db.session.get(RoleDefinition, key)
        if role is None or not may_give(actor, role, organization_id):
            raise NotAllowed


def temporary_password() -> str:
    """Return a random password to be changed at the first sign-in."""
    return f"Xq-{secrets.token_urlsafe(9)}-7"


def suffix(organization_id: int) -> str:
    """Return how the user names end that an administrator of less than the city gives in an organization."""
    return f"@{organization_id}"


def gives_any_name(actor: Actor) -> bool:
    """Tell whether the actor sees every account, so that "the user name is taken" tells him nothing new."""
    return any(rule.scope == "city" for rule in actor.rules(RESOURCE, ADMINISTER))


def _name_for(actor: Actor, username: str, organization_id: int) -> str:
    """Return the user name of a new account: where it is taken, it is by an account that the actor may see."""
    end = suffix(organization_id)
    return username if gives_any_name(actor) or username.endswith(end) else username + end


def open_account(
    actor: Actor, *, username: str, name: str, mobile: str, organization_id: int, posts: Sequence[tuple[str, int]]
) -> tuple[User, str]:
    """Return a new account with these posts and its temporary password.

    Who administers less than the city gives names that end with :func:`suffix`. Raises ``NotAllowed`` beyond the
    actor's scope, ``Invalid`` for a name that is taken or none.
    """
    if not posts or all(organization_id != where for _role, where in posts):
        raise NotAllowed
    _require_posts(actor, posts)
    password = temporary_password()
    user = create_user(
        username=_name_for(actor, username, organization_id),
        name=name,
        mobile=mobile or None,
        password=password,
        organization_id=organization_id,
    )
    set_posts(user, posts)
    _record(actor, "account_opened", user, posts)
    return user, password


def change_posts(actor: Actor, user_id: int, posts: Sequence[tuple[str, int]]) -> User:
    """Give an account exactly these posts. Raises ``NotAllowed`` for the actor himself and beyond his scope."""
    user = _require_manageable(actor, user_id)
    _require_posts(actor, posts)
    set_posts(user, posts)
    _record(actor, "posts_changed", user, posts)
    return user


def reset_password(actor: Actor, user_id: int) -> str:
    """Return a new temporary password of an account; its sessions end."""
    user = _require_manageable(actor, user_id)
    password = temporary_password()
    set_password(user, password, must_change=True)
    _record(actor, "password_reset", user, ())
    return password


def lock(actor: Actor, user_id: int, *, active: bool) -> User:
    """Lock or unlock an account; its sessions end with a lock."""
    user = _require_manageable(actor, user_id)
    set_active(user, active=active)
    _record(actor, "account_unlocked" if active else "account_locked", user, ())
    return user


def _record(actor: Actor, event: str, user: User, posts: Sequence[tuple[str, int]]) -> None:
    detail = {"posts": [[role, organization_id] for role, organization_id in posts]} if posts else {}
    audit.record(actor, event, object_type="user", object_id=user.id, detail=detail)
