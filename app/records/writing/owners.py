"""Whose record it is: one's own organization, or another within the right to create, filled on its behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import OWN_SCOPES, KeyColumns, RowKeys, any_scope, row_rules, scope_matches
from app.access.query import modes_in, require, tagged
from app.database import db
from app.errors import Invalid, NotAllowed, NotFound
from app.identity.models import Organization
from app.records.lists.words import like
from app.records.models import Record
from app.records.writing.references import ORGANIZATION
from forms.answers.answer import is_empty
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.access.query import FormTable, RowModes
    from forms.definition import Definition, Field

#: Prefilled with one of these, a reference field says whose record it is.
_OWNER_PREFILLS = frozenset({"_profile", "_organization"})
#: How many are looked up with one statement.
_CHUNK = 300


def may(actor: Actor, resource: str, action: str, keys: RowKeys) -> bool:
    """Tell whether a grant of the actor for *action* reaches a record with these keys."""
    return any(scope_matches(actor, rule.scope, keys) for rule in row_rules(actor, resource, action))


def keys_of_new(organization: Organization) -> RowKeys:
    """Return the keys of a record that the actor is about to write for an organization."""
    return RowKeys(organization.id, organization.region, new=True)


def modes(actor: Actor, table: FormTable, action: str, keys: RowKeys, *, form: Definition | None = None) -> RowModes:
    """Return the modes in which the actor's grants for *action* show a record with these keys.

    :param form: the version that it is filled under, the current one by default.
    """
    rules = row_rules(actor, table.resource, action)
    scopes = {rule.scope for rule in rules if scope_matches(actor, rule.scope, keys)}
    return modes_in(actor, table, action, scopes, definition=form)


def require_filler(actor: Actor, form: Definition) -> None:
    """Raise ``NotAllowed`` unless the actor may fill this form at all: the grant and the form's roles both say so."""
    require(actor, form.resource, "C")
    if actor.visit is not None and actor.visit.form_key != form.key:
        raise NotAllowed
    if actor.kind != "system" and form.fill_roles and actor.role not in form.fill_roles:
        raise NotAllowed


def owner_field(form: Definition) -> Field | None:
    """Return the field that says whose record it is, or ``None``."""
    return next(
        (
            item
            for item in form.fields
            if field_type(item.type).refers
            and item.prefill is not None
            and item.prefill.text.strip() in _OWNER_PREFILLS
        ),
        None,
    )


def closed_to(actor: Actor, form: Definition) -> tuple[str, ...]:
    """Return the fields that a visitor cannot change besides those closed to his role: what his code fixes, the owner.

    None for anybody else.
    """
    if actor.visit is None:
        return ()
    owner = owner_field(form)
    keys = {*actor.visit.fixed, *((owner.key,) if owner is not None else ())}
    return tuple(key for key in sorted(keys) if form.has(key))


def fills_for_others(actor: Actor, form: Definition) -> bool:
    """Tell whether the actor's right to create reaches further than his own organizations."""
    if actor.kind == "visitor" or actor.visit is not None:
        return False
    return any(rule.scope not in OWN_SCOPES for rule in row_rules(actor, form.resource, "C"))


def is_asked_before(actor: Actor, form: Definition) -> bool:
    """Tell whether whose record it will be is said before it is filled: the actor may choose, no field asks him."""
    return fills_for_others(actor, form) and choosing_field(actor, form) is None


def within(actor: Actor, form: Definition, words: str, limit: int) -> Sequence[Organization]:
    """Return organizations that the actor may create a record for, by name: those in which all *words* occur."""
    scopes, table = {rule.scope for rule in row_rules(actor, form.resource, "C")}, Organization.__table__
    statement = sa.select(Organization).where(
        Organization.active, any_scope(actor, scopes, KeyColumns(table.c.id, table.c.region))
    )
    for word in words.split():
        pattern = f"%{like(word)}%"
        columns = (Organization.name, Organization.short_name, Organization.code)
        statement = statement.where(sa.or_(*(column.ilike(pattern, escape="\\") for column in columns)))
    found: Sequence[Organization] = db.session.scalars(
        statement.order_by(Organization.name, Organization.id).limit(limit)
    ).all()
    return found


def choosing_field(actor: Actor, form: Definition) -> Field | None:
    """Return the field by which the actor says whose record it is; ``None`` where the form has none open to him."""
    item = owner_field(form)
    if item is None or actor.visit is not None or item.readonly or actor.role in item.readonly_for:
        return None
    return item


def meant(actor: Actor, form: Definition, texts: Collection[str]) -> dict[str, Organization]:
    """Return which organizations texts mean, by code, name or short name: those that the actor may create for.

    A text that means several of them is left out, like one that means none.
    """
    columns = (Organization.code, Organization.name, Organization.short_name)
    found: dict[str, dict[int, Organization]] = {}
    wanted = sorted(set(texts))
    for start in range(0, len(wanted), _CHUNK):
        chunk = set(wanted[start : start + _CHUNK])
        statement = sa.select(Organization).where(sa.or_(*(column.in_(chunk) for column in columns)))
        for one in db.session.scalars(statement.where(Organization.active)):
            if may(actor, form.resource, "C", keys_of_new(one)):
                for text in chunk & {one.code, one.name, one.short_name}:
                    found.setdefault(text, {})[one.id] = one
    return {text: next(iter(ones.values())) for text, ones in found.items() if len(ones) == 1}


def behind(actor: Actor, form: Definition, item: Field, ids: Collection[str]) -> dict[str, Organization]:
    """Return which organizations the values of an owner field mean, by id: those that the actor may create for."""
    by_id: dict[str, int] = {}
    wanted = sorted(ids)
    if item.form == ORGANIZATION:
        by_id = {one: int(one) for one in wanted if one.isascii() and one.isdecimal() and len(one) < 10}
    table = Record.__table__
    for start in range(0, 0 if item.form == ORGANIZATION else len(wanted), _CHUNK):
        statement = sa.select(table.c.id, table.c.organization_id).where(table.c.id.in_(wanted[start : start + _CHUNK]))
        rows = db.session.execute(tagged(statement, "owners of records that the actor chose within his view"))
        by_id.update({row.id: row.organization_id for row in rows})
    numbers, known = sorted(set(by_id.values())), {}
    for start in range(0, len(numbers), _CHUNK):
        listed = sa.select(Organization).where(Organization.id.in_(numbers[start : start + _CHUNK]))
        known.update({one.id: one for one in db.session.scalars(listed.where(Organization.active))})
    return {
        one: known[number]
        for one, number in by_id.items()
        if number in known and may(actor, form.resource, "C", keys_of_new(known[number]))
    }


#: What is asked of who fills for others and has not said for whom.
WHOSE = Label("请选择为哪个单位填报", "Choose the organization that you fill this for")
#: The same for an organization that does not exist and for one that is not his to fill for.
NOT_YOURS = Label(
    "没有找到这个单位，或不在您可以代填的范围内，请另选",
    "There is no such organization, or you may not fill this for it; choose another",
)


def unnamed(actor: Actor, form: Definition, answers: Mapping[str, Any]) -> Field | None:
    """Return the field that says whose record it is, where the actor has to choose and has not chosen yet."""
    item = choosing_field(actor, form)
    return item if item is not None and is_empty(answers.get(item.key)) else None


def require_named(
    actor: Actor, form: Definition, organization: Organization, answers: Mapping[str, Any], **known: Any
) -> None:
    """Raise ``Invalid``, naming the field, where a record to be handed in is still nobody's but its filler's.

    :param known: further members of the answer.
    """
    item = unnamed(actor, form, answers)
    if item is not None and actor.kind == "user" and organization.id == actor.organization_id:
        raise Invalid(errors=[Problem(item.key, None, "required", WHOSE)], **known)


def own(actor: Actor, form: Definition, on_behalf_of: int | None = None) -> Organization:
    """Return the organization that a new record belongs to. Raises ``NotFound``, ``NotAllowed``.

    :param on_behalf_of: id of another one, within the scope of the actor's grants to create.
    """
    wanted = actor.organization_id if on_behalf_of is None else on_behalf_of
    # Beyond 32 bits there is none, and PostgreSQL would not even look.
    possible = wanted is not None and 0 < wanted < 2**31
    found: Organization | None = db.session.get(Organization, wanted) if possible else None
    if found is None or not found.active:
        raise NotAllowed if on_behalf_of is None else NotFound
    if not may(actor, form.resource, "C", keys_of_new(found)):
        raise NotAllowed if on_behalf_of is None else NotFound
    return found


def house() -> Organization:
    """Return the organization that runs this installation: the first that stands under no other.

    Raises ``NotFound`` where there is none yet.
    """
    first = sa.select(Organization).where(Organization.parent_id.is_(None)).order_by(Organization.id).limit(1)
    found: Organization | None = db.session.scalar(first)
    if found is None:
        raise NotFound
    return found


def named(actor: Actor, form: Definition, answers: Mapping[str, Any]) -> Organization | None:
    """Return the organization that the answers name as the owner, where the actor may choose it; else ``None``.

    A visitor chooses none: whose record it is says his code. Raises ``Invalid``, naming the field, for an
    organization that the actor may not create for.
    """
    item = choosing_field(actor, form)
    value = answers.get(item.key) if item is not None else None
    if item is None or not isinstance(value, dict) or not value.get("id"):
        return None
    found = behind(actor, form, item, [str(value["id"])]).get(str(value["id"]))
    if found is None:
        raise Invalid(errors=[Problem(item.key, None, "not_reference", NOT_YOURS)])
    return found
