"""Who acts: a user in one of his posts, a visitor with a token, or a named part of the system.

There is no way to read tenant data without an actor: :func:`current_actor` raises where there is none,
in web requests, commands, workers and tests alike.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa
from flask import g, has_app_context, has_request_context

from app.access.grants import ACTIONS, ANY_RESOURCE, MODE_ALL, GrantRule
from app.access.standing import kept
from app.database import db, utcnow
from app.identity.models import GrantRow, Organization, Post, Resource, RoleDefinition, User
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

__all__ = ["Actor", "GrantRule", "NoActor", "acting_as", "actor_for", "current_actor", "system_actor"]


class NoActor(Exception):
    """Nobody is acting: not signed in, or a command that did not say as whom it runs."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor came for: the form of his code and, once he has begun, his record.

    ``code`` is the keyed hash of the code, ``fixed`` what was chosen when it was issued.
    """

    code: str
    form_key: str
    record_id: str | None = None
    campaign_id: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as whom, with which grants. Immutable; computed once per request or job."""

    kind: Literal["user", "visitor", "system"]
    user_id: int | None
    name: str
    role: str = ""
    post_id: int | None = None
    organization_id: int | None = None
    organization_name: str = ""
    region: str = ""
    level_city: bool = False
    grants: tuple[GrantRule, ...] = ()
    session_id: str | None = None
    #: The organization and those below it.
    organizations: frozenset[int] = frozenset()
    role_name: Label | None = None
    #: Of a visitor alone.
    visit: Visit | None = None

    def rules(self, resource: str, action: str) -> tuple[GrantRule, ...]:
        """Return the grants that speak of *action* on *resource*."""
        return tuple(rule for rule in self.grants if rule.covers(resource, action))

    @property
    def is_operator(self) -> bool:
        """Whether it is who runs the installation, at its command line."""
        return self.kind == "system" and self.name == f"system:{OPERATOR}"

    def can(self, resource: str, action: str) -> bool:
        """Tell whether some grant allows *action* on *resource* at all, on whichever rows."""
        return any(rule.covers(resource, action) for rule in self.grants)


#: Who has the command line of an installation, and with it its data folder and its database.
OPERATOR = "operator"

#: Parts of the system that act by themselves, and what each may do on every resource.
SYSTEM_ACTORS: dict[str, frozenset[str]] = {
    "seeds": ACTIONS,
    "publish": ACTIONS,
    "rebuild": ACTIONS,
    "workflow": frozenset("VCUSARDP"),
    "import": frozenset("VCUS"),
    "conversion": frozenset("VU"),
    "schedule": frozenset("VUSARDP"),
    "notify": frozenset("V"),
    OPERATOR: frozenset("VCUE"),
}

#: Mapped classes that hold tenants' data; filled by :func:`app.access.protected.protect`.
SCOPED_CLASSES: set[type] = set()

_sources: list[Callable[[], Actor | None]] = []


def actor_source(source: Callable[[], Actor | None]) -> Callable[[], Actor | None]:
    """Register *source*, asked for the actor of a web request; returned unchanged."""
    if source not in _sources:
        _sources.append(source)
    return source


def current_actor() -> Actor:
    """Return who acts now. Raises :class:`NoActor`.

    The innermost :func:`acting_as` wins; else the request's session or bearer token tells, asked once.
    """
    if not has_app_context():
        raise NoActor
    stack: list[Actor] | None = g.get("acting")
    if stack:
        return stack[-1]
    if has_request_context():
        if "request_actor" not in g:
            g.request_actor = next((found for source in _sources if (found := source()) is not None), None)
        actor: Actor | None = g.request_actor
        if actor is not None:
            return actor
    raise NoActor


def forget_actor() -> None:
    """Have the next :func:`current_actor` of this request resolve again (after sign-in, sign-out, switch)."""
    g.pop("request_actor", None)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Act as *actor* inside the block.

    What the session has read for another actor is expired on the way in and out, so that an object in
    the identity map is never handed on unscoped.
    """
    stack: list[Actor] = g.setdefault("acting", [])
    outer = stack[-1] if stack else g.get("request_actor")
    changes = outer is not None and outer != actor
    if changes:
        _expire_unmodified()
    stack.append(actor)
    try:
        yield actor
    finally:
        stack.pop()
        if changes:
            _expire_unmodified()


def _expire_unmodified() -> None:
    session = db.session()
    for instance in list(session.identity_map.values()):
        if type(instance) in SCOPED_CLASSES and not session.is_modified(instance):
            session.expire(instance)


def today() -> date:
    """Return the date here, in the time zone of the server."""
    return utcnow().astimezone().date()


def valid_posts(user_id: int) -> sa.Select[Post, Organization]:
    """Return the statement for the posts of a user that hold today, oldest first."""
    return _posts(user_id, today())


def _posts(user_id: Any, day: Any) -> sa.Select[Post, Organization]:
    return (
        sa.select(Post, Organization)
        .join(Organization, Organization.id == Post.organization_id)
        .where(
            Post.user_id == user_id,
            Post.active,
            Organization.active,
            Post.valid_from <= day,
            sa.or_(Post.valid_to.is_(None), Post.valid_to >= day),
        )
        .order_by(Post.id)
    )


#: Asked again and again, so they are put together once; they take ``user_id`` and ``day``, and ``role``.
_HELD = (
    _posts(sa.bindparam("user_id", type_=sa.Integer), sa.bindparam("day", type_=sa.Date))
    .join(RoleDefinition, RoleDefinition.key == Post.role)
    .with_only_columns(Post.id, Post.role, *Organization.__table__.c, RoleDefinition.name_zh, RoleDefinition.name_en)
)
_GRANTS = (
    sa.select(GrantRow.resource, GrantRow.actions, GrantRow.scope, GrantRow.mode, Resource.anonymous)
    .join(Resource, Resource.key == GrantRow.resource, isouter=True)
    .where(GrantRow.role == sa.bindparam("role"))
    .order_by(GrantRow.id)
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A post that holds, with its organization, of which no session knows, and the name of its role."""

    id: int
    role: str
    role_name: Label
    organization: Organization


def _held(user_id: int, day: date) -> tuple[_Held, ...]:
    rows = db.session.execute(_HELD, {"user_id": user_id, "day": day}).all()
    columns = [column.key for column in Organization.__table__.c]
    found = []
    for post_id, role, *values, name_zh, name_en in rows:
        organization = Organization(**dict(zip(columns, values, strict=True)))
        sa.orm.make_transient_to_detached(organization)
        found.append(_Held(post_id, role, Label(name_zh, name_en or ""), organization))
    return tuple(found)


def _into_session(organization: Organization) -> Organization:
    session = db.session()
    present: Organization | None = session.identity_map.get(sa.orm.util.identity_key(Organization, organization.id))
    return session.merge(organization, load=False) if present is None else present


def subtree(organization_id: int) -> frozenset[int]:
    """Return the ids of an organization and of everything below it."""

    def build() -> frozenset[int]:
        table = Organization.__table__
        below = sa.select(table.c.id).where(table.c.id == organization_id).cte("below", recursive=True)
        below = below.union(sa.select(table.c.id).join(below, table.c.parent_id == below.c.id))
        return frozenset(db.session.scalars(sa.select(below.c.id)))

    return kept(("subtree", organization_id), build)


def grants_of(role: str) -> tuple[GrantRule, ...]:
    """Return the grants of a role; on an anonymous resource all of them show aggregates alone."""

    def build() -> tuple[GrantRule, ...]:
        rows = db.session.execute(_GRANTS, {"role": role})
        return tuple(
            GrantRule(row.resource, frozenset(row.actions), row.scope, "anon" if row.anonymous else row.mode)
            for row in rows
        )

    return kept(("grants", role), build)


class Account(NamedTuple):
    """What a request needs to know of an account; its session was read along with it."""

    id: int
    name: str
    active: bool
    must_change_password: bool
    mobile: str | None


def account_of(user_id: int) -> Account | None:
    """Return an account, or ``None`` for one that does not exist."""
    known: Account | None = g.get("session_account") if has_request_context() else None
    if known is not None and known.id == user_id:
        return known
    user = db.session.get(User, user_id)
    return (
        None
        if user is None
        else Account(user.id, user.get_full_name(), user.active, user.must_change_password, user.mobile)
    )


def actor_for(user_id: int, post_id: int | None = None, *, session_id: str | None = None) -> Actor:
    """Return the actor behind an account, in *post_id* or else in its first valid post.

    Without any valid post the actor has no grants. Raises :class:`NoActor` when the account is inactive
    or unknown, or *post_id* does not hold (any more).
    """
    account = account_of(user_id)
    if account is None or not account.active:
        raise NoActor
    day = today()
    posts = kept(("posts", user_id, day), lambda: _held(user_id, day))
    if post_id is not None:
        posts = tuple(post for post in posts if post.id == post_id)
        if not posts:
            raise NoActor
    if not posts:
        return Actor(kind="user", user_id=user_id, name=account.name, session_id=session_id)
    post = posts[0]
    if has_request_context():
        # The session alone would let go of it, and forms ask for it again and again.
        g.acting_organization = _into_session(post.organization)
    # The same one from request to request, so that what follows from it need not be worked out again.
    return kept(("actor", account, post.id, session_id, day), lambda: _in_post(account, post, session_id))


def _in_post(account: Account, post: _Held, session_id: str | None) -> Actor:
    organization, grants = post.organization, grants_of(post.role)
    wide = any(rule.scope == "own" for rule in grants)
    return Actor(
        kind="user",
        user_id=account.id,
        name=account.name,
        role=post.role,
        post_id=post.id,
        organization_id=organization.id,
        organization_name=organization.name,
        region=organization.region,
        level_city=organization.is_city_level,
        grants=grants,
        session_id=session_id,
        organizations=subtree(organization.id) if wide else frozenset({organization.id}),
        role_name=post.role_name,
    )


def system_actor(name: str) -> Actor:
    """Return the named part of the system with its own grants. Raises ``KeyError`` for an unknown name."""
    rule = GrantRule(ANY_RESOURCE, SYSTEM_ACTORS[name], "city", MODE_ALL)
    return Actor(kind="system", user_id=None, name=f"system:{name}", level_city=True, grants=(rule,))
