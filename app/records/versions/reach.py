"""How many records are of an earlier version of their form, whosever: what the publisher's word about them reaches."""

from __future__ import annotations

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.records.models import VOID, Record


def of_earlier(form_key: str, number: int) -> tuple[int, int]:
    """Return how many drafts, and how many records that were handed in, are of versions before *number*."""
    table = Record.__table__
    statement = sa.select(
        sa.func.count().filter(table.c.submitted_at.is_(None)),
        sa.func.count().filter(table.c.submitted_at.is_not(None)),
    ).where(
        table.c.form_key == form_key,
        table.c.form_version_no < number,
        table.c.state != VOID,
        table.c.batch.is_(None),
    )
    drafts, records = db.session.execute(tagged(statement, "counts of a form's records for who publishes it")).one()
    return drafts, records
