"""Projections made anew from the ledger: in place, or beside the present one and then exchanged for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.builder.catalogue import head
from app.builder.models import Form
from app.database import db
from app.identity.models import Organization
from app.records.lists import search
from app.records.models import Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rows import Entry
from app.records.projection.schema import create_indexes, create_tables
from app.records.projection.tables import FormTable, build, form_table, registered
from app.records.writing import parties

if TYPE_CHECKING:
    from collections.abc import Collection

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild: how many records, and which rows differed from what was there."""

    records: int
    different: tuple[str, ...]


def _statement() -> sa.Select[Any]:
    record, revision, organization = Record.__table__, RecordRevision.__table__, Organization.__table__
    source = record.join(
        revision, sa.and_(revision.c.record_id == record.c.id, revision.c.no == record.c.head_no)
    ).join(organization, organization.c.id == record.c.organization_id)
    return sa.select(
        record.c.id,
        record.c.serial,
        record.c.state,
        record.c.organization_id,
        organization.c.name.label("organization_name"),
        record.c.region,
        record.c.form_version_no.label("version_no"),
        record.c.lock_version,
        record.c.created_at,
        record.c.updated_at,
        record.c.submitted_at,
        record.c.created_by,
        revision.c.author_id.label("updated_by"),
        record.c.on_behalf_by.is_not(None).label("on_behalf"),
        record.c.flagged,
        record.c.batch,
        record.c.campaign_id.label("campaign"),
        revision.c.answers,
    ).select_from(source)


def entries_of(record_ids: Collection[str]) -> list[Entry]:
    """Return records as the projection needs them, by id."""
    statement = _statement().where(Record.__table__.c.id.in_(record_ids))
    rows = db.session.execute(tagged(statement, "projection from the ledger"))
    return [Entry(**row) for row in rows.mappings()]


def ledger(form_key: str) -> Iterator[list[Entry]]:
    """Yield every record of a form in chunks by id."""
    record = Record.__table__
    last = ""
    while True:
        statement = (
            _statement().where(record.c.form_key == form_key, record.c.id > last).order_by(record.c.id).limit(CHUNK)
        )
        rows = db.session.execute(tagged(statement, "projection from the ledger")).mappings().all()
        if not rows:
            return
        yield [Entry(**row) for row in rows]
        last = rows[-1]["id"]


def settle_parties(form_key: str) -> None:
    """Work out anew whom the records of a form concern: what says so has changed."""
    for entries in ledger(form_key):
        parties.sync(form_key, entries)


def refill(table: FormTable) -> int:
    """Project every record of a form anew, in place; return how many there are."""
    count = 0
    for entries in ledger(table.form_key):
        projection.write(table, entries, new=False)
        count += len(entries)
    return count


def _contents(part: sa.Table) -> Iterator[tuple[Any, ...]]:
    keys = list(part.primary_key.columns)
    statement = sa.select(part).order_by(*keys).execution_options(yield_per=CHUNK)
    for row in db.session.execute(tagged(statement, "rebuild compares")):
        yield tuple(row)


def _compare(old: sa.Table, new: sa.Table) -> Iterator[str]:
    """Yield the ids of rows that are not the same in both."""
    before = {row[:2] if "_record" in old.c else row[:1]: hash(repr(row)) for row in _contents(old)}
    for row in _contents(new):
        key = row[:2] if "_record" in new.c else row[:1]
        if before.pop(key, None) != hash(repr(row)):
            yield str(key[0])
    yield from (str(key[0]) for key in before)


def rebuild(form_key: str) -> Rebuilt:
    """Fill shadow tables from the ledger, compare them with the present ones, and exchange them.

    Holds the form exclusively until the unit of work ends. Raises ``NotFound``.
    """
    found = head(form_key)
    db.session.execute(sa.select(Form.key).where(Form.key == form_key).with_for_update())
    present = form_table(form_key)
    shadow = build(found, registered(form_key), name=f"data_{form_key}__shadow")
    parts = [
        (present.main, shadow.main),
        *((present.children[key], shadow.children[key]) for key in present.children),
    ]
    _drop([new.name for _, new in parts] + [shadow.search.name])
    create_tables(shadow)
    count = 0
    for entries in ledger(form_key):
        projection.write(shadow, entries, new=True)
        count += len(entries)
    different = sorted({record_id for old, new in parts for record_id in _compare(old, new)})
    _drop([old.name for old, _ in parts] + [present.search.name])
    connection = db.session.connection()
    for old, new in [*parts, (present.search, shadow.search)]:
        connection.exec_driver_sql(f'ALTER TABLE "{new.name}" RENAME TO "{old.name}"')
    _rename_indexes(present, shadow)
    create_indexes(present, rebuilt=True)
    for statement in search.side_ddl(present.search):
        connection.exec_driver_sql(statement)
    return Rebuilt(count, tuple(different))


def _drop(names: list[str]) -> None:
    for name in names:
        db.session.connection().exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"')


def _rename_indexes(present: FormTable, shadow: FormTable) -> None:
    """Give the constraints and indexes of the former shadow their usual names (PostgreSQL keeps the old ones)."""
    connection = db.session.connection()
    if connection.dialect.name != "postgresql":
        return
    names = [
        (f"{new.name}_pkey", f"{old.name}_pkey")
        for old, new in (
            (present.main, shadow.main),
            (present.search, shadow.search),
            *((present.children[key], shadow.children[key]) for key in present.children),
        )
    ]
    names += [
        (search.index_name(shadow.search.name, class_), search.index_name(present.search.name, class_))
        for class_ in search.CLASSES
    ]
    for old_name, new_name in names:
        connection.exec_driver_sql(f'ALTER INDEX IF EXISTS "{old_name[:63]}" RENAME TO "{new_name[:63]}"')
