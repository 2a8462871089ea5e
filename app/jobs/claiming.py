"""Who runs a job: claims that expire, so that a killed worker's job is taken up again and ends once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app

from app.database import db, unit_of_work, utcnow
from app.jobs.models import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job
from app.jobs.registry import HANDLERS
from app.jobs.service import CANCELLED_TEXT
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

#: A job that killed its worker so often is given up.
MOST_ATTEMPTS = 5
LEASE_SECONDS = 60
GIVEN_UP = Label("多次尝试均未完成，请联系管理员。", "Several attempts did not finish it. Ask your administrator.")


def lease() -> timedelta:
    """Return how long a claim is good without a heartbeat."""
    return timedelta(seconds=float(current_app.config.get("JOB_LEASE_SECONDS", LEASE_SECONDS)))


def _free(now: datetime) -> sa.ColumnElement[bool]:
    waiting = sa.and_(Job.state == QUEUED, Job.run_after <= now)
    abandoned = sa.and_(Job.state == RUNNING, Job.lease_until < now)
    return sa.or_(waiting, abandoned)


def claim_next(job_id: str | None = None) -> tuple[Job, str] | None:
    """Take the oldest job that is free, for the length of a lease; ``None`` where there is none.

    :param job_id: this job and no other.

    Two workers never take the same one: SQLite has one writer, PostgreSQL skips rows that another locks.
    """
    token = secrets.token_hex(16)
    with unit_of_work():
        now = utcnow()
        _give_up_abandoned(now)
        oldest = (
            sa.select(Job.id)
            .where(_free(now), Job.id == job_id if job_id is not None else sa.true())
            .order_by(Job.created_at, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        statement = (
            sa.update(Job)
            .where(Job.id == oldest)
            .values(
                state=RUNNING,
                claim=token,
                lease_until=now + lease(),
                heartbeat_at=now,
                started_at=sa.func.coalesce(Job.started_at, now),
                attempts=Job.attempts + 1,
            )
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        job_id = db.session.execute(statement).scalar_one_or_none()
        if job_id is None:
            return None
        job = db.session.get_one(Job, job_id, populate_existing=True)
    return job, token


def _give_up_abandoned(now: datetime) -> None:
    statement = (
        sa.select(Job)
        .where(
            Job.state == RUNNING,
            Job.lease_until < now,
            sa.or_(Job.attempts >= MOST_ATTEMPTS, Job.cancel_requested),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    for job in db.session.scalars(statement).all():
        close(job, CANCELLED if job.cancel_requested else FAILED, CANCELLED_TEXT if job.cancel_requested else GIVEN_UP)


def close(job: Job, state: str, reason: Label) -> None:
    """Write the end of a job that did not succeed, and let its kind tidy up; in the present unit of work."""
    job.state = state
    job.failure = reason.as_dict()
    job.claim = None
    job.lease_until = None
    job.ended_at = utcnow()
    db.session.flush()
    known = HANDLERS.get(job.kind)
    if known is not None and known.given_up is not None:
        known.given_up(job, reason)


def held(job_id: str, token: str) -> Job | None:
    """Return the job if it is still held under this claim, locked for the present unit of work."""
    statement = (
        sa.select(Job)
        .where(Job.id == job_id, Job.claim == token, Job.state == RUNNING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: Job | None = db.session.scalar(statement)
    return found


def prolong(job_id: str, token: str) -> bool:
    """Renew a claim; ``False`` where it is lost."""
    now = utcnow()
    with unit_of_work():
        statement = (
            sa.update(Job)
            .where(Job.id == job_id, Job.claim == token, Job.state == RUNNING)
            .values(heartbeat_at=now, lease_until=now + lease())
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        return db.session.execute(statement).scalar_one_or_none() is not None


def finish(job_id: str, token: str, result: dict[str, Any] | None) -> bool:
    """Write the success of a job, once: ``False`` where the claim is lost."""
    with unit_of_work():
        job = held(job_id, token)
        if job is None:
            return False
        job.state, job.result, job.claim, job.lease_until = DONE, result, None, None
        job.ended_at = utcnow()
        if job.total is not None:
            job.done = job.total
    return True


def put_back(job_id: str, token: str, *, after: timedelta | None = None, counts: bool = True) -> None:
    """Let another run take the job up.

    :param counts: whether the attempt counts: not where the worker was told to stop.
    """
    with unit_of_work():
        job = held(job_id, token)
        if job is None:
            return
        job.state, job.claim, job.lease_until = QUEUED, None, None
        job.run_after = utcnow() + (after or timedelta())
        if not counts:
            job.attempts -= 1
