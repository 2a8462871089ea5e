"""Serial numbers: ``<prefix>-<region>-<year>-<6 digits>``, counted per organization, form and year."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from app.access.actor import today
from app.database import db
from app.records.models import SerialCounter

if TYPE_CHECKING:
    from forms.definition import Definition

DIGITS = 6


def unordered(form: Definition, region: str) -> str:
    """Return a serial number that tells nothing of when, and of how many came before."""
    prefix = form.serial or form.key[:4].upper()
    return f"{prefix}-{region}-{today().year}-{secrets.token_hex(5).upper()}"


@lru_cache(maxsize=2)
def _counting(dialect: str) -> sa.Executable:
    """Return the statement that counts on, put together once for a database; it takes the row and ``last``."""
    table = SerialCounter.__table__
    insert = insert_sqlite if dialect == "sqlite" else insert_postgresql
    # Under other names than the columns': an upsert keeps those for itself.
    names = {column.name: sa.bindparam(f"new_{column.name}", type_=column.type) for column in table.c}
    statement = insert(table).values(names)
    return statement.on_conflict_do_update(
        index_elements=[table.c.form_key, table.c.organization_id, table.c.year],
        set_={"last": table.c.last + names["last"]},
    ).returning(sa.literal_column("last"))


def reserve(form: Definition, organization_id: int, region: str, count: int = 1, year: int | None = None) -> list[str]:
    """Return the next *count* serial numbers of an organization; no two callers ever get the same."""
    year = year or today().year
    row = {"form_key": form.key, "organization_id": organization_id, "year": year, "last": count}
    given = {f"new_{name}": value for name, value in row.items()}
    last = db.session.execute(_counting(db.engine.dialect.name), given).scalar_one()
    prefix = form.serial or form.key[:4].upper()
    return [f"{prefix}-{region}-{year}-{number:0{DIGITS}d}" for number in range(last - count + 1, last + 1)]
