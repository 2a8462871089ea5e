"""The law, in Python and in SQL.

``mode(u, a, r, f) = max{ g.mode(f) | g in grants(u), a in g.actions, g.scope(r) }`` with
``HIDE < MASK < REVEAL < PLAIN``, and ``HIDE`` where no grant matches. Both forms of a scope stand side by
side here; a property test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import today
from app.access.grants import MODE_ALL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from app.access.actor import Actor
    from app.access.grants import GrantRule


class Mode(IntEnum):
    """How much of a field an actor sees."""

    HIDE = 0
    MASK = 1
    #: Masked, and in plain after a reveal that is logged.
    REVEAL = 2
    PLAIN = 3


#: Mode of a grant, then class of the field. ``own`` stands for a grant on own rows that names no mode.
TABLE: dict[str, dict[str, Mode]] = {
    "m0": {"public": Mode.PLAIN, "internal": Mode.PLAIN, "personal": Mode.REVEAL, "secret": Mode.MASK},
    "m1": {"public": Mode.PLAIN, "internal": Mode.PLAIN, "personal": Mode.MASK, "secret": Mode.HIDE},
    "own": {"public": Mode.PLAIN, "internal": Mode.PLAIN, "personal": Mode.PLAIN, "secret": Mode.MASK},
    "m2": {"public": Mode.PLAIN, "internal": Mode.MASK, "personal": Mode.HIDE, "secret": Mode.HIDE},
    "anon": dict.fromkeys(("public", "internal", "personal", "secret"), Mode.HIDE),
    MODE_ALL: dict.fromkeys(("public", "internal", "personal", "secret"), Mode.PLAIN),
}

#: Kind of the parties that a record is assigned to.
ASSIGNED = "assigned"
#: Scopes that depend on parties.
PARTY_SCOPES = frozenset({"related", "assigned"})
#: Scopes whose rows count as own.
OWN_SCOPES = frozenset({"own", "self"})
#: The actions by which a record comes about.
WRITING = frozenset({"C", "S"})


def writes_unseen(rule: GrantRule, action: str) -> bool:
    """Tell whether *rule* lets somebody write an anonymous record of his own, which he never sees again."""
    return rule.mode == "anon" and rule.scope == "self" and action in WRITING


def grant_mode(rule: GrantRule) -> str:
    """Return the row of :data:`TABLE` that holds for *rule*.

    An anonymous record is hidden from everybody, but not from who writes it while he does.
    """
    if rule.mode and not (rule.mode == "anon" and rule.scope == "self"):
        return rule.mode
    return "own" if rule.scope in OWN_SCOPES else "m1"


def field_mode(rule: GrantRule, class_: str) -> Mode:
    """Return how *rule* shows a field of class *class_*; an unknown class counts as secret."""
    row = TABLE[grant_mode(rule)]
    return row.get(class_, row["secret"])


def leaving_mode(mode: Mode, class_: str, *, approved: bool = False) -> Mode:
    """Return the mode of a cell that leaves the house: masked at least as m1 without an approved request."""
    if approved:
        return Mode.PLAIN if mode is Mode.REVEAL else mode
    return min(mode, TABLE["m1"].get(class_, Mode.HIDE))


def row_rules(actor: Actor, resource: str, action: str) -> tuple[GrantRule, ...]:
    """Return the grants that can match individual rows: all but the anonymous ones, save for writing one's own."""
    return tuple(rule for rule in actor.rules(resource, action) if rule.mode != "anon" or writes_unseen(rule, action))


@dataclass(frozen=True, slots=True)
class RowKeys:
    """What a scope asks of a row.

    ``new``: the actor is writing it for the first time. ``parties``: the organizations that it concerns besides its
    owner while they cooperate; ``assignees``: those that it is assigned to.
    """

    organization: int | None = None
    region: str | None = None
    published: bool = False
    published_until: date | None = None
    record: str | None = None
    author: int | None = None
    new: bool = False
    parties: frozenset[int] = frozenset()
    assignees: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """Where a statement finds the same; ``None``: this table does not carry it, so the scope is empty."""

    organization: sa.ColumnElement[int | None] | None = None
    region: sa.ColumnElement[str | None] | None = None
    published: sa.ColumnElement[bool] | None = None
    published_until: sa.ColumnElement[Any] | None = None
    record: sa.ColumnElement[str] | None = None
    author: sa.ColumnElement[int | None] | None = None

    @classmethod
    def of(cls, table: sa.FromClause) -> KeyColumns:
        """Return the system columns of a projection table."""
        get = table.c.get
        return cls(
            get("_organization"),
            get("_region"),
            get("_published"),
            get("_published_until"),
            get("_id"),
            get("_created_by"),
        )


def day() -> date:
    """Return the day that the law asks about: what depends on it and is kept ends with it."""
    return today()


def scope_matches(actor: Actor, scope: str, row: RowKeys) -> bool:
    """Tell whether *row* lies in *scope* of *actor*."""
    match scope:
        case "city":
            return True
        case "region":
            return bool(actor.region) and row.region == actor.region
        case "own":
            return row.organization is not None and row.organization in actor.organizations
        case "published":
            return row.published and (row.published_until is None or row.published_until >= today())
        case "self":
            if row.new:
                return True
            if actor.visit is not None:
                return row.record is not None and row.record == actor.visit.record_id
            return actor.user_id is not None and row.author == actor.user_id
        case "related":
            return not actor.organizations.isdisjoint(row.parties)
        case "assigned":
            return not actor.organizations.isdisjoint(row.assignees)
        case _:
            return False


def scope_sql(actor: Actor, scope: str, columns: KeyColumns) -> sa.ColumnElement[bool]:
    """Return the same as a condition. An empty scope is ``false``, never "no filter"."""
    match scope:
        case "city":
            return sa.true()
        case "region":
            if not actor.region or columns.region is None:
                return sa.false()
            return columns.region == actor.region
        case "own":
            if not actor.organizations or columns.organization is None:
                return sa.false()
            if len(actor.organizations) == 1:
                return columns.organization == next(iter(actor.organizations))
            return columns.organization.in_(sorted(actor.organizations))
        case "published":
            if columns.published is None or columns.published_until is None:
                return sa.false()
            return sa.and_(
                columns.published.is_(sa.true()),
                sa.or_(columns.published_until.is_(None), columns.published_until >= today()),
            )
        case "self":
            return _self_sql(actor, columns)
        case "related" | "assigned":
            if not actor.organizations or columns.record is None:
                return sa.false()
            party = sa.table("record_party", *map(sa.column, ("record_id", "organization_id", "kind", "live")))
            kind = party.c.kind == ASSIGNED if scope == "assigned" else party.c.kind != ASSIGNED
            concerned = sa.select(party.c.record_id).where(
                party.c.organization_id.in_(sorted(actor.organizations)), kind, party.c.live.is_(sa.true())
            )
            return columns.record.in_(concerned)
        case _:
            return sa.false()


def _self_sql(actor: Actor, columns: KeyColumns) -> sa.ColumnElement[bool]:
    """Return the condition of one's own rows: the record of a visitor's code, or what a user has begun himself."""
    if actor.visit is not None:
        if actor.visit.record_id is None or columns.record is None:
            return sa.false()
        return columns.record == actor.visit.record_id
    if actor.user_id is None or columns.author is None:
        return sa.false()
    return columns.author == actor.user_id


def any_scope(actor: Actor, scopes: Iterable[str], columns: KeyColumns) -> sa.ColumnElement[bool]:
    """Return the condition that a row lies in at least one of *scopes*; ``false`` without any."""
    distinct = sorted(set(scopes))
    if "city" in distinct:
        return sa.true()
    clauses = [scope_sql(actor, scope, columns) for scope in distinct]
    return sa.or_(sa.false(), *clauses)
