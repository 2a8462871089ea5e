"""Ask for long work, look how far it is, cancel it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.database import db, new_id, utcnow
from app.errors import NotFound
from app.jobs.models import CANCELLED, ENDED, QUEUED, Job
from app.jobs.registry import HANDLERS, handler
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor

__all__ = ["cancel", "enqueue", "get", "handler", "mine"]

_SYSTEM = "system:"
CANCELLED_TEXT = Label("已取消。", "Cancelled.")


def enqueue(actor: Actor, kind: str, payload: dict[str, Any], total: int | None = None) -> Job:
    """Have a worker do *kind* with *payload*, as *actor* will be by then, once the present unit of work is committed.

    :param payload: JSON. Keys and ids, never personal data.
    """
    job = Job(
        id=new_id(),
        kind=kind,
        state=QUEUED,
        actor_user_id=actor.user_id,
        actor_post_id=actor.post_id,
        actor_system=actor.name.removeprefix(_SYSTEM) if actor.kind == "system" else "",
        payload=payload,
        total=total,
        done=0,
    )
    db.session.add(job)
    db.session.flush()
    return job


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.user_id is not None:
        return Job.actor_user_id == actor.user_id
    if actor.kind == "system":
        return sa.and_(Job.actor_user_id.is_(None), Job.actor_system == actor.name.removeprefix(_SYSTEM))
    return sa.false()


def get(actor: Actor, job_id: str) -> Job:
    """Return a job that the actor asked for. Raises ``NotFound`` for any other."""
    statement = sa.select(Job).where(Job.id == job_id, _own(actor)).execution_options(populate_existing=True)
    found: Job | None = db.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def mine(actor: Actor, *, limit: int = 50) -> Sequence[Job]:
    """Return the jobs that the actor asked for, the newest first."""
    statement = sa.select(Job).where(_own(actor)).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
    found: Sequence[Job] = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    return found


def cancel(actor: Actor, job_id: str) -> Job:
    """Cancel a job: at once while it waits, at its next report while it runs; one that has ended stays as it is.

    Raises ``NotFound`` for a job of somebody else.
    """
    found = get(actor, job_id)
    if found.state in ENDED:
        return found
    waiting = (
        sa.update(Job)
        .where(Job.id == job_id, Job.state == QUEUED)
        .values(state=CANCELLED, failure=CANCELLED_TEXT.as_dict(), ended_at=utcnow())
        .returning(Job.id)
    )
    if db.session.execute(waiting.execution_options(synchronize_session=False)).scalar_one_or_none() is None:
        asked = sa.update(Job).where(Job.id == job_id, Job.state.not_in(ENDED)).values(cancel_requested=True)
        db.session.execute(asked.execution_options(synchronize_session=False))
        return get(actor, job_id)
    known = HANDLERS.get(found.kind)
    if known is not None and known.given_up is not None:
        known.given_up(found, CANCELLED_TEXT)
    return get(actor, job_id)
