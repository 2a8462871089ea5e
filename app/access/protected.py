"""Which classes and tables hold tenants' data, and how each is scoped.

A slice that owns such a class calls :func:`protect` beside it. The hooks of :mod:`app.access.hooks` then
add the read condition to every ORM query and ask the write condition before every flush; and the engine
refuses any other statement that names the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import SCOPED_CLASSES
from app.access.grants import ACTIONS, ANY_RESOURCE
from app.access.law import PARTY_SCOPES, KeyColumns, RowKeys, any_scope, row_rules, scope_matches

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from app.access.actor import Actor

    Read = Callable[[Actor], sa.ColumnElement[bool]]
    Write = Callable[[Actor, Any, Session], bool]

#: Where a session keeps the ids of the records that were begun in it; a request has a session of its own.
_BEGUN = "access.begun"
#: Prefix of the projections, whose classes (if any) come and go with form versions.
PROJECTION_PREFIX = "data_"


@dataclass(frozen=True, slots=True)
class Protection:
    """How one class is scoped."""

    read: Read
    write: Write


classes: dict[type, Protection] = {}
#: The ledger's tables are named here too: were its module never imported, they would still be refused.
table_names: set[str] = {"record", "record_revision", "record_party", "review_note", "workflow_event"}


def protect(cls: type, *, read: Read, write: Write) -> None:
    """Scope *cls*: *read* gives the condition of what an actor may view, *write* allows a change at flush."""
    classes[cls] = Protection(read, write)
    SCOPED_CLASSES.add(cls)
    table_names.add(cls.__table__.name)  # type: ignore[attr-defined]


def ledger_condition(
    actor: Actor, action: str, form_key: sa.ColumnElement[str], keys: KeyColumns, forms: sa.FromClause
) -> sa.ColumnElement[bool]:
    """Return the condition that a row of a table shared by all forms lies in the actor's scope for its form.

    :param forms: the table of forms, with columns ``key`` and ``resource``.
    """
    by_scopes: dict[frozenset[str], list[str]] = {}
    for resource in {rule.resource for rule in actor.grants}:
        scopes = frozenset(rule.scope for rule in row_rules(actor, resource, action))
        if scopes:
            by_scopes.setdefault(scopes, []).append(resource)
    clauses = [
        any_scope(actor, scopes, keys)
        if ANY_RESOURCE in resources
        else sa.and_(
            form_key.in_(sa.select(forms.c.key).where(forms.c.resource.in_(sorted(resources)))),
            any_scope(actor, scopes, keys),
        )
        for scopes, resources in sorted(by_scopes.items(), key=lambda item: sorted(item[0]))
    ]
    return sa.or_(sa.false(), *clauses)


def may_write(actor: Actor, resource: str, keys: RowKeys) -> bool:
    """Tell whether some grant beyond viewing covers a row: the coarse wall behind the services' exact checks."""
    return any(
        scope_matches(actor, rule.scope, keys)
        for action in sorted(ACTIONS - {"V", "E"})
        for rule in row_rules(actor, resource, action)
    )


def protect_ledger(
    record: type,
    *,
    forms: sa.FromClause,
    resource_of: Callable[[str], str],
    parties: Callable[[str], tuple[frozenset[int], frozenset[int]]],
) -> None:
    """Scope the class of records: columns ``id``, ``form_key``, ``organization_id``, ``region``, ``created_by``.

    :param parties: returns the organizations in cooperation over a record, and those that it is assigned to; asked
        only of an actor with grants that depend on them.
    """
    columns = record.__table__.c  # type: ignore[attr-defined]
    keys = KeyColumns(columns.organization_id, columns.region, record=columns.id, author=columns.created_by)

    def read(actor: Actor) -> sa.ColumnElement[bool]:
        return ledger_condition(actor, "V", columns.form_key, keys, forms)

    def write(actor: Actor, row: Any, session: Session) -> bool:
        resource = resource_of(row.form_key)
        now = RowKeys(
            row.organization_id,
            row.region,
            record=row.id,
            author=row.created_by,
            new=row.created_by == actor.user_id and _is_new(row, session),
        )
        if any(rule.scope in PARTY_SCOPES and rule.resource == resource for rule in actor.grants):
            others, assignees = parties(row.id)
            now = replace(now, parties=others, assignees=assignees)
        if may_write(actor, resource, now):
            return True
        before = replace(now, organization=_before(row, "organization_id"), region=_before(row, "region"))
        return may_write(actor, resource, before)

    protect(record, read=read, write=write)


def _is_new(row: Any, session: Session) -> bool:
    """Tell whether a record is written for the first time in this request: what hangs on it comes after it."""
    begun: set[str] = session.info.setdefault(_BEGUN, set())
    state = sa.inspect(row)
    if state.transient or state.pending:
        begun.add(row.id)
    return row.id in begun


def protect_parts(part: type, record: type, *, column: str = "record_id") -> None:
    """Scope what hangs on a record by *column*: as the record itself."""
    table = record.__table__  # type: ignore[attr-defined]
    link = part.__table__.c[column]  # type: ignore[attr-defined]

    def read(actor: Actor) -> sa.ColumnElement[bool]:
        return link.in_(sa.select(table.c.id).where(classes[record].read(actor)))  # type: ignore[no-any-return]

    def write(actor: Actor, row: Any, session: Session) -> bool:
        record_id = getattr(row, column)
        owner = next((new for new in session.new if isinstance(new, record) and new.id == record_id), None)  # type: ignore[attr-defined]
        owner = owner or session.get(record, record_id)
        return owner is not None and classes[record].write(actor, owner, session)

    protect(part, read=read, write=write)


def _before(row: Any, name: str) -> Any:
    history = sa.inspect(row).attrs[name].history
    return history.deleted[0] if history.deleted else getattr(row, name)
