"""Fill the form ``demand`` with the rows of the harness: ``python -m benchmarks.fill 100k``.

Needs ``DATABASE_URL`` and ``DATA_DIR`` of the product, and the harness's ``gen`` on the path. Rows that are there
stay; the submissions of earlier runs are taken out, so that every run measures the same table.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

import gen
import sqlalchemy as sa

from app import create_app, migration
from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.builder.catalogue import compiled
from app.database import db, new_id, unit_of_work
from app.records.models import Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rebuild import entries_of
from app.records.projection.schema import create_order_indexes
from app.records.projection.tables import form_table
from app.records.writing import serials
from benchmarks import world

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
CHUNK = 2_000
STATE = "submitted"
WHY = "benchmark"
#: The clock of the harness.
CHINA = timezone(timedelta(hours=8))


def answers_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the canonical answers of a row of the harness."""
    row["number"] = row.pop("id")
    answers, problems = compiled("demand").clean(row)
    if problems:
        raise ValueError(problems[0])
    return {key: value for key, value in answers.items() if value is not None}


def moment(value: datetime) -> datetime:
    """Return a moment of the harness with its zone."""
    return value.replace(tzinfo=CHINA)


def write(rows: list[tuple[Any, ...]], owners: dict[str, tuple[int, str]]) -> None:
    """Write rows as submitted records, one revision each, and project them."""
    named = [dict(zip(gen.COLUMNS, row, strict=True)) for row in rows]
    counts: defaultdict[str, int] = defaultdict(int)
    for row in named:
        counts[row["org_code"]] += 1
    definition = compiled("demand").definition
    numbers = {
        code: iter(serials.reserve(definition, owners[code][0], owners[code][1], count))
        for code, count in counts.items()
    }
    records, revisions = [], []
    for row in named:
        owner, region = owners[row["org_code"]]
        record_id, created, updated = new_id(), moment(row["created_at"]), moment(row["updated_at"])
        records.append(
            {
                "id": record_id,
                "form_key": "demand",
                "serial": next(numbers[row["org_code"]]),
                "organization_id": owner,
                "region": region,
                "state": STATE,
                "form_version_no": 1,
                "created_at": created,
                "updated_at": updated,
                "submitted_at": updated,
            }
        )
        revisions.append(
            {
                "id": new_id(),
                "record_id": record_id,
                "no": 1,
                "form_version_no": 1,
                "answers": answers_of(row),
                "state": STATE,
                "origin": "import",
                "at": updated,
            }
        )
    db.session.execute(tagged(sa.insert(Record), WHY), records)
    db.session.execute(tagged(sa.insert(RecordRevision), WHY), revisions)
    projection.write(form_table("demand"), entries_of([record["id"] for record in records]), new=True)


def fill(count: int) -> None:
    """Bring the form to *count* rows."""
    with unit_of_work():
        clear_submissions()
    record = Record.__table__
    present = db.session.scalar(tagged(sa.select(sa.func.count()).where(record.c.form_key == "demand"), WHY)) or 0
    owners = world.organizations()
    rest = islice(gen.rows(count), present, None)
    started = time.monotonic()
    for chunk in chunks(rest):
        with unit_of_work():
            write(chunk, owners)
        present += len(chunk)
        print(f"\r{present} of {count} rows, {time.monotonic() - started:.0f} s", end="", flush=True)
    print(f"\r{present} rows of the form demand")


def chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows in lists."""
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def clear_submissions() -> None:
    """Take out what earlier runs submitted, with all that hangs on it."""
    record, table = Record.__table__, form_table("demand")
    gone = sa.select(record.c.id).where(record.c.form_key == "demand", record.c.created_by.is_not(None))
    parts = [
        (table.main, table.main.c._id),
        (table.search, table.search.c._record),
        *((part, part.c.record_id) for part in db.metadata.tables.values() if "record_id" in part.c),
    ]
    for part, key in parts:
        db.session.execute(tagged(sa.delete(part).where(key.in_(gone)), WHY))
    db.session.execute(tagged(sa.delete(record).where(record.c.id.in_(gone)), WHY))


def main() -> None:
    """Prepare schema, world and rows, then gather statistics as a server's idle hours would."""
    app = create_app()
    with app.app_context(), acting_as(system_actor("seeds")):
        migration.upgrade()
        world.build(gen.ORG)
        fill(SIZES[sys.argv[1]])
        table = form_table("demand")
        db.session.remove()
        create_order_indexes(table)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.DDL("VACUUM ANALYZE"))


if __name__ == "__main__":
    main()
