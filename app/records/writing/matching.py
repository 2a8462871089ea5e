"""Which record a row of a workbook means: that of its organization with the same unique key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import Mode
from app.access.query import resource_allows, row_modes, select_rows
from app.builder.catalogue import compiled
from app.database import db
from app.records.models import VOID
from app.records.projection.tables import FormTable, form_table
from app.records.reading.authorship import own_words
from app.records.writing import owners
from forms.columns import project
from forms.definition import SYSTEM_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.access.actor import Actor
    from app.identity.models import Organization
    from app.records.reading.authorship import Words
    from app.records.reading.looks import Looks
    from forms.definition import Unique

_CHUNK = 300


def keys_of(table: FormTable, unique: Unique, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...] | None]:
    """Return the values of a unique key for each row of answers; ``None`` where a part is empty."""
    found: list[tuple[Any, ...] | None] = []
    for answers in rows:
        # A workbook names no campaign: a key with one matches nothing.
        values, _ = project(table.compiled, {key: answers.get(key) for key in unique.fields if key not in SYSTEM_KEYS})
        key = tuple(values.get(name) for name in unique.fields)
        found.append(None if any(value is None for value in key) else key)
    return found


def by_unique(
    actor: Actor,
    form_key: str,
    rows: Sequence[Mapping[str, Any]],
    organizations: Sequence[int | None] = (),
    *,
    looks: Looks | None = None,
) -> list[str | None]:
    """Return, in order, the id of the organization's own draft or record with the same unique key, or ``None``.

    :param organizations: whose each row is; ``None`` (or none at all): the actor's own organization's.
    :param looks: where matches by fields are noted that the actor sees by a logged look alone; without it there are
        none such.

    Void records and such as are not shown yet do not count. Where several match, the newest. What the actor may not
    view is never found, nor is anything found by a field that is masked for him, but for his own words: a match would
    tell whether a number that he guesses is among the records.
    """
    table = form_table(form_key)
    result: list[str | None] = [None] * len(rows)
    if not resource_allows(actor, table.resource, "V"):
        return result
    whose = [number or actor.organization_id for number in organizations] or [actor.organization_id] * len(rows)
    for unique in table.definition.unique:
        keys = [
            None if key is None else (number, *key)
            for number, key in zip(whose, keys_of(table, unique, rows), strict=True)
        ]
        wanted = sorted({key for key in keys if key is not None}, key=repr)
        known: dict[tuple[Any, ...], str] = {}
        for start in range(0, len(wanted), _CHUNK):
            known.update(_known(actor, table, unique, wanted[start : start + _CHUNK], looks))
        for number, key in enumerate(keys):
            if result[number] is None and key is not None:
                result[number] = known.get(key)
    return result


def recognises(actor: Actor, form_key: str, organization: Organization) -> bool:
    """Tell whether the actor finds records of an organization by a unique key, whoever wrote them."""
    table = form_table(form_key)
    modes = owners.modes(actor, table, "V", owners.keys_of_new(organization))
    return any(
        all(modes.get(key, Mode.HIDE) >= Mode.REVEAL for key in unique.fields) for unique in table.definition.unique
    )


def _known(
    actor: Actor, table: FormTable, unique: Unique, wanted: Sequence[tuple[Any, ...]], looks: Looks | None
) -> dict[tuple[Any, ...], str]:
    main = table.main
    columns = [main.c._organization, *(table.key_column(key) for key in unique.fields)]
    holders = {key[0] for key in wanted}
    condition = (
        sa.and_(columns[0] == wanted[0][0], columns[1].in_([key[1] for key in wanted]))
        if len(columns) == 2 and len(holders) == 1
        else sa.or_(*(sa.and_(*(c == part for c, part in zip(columns, key, strict=True))) for key in wanted))
    )
    parts = [column.label(f"_part{number}") for number, column in enumerate(columns)]
    statement = (
        select_rows(actor, table, "V", columns=("_id", "_version"))
        .add_columns(*parts)
        .where(condition, main.c._state != VOID, main.c._batch.is_(None))
        .order_by(main.c._updated_at, main.c._id)
    )
    found = db.session.execute(statement).mappings().all()
    shown = {row["_id"]: _shown(actor, table, unique, row) for row in found}
    veiled = [key for key, modes in shown.items() if min(modes.values()) < Mode.PLAIN]
    words = own_words(actor, table.form_key, veiled)
    known: dict[tuple[Any, ...], str] = {}
    for row in found:
        key = tuple(row[part.name] for part in parts)
        typed = words.get(row["_id"], {})
        unseen = {
            name: mode
            for (name, mode), part in zip(shown[row["_id"]].items(), key[1:], strict=True)
            if mode < Mode.PLAIN and part not in _projected(table, name, typed)
        }
        if unseen and (looks is None or min(unseen.values()) < Mode.REVEAL):
            continue
        if unseen and looks is not None:
            looks.note(row["_id"], unseen)
        known[key] = row["_id"]
    return known


def _shown(actor: Actor, table: FormTable, unique: Unique, row: Mapping[str, Any]) -> dict[str, Mode]:
    """Return how the actor sees the parts of a key, in their order."""
    form = compiled(table.form_key, row["_version"]).definition
    modes = row_modes(actor, table, "V", row, definition=form)
    return {key: modes.get(key, Mode.HIDE) for key in unique.fields}


def _projected(table: FormTable, key: str, words: Words) -> list[Any]:
    """Return what somebody has written into a field himself, as the projection holds it."""
    return [project(table.compiled, {key: value})[0].get(key) for value in words.get((key, None), ())]
