"""Which record a row of a workbook means: that of its organization with the same unique key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import resource_allows, scope_clause, tagged
from app.database import db
from app.records.models import VOID
from app.records.projection.tables import FormTable, form_table
from forms.columns import project
from forms.definition import SYSTEM_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.access.actor import Actor
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
    actor: Actor, form_key: str, rows: Sequence[Mapping[str, Any]], organizations: Sequence[int | None] = ()
) -> list[str | None]:
    """Return, in order, the id of the organization's own draft or record with the same unique key, or ``None``.

    :param organizations: whose each row is; ``None`` (or none at all): the actor's own organization's.

    Void records and such as are not shown yet do not count. Where several match, the newest. What the actor may not
    view is never found.
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
            known.update(_known(actor, table, unique, wanted[start : start + _CHUNK]))
        for number, key in enumerate(keys):
            if result[number] is None and key is not None:
                result[number] = known.get(key)
    return result


def _known(
    actor: Actor, table: FormTable, unique: Unique, wanted: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], str]:
    main = table.main
    columns = [main.c._organization, *(table.key_column(key) for key in unique.fields)]
    holders = {key[0] for key in wanted}
    condition = (
        sa.and_(columns[0] == wanted[0][0], columns[1].in_([key[1] for key in wanted]))
        if len(columns) == 2 and len(holders) == 1
        else sa.or_(*(sa.and_(*(c == part for c, part in zip(columns, key, strict=True))) for key in wanted))
    )
    statement = (
        sa.select(main.c._id, *columns)
        .where(
            condition,
            scope_clause(actor, table, "V"),
            main.c._state != VOID,
            main.c._batch.is_(None),
        )
        .order_by(main.c._updated_at, main.c._id)
    )
    rows = db.session.execute(tagged(statement, "scoped by access.query"))
    return {tuple(row[1:]): row[0] for row in rows}
