"""What becomes of an import whose job fails or is cancelled: nothing of it stays among the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, utcnow
from app.exchange import storage
from app.exchange.importing import attachments
from app.exchange.models import CHECKING, COMMITTING, DONE, FAILED, Import
from app.records.writing import bulk

if TYPE_CHECKING:
    from app.jobs.models import Job
    from forms.labels import Label

_REASON = "import of a job that is given up"


def given_up(job: Job, reason: Label) -> None:
    """Close the import of a job in the transaction in which that is given up; nobody acts by then."""
    table = Import.__table__
    import_id = job.payload["import"]
    # A check whose work is done may be given up late, when its import is in other hands.
    mine = sa.and_(table.c.id == import_id, table.c.job_id == job.id, table.c.state.in_((CHECKING, COMMITTING)))
    row = db.session.execute(tagged(sa.select(table.c.form_key).where(mine), _REASON)).first()
    if row is None:
        return
    # Once the records are shown they are the users'; what was left is submitting them.
    shown = bool((job.checkpoint or {}).get("shown"))
    if not shown:
        attachments.unmark(import_id)
        bulk.discard(row.form_key, import_id)
        storage.drop_import(import_id)
    values = {"state": DONE if shown else FAILED, "failure": reason.as_dict(), "ended_at": utcnow()}
    db.session.execute(tagged(sa.update(table).where(table.c.id == import_id).values(**values), _REASON))
