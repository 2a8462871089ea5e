"""What a reference field may point to: records of another form within the actor's view, or organizations.

The directory of organizations (name and kind, nothing else) is open to whoever is signed in; records follow the law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import resource_allows, select_rows
from app.builder.catalogue import catalogue, definition
from app.database import db
from app.errors import NotFound
from app.identity.models import Organization
from app.records.lists.words import condition as holding
from app.records.lists.words import like
from app.records.models import VOID
from app.records.projection.tables import FormTable, form_table
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.access.actor import Actor
    from forms.definition import Definition, Field

#: What a reference field names as its form when it points to organizations.
ORGANIZATION = "organization"
#: Nobody pages through the directory of organizations: he says at least so many characters of the name.
FEWEST_CHARACTERS = 2

Found = dict[str, str]


def lookup(actor: Actor, form_key: str, path: str, q: str, *, limit: int = 20) -> list[Found]:
    """Return what a reference field may name, as ``{"id", "label", "hint"}``. Raises ``NotFound`` for no such field."""
    item = _field(definition(form_key), path)
    words = " ".join(q.split())[:50]
    if item.form == ORGANIZATION:
        return [_organization(row) for row in _organizations(actor, item, words, limit)]
    table = _target(actor, item)
    if table is None:
        return []
    statement = _rows(actor, table)
    if words:
        condition = holding(actor, table, "V", words)
        statement = statement.where(condition) if condition is not None else statement
    return [_record(table, row) for row in _fetched(statement, limit)]


def by_id(actor: Actor, form: Definition, path: str, ids: Collection[str]) -> dict[str, Found]:
    """Return those of the ids that a reference field may name, as answers ``{"id", "label"}``."""
    if not ids:
        return {}
    item = _field(form, path)
    if item.form == ORGANIZATION:
        known = [int(one) for one in ids if one.isascii() and one.isdecimal() and len(one) < 10]
        statement = _directory(item).where(Organization.id.in_(known))
        return {str(row.id): _answer(_organization(row)) for row in db.session.execute(statement)}
    table = _target(actor, item)
    if table is None:
        return {}
    statement = _rows(actor, table).where(table.main.c._id.in_(sorted(ids)))
    return {row["_id"]: _answer(_record(table, row)) for row in _fetched(statement, len(ids))}


def resolve(actor: Actor, form_key: str, path: str, texts: Collection[str]) -> dict[str, Found]:
    """Return what texts of a workbook mean: an id, an exact label, or the code of an organization.

    What fits nothing within the actor's view, or more than one thing, is left out.
    """
    wanted = {text for text in texts if text}
    if not wanted:
        return {}
    form = definition(form_key)
    item = _field(form, path)
    found: dict[str, Found] = by_id(actor, form, path, wanted)
    rest = sorted(wanted - set(found))
    if not rest:
        return found
    candidates: dict[str, dict[str, Found]] = {}

    def note(texts_of: Iterator[str], meant: Found) -> None:
        for text in texts_of:
            if text in wanted:
                candidates.setdefault(text, {})[meant["id"]] = meant

    if item.form == ORGANIZATION:
        columns = (Organization.code, Organization.name, Organization.short_name)
        statement = _directory(item).where(sa.or_(*(column.in_(rest) for column in columns)))
        for row in db.session.execute(statement):
            note(iter((row.code, row.name, row.short_name)), _answer(_organization(row)))
    elif (table := _target(actor, item)) is not None:
        coded = sa.select(Organization.id, Organization.code).where(Organization.code.in_(rest))
        codes: dict[int, str] = {row.id: row.code for row in db.session.execute(coded)}
        main = table.main.c
        label = _label_column(table)
        alternatives = [main._serial.in_(rest), main._organization_name.in_(rest), label.in_(rest)]
        alternatives += [main._organization.in_(sorted(codes))] if codes else []
        for row in _fetched(_rows(actor, table).where(sa.or_(*alternatives)), 2 * len(rest) + 100):
            meant = _answer(_record(table, row))
            names = (row["_serial"], row["_organization_name"], meant["label"], codes.get(row["_organization"], ""))
            note(iter(names), meant)
    found.update({text: next(iter(meant.values())) for text, meant in candidates.items() if len(meant) == 1})
    return found


def _field(form: Definition, path: str) -> Field:
    if not form.has(path) or not field_type(form.field(path).type).refers:
        raise NotFound
    return form.field(path)


def _answer(found: Found) -> Found:
    return {"id": found["id"], "label": found["label"]}


def _directory(item: Field) -> sa.Select[Any]:
    columns: tuple[Any, ...] = (Organization.id, Organization.code, Organization.name, Organization.short_name)
    statement: sa.Select[Any] = sa.select(*columns).where(Organization.active)
    kinds = item.setting("kinds", [])
    return statement.where(Organization.kind.in_(kinds)) if kinds else statement


def _organizations(actor: Actor, item: Field, words: str, limit: int) -> list[Any]:
    statement = _directory(item)
    if len(words) < FEWEST_CHARACTERS:
        # Nothing to look for yet: one's own are at hand.
        statement = statement.where(Organization.id.in_(sorted(actor.organizations)))
    else:
        for word in words.split():
            pattern = f"%{like(word)}%"
            names = (Organization.name, Organization.short_name)
            statement = statement.where(sa.or_(*(name.ilike(pattern, escape="\\") for name in names)))
    return list(db.session.execute(statement.order_by(Organization.name, Organization.id).limit(limit)))


def _organization(row: Any) -> Found:
    return {"id": str(row.id), "label": row.name, "hint": row.short_name if row.short_name != row.name else ""}


def _target(actor: Actor, item: Field) -> FormTable | None:
    """Return the tables of the form that a field points to; ``None`` where the actor may see none of its records."""
    found = catalogue().heads.get(item.form or "")
    if found is None or not found.no or not resource_allows(actor, found.resource, "V"):
        return None
    return form_table(found.key)


def _label_key(table: FormTable) -> str | None:
    """Return the field that a record is called by; a profile by its organization, others by a public field."""
    form = table.definition
    key = form.title_field
    if form.organization is not None or key is None or key not in table.columns:
        return None
    public = form.field(key).class_ == "public"
    return key if public and field_type(form.field(key).type).column_kind == "text" else None


def _label_column(table: FormTable) -> sa.ColumnElement[Any]:
    key = _label_key(table)
    name = table.main.c._organization_name if table.definition.organization is not None else table.main.c._serial
    return table.text_column(key) if key is not None else name


def _rows(actor: Actor, table: FormTable) -> sa.Select[Any]:
    main = table.main.c
    shown = ["_id", "_serial", "_organization", "_organization_name"]
    return (
        select_rows(actor, table, "V", columns=shown)
        .add_columns(_label_column(table).label("label"))
        .where(main._batch.is_(None), main._state != VOID)
    )


def _fetched(statement: sa.Select[Any], limit: int) -> Iterator[Mapping[str, Any]]:
    newest: sa.UnaryExpression[Any] = sa.literal_column("_updated_at").desc()
    yield from db.session.execute(statement.order_by(newest).limit(limit)).mappings()


def _record(table: FormTable, row: Mapping[str, Any]) -> Found:
    form = table.definition
    label = str(row["label"] or row["_serial"])
    key = _label_key(table)
    if key is not None and row["label"]:
        item = form.field(key)
        if not field_type(item.type).refers:
            label = field_type(item.type).display(item, row["label"], "zh", form.code_list(key))
    hint = row["_serial"] if form.organization is not None else row["_organization_name"]
    return {"id": row["_id"], "label": label, "hint": hint if hint != label else ""}
