"""New rows of several tables in one statement: to a submission, each journey to the database costs as much as its row.

PostgreSQL takes all rows as one JSON document, so that a statement over a hundred columns has one parameter; what
JSON cannot say (decimals, moments) travels as text and is read by the column's own type. SQLite, which is in the
process, is given table after table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.access.query import tagged
from app.database import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Part:
    """New rows of one table: each names the same columns, all of them that have no default in the database."""

    table: sa.Table
    rows: Sequence[Mapping[str, Any]]


def insert(parts: Sequence[Part], reason: str) -> None:
    """Write the rows of all *parts*; references among them are checked once all are there.

    :param reason: why the statement may pass the engine's guard: the caller has asked the law.
    """
    filled = [part for part in parts if part.rows]
    if db.engine.dialect.name != "postgresql":
        for part in filled:
            db.session.execute(tagged(sa.insert(part.table), reason), [dict(row) for row in part.rows])
        return
    statement = _statement(tuple((part.table, tuple(part.rows[0])) for part in filled))
    given = json.dumps([list(part.rows) for part in filled], ensure_ascii=False, default=_as_text)
    db.session.execute(tagged(statement, reason), {"given": given})


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


@lru_cache(maxsize=512)
def _statement(parts: tuple[tuple[sa.Table, tuple[str, ...]], ...]) -> sa.TextClause:
    inserts = [_insert(number, table, columns) for number, (table, columns) in enumerate(parts)]
    steps = "".join(f", part_{number} AS ({step})" for number, step in enumerate(inserts[:-1]))
    return sa.text(f"WITH given AS (SELECT CAST(:given AS jsonb) AS parts){steps} {inserts[-1]}")


def _insert(number: int, table: sa.Table, columns: tuple[str, ...]) -> str:
    quote = _DIALECT.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    typed = ", ".join(f"{quote(name)} {table.c[name].type.compile(_DIALECT)}" for name in columns)
    given = f"(SELECT parts -> {number} FROM given)"  # noqa: S608 - a number
    return f"INSERT INTO {quote(table.name)} ({names}) SELECT {names} FROM jsonb_to_recordset({given}) AS r ({typed})"  # noqa: S608 - names
