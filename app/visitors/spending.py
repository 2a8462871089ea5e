"""A code is spent by the record that is handed in with it, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, lock_words
from app.errors import Conflict
from app.records.hooks import register_visits
from app.visitors.arriving import REFUSED
from app.visitors.models import VisitCode, VisitSession

if TYPE_CHECKING:
    from app.access.actor import Actor

_code, _session = VisitCode.__table__, VisitSession.__table__
_REASON = "the code of a visitor who writes"


def written(actor: Actor, record_id: str, *, submitted: bool) -> None:
    """Note what a visitor has written: a draft hangs on his code, a record that is handed in spends it.

    Raises ``Conflict`` where the code was spent meanwhile, or holds another draft.
    """
    visit = actor.visit
    if visit is None:
        return
    mine = _code.c.digest == visit.code
    batch = db.session.scalar(tagged(sa.select(_code.c.batch_id).where(mine), _REASON))
    lock_words("visit", str(batch))
    held = sa.select(_code.c.spent, _code.c.record_id).where(mine).with_for_update()
    row = db.session.execute(tagged(held, _REASON)).first()
    if row is None or row.spent or row.record_id not in {None, record_id}:
        raise Conflict(REFUSED, code="visit_code")
    if not submitted:
        db.session.execute(tagged(sa.update(_code).where(mine).values(record_id=record_id), _REASON))
        return
    # Every code of the batch is written anew, so that the database's own marks (which transaction wrote a row) tell
    # no more of this code than of its neighbours.
    spent = sa.case((mine, sa.true()), else_=_code.c.spent)
    kept = sa.case((mine, sa.null()), else_=_code.c.record_id)
    every = sa.update(_code).where(_code.c.batch_id == batch).values(spent=spent, record_id=kept)
    db.session.execute(tagged(every, _REASON))
    db.session.execute(tagged(sa.delete(_session).where(_session.c.code == visit.code), _REASON))


def register() -> None:
    """Join the records slice, which imports none of this."""
    register_visits(written)
