"""Serial numbers: ``<prefix>-<region>-<year>-<6 digits>``, counted per organization, form and year."""

from __future__ import annotations

import secrets
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


def reserve(form: Definition, organization_id: int, region: str, count: int = 1, year: int | None = None) -> list[str]:
    """Return the next *count* serial numbers of an organization; no two callers ever get the same."""
    year = year or today().year
    insert = insert_sqlite if db.engine.dialect.name == "sqlite" else insert_postgresql
    statement = insert(SerialCounter).values(form_key=form.key, organization_id=organization_id, year=year, last=count)
    last = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[SerialCounter.form_key, SerialCounter.organization_id, SerialCounter.year],
            set_={"last": SerialCounter.last + count},
        ).returning(sa.literal_column("last"))
    ).scalar_one()
    prefix = form.serial or form.key[:4].upper()
    return [f"{prefix}-{region}-{year}-{number:0{DIGITS}d}" for number in range(last - count + 1, last + 1)]
