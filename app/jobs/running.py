"""Run jobs: as who asked for them, with his rights of now; one end each."""

from __future__ import annotations

import logging
import secrets
import threading
from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.access.actor import NoActor, acting_as, actor_for, system_actor
from app.database import db, unit_of_work
from app.errors import NO_ROOM, DomainError, no_room
from app.jobs import claiming
from app.jobs import service as jobs
from app.jobs.context import Cancelled, JobContext, LeftOff
from app.jobs.models import CANCELLED, DONE, ENDED, FAILED, RUNNING, Job
from app.jobs.registry import HANDLERS
from app.jobs.service import CANCELLED_TEXT
from forms.labels import Label

if TYPE_CHECKING:
    from flask import Flask

    from app.access.actor import Actor

log = logging.getLogger(__name__)

NO_RIGHTS = Label(
    "提交任务的账号或任职已失效，任务未执行。",
    "The account or post that asked for this no longer holds; nothing was done.",
)
#: Waiting times before a job is tried again that the database could not serve.
_BACK_OFF = timedelta(seconds=5)
#: Seconds between two looks at a job that somebody else runs.
_LOOK_AGAIN = 0.5


def actor_of(job: Job) -> Actor:
    """Return who asked for a job, with the rights that he has now. Raises :class:`~app.access.actor.NoActor`."""
    if job.actor_user_id is None:
        return system_actor(job.actor_system)
    return actor_for(job.actor_user_id, job.actor_post_id)


class _Heartbeat:
    """Prolongs a claim while its job runs; sets ``lost`` when that fails."""

    def __init__(self, app: Flask, job_id: str, token: str) -> None:
        self._app, self._job_id, self._token = app, job_id, token
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job_id}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=30)

    def _beat(self) -> None:
        with self._app.app_context():
            while not self._ended.wait(claiming.lease().total_seconds() / 3):
                try:
                    if not claiming.prolong(self._job_id, self._token):
                        return
                except OperationalError:
                    # The database was busy; the lease is three beats long.
                    log.warning("heartbeat of job %s was late", self._job_id)
                finally:
                    db.session.remove()


def unexpected(error: BaseException, job: Job) -> Label:
    """Log an error that is our own fault; return what the user is told."""
    error_id = secrets.token_hex(6)
    log.error("unexpected error %s in job %s (%s)", error_id, job.id, job.kind, exc_info=error)
    if no_room(error):
        return Label(f"{NO_ROOM.zh}错误编号 {error_id}。", f"{NO_ROOM.get('en')} Error number {error_id}.")
    return Label(
        f"任务未能完成，我们已记录。错误编号 {error_id}，请告诉管理员。",
        f"The task failed and was logged. Tell your administrator the error number {error_id}.",
    )


def told(error: DomainError) -> Label:
    """Return what the user is told of an error that he can understand."""
    parts = [error.message, *(item.message for item in error.errors[:5])]
    return Label(" ".join(part.zh for part in parts), " ".join(part.get("en") for part in parts))


def _give_up(job: Job, token: str, state: str, reason: Label) -> None:
    with unit_of_work():
        present = claiming.held(job.id, token)
        if present is not None:
            claiming.close(present, state, reason)


def _run(job: Job, token: str, stopping: threading.Event | None) -> None:
    """Do a job that is held under *token*, and write how it ended."""
    try:
        known = HANDLERS[job.kind]
        actor = actor_of(job)
        context = JobContext(
            job.id, job.kind, dict(job.payload), actor, token, dict(job.checkpoint or {}), stopping or threading.Event()
        )
        with acting_as(actor):
            result = known.run(context)
        claiming.finish(job.id, token, result)
    except LeftOff as reason:
        db.session.rollback()
        log.info("job %s left off: %s", job.id, reason)
        claiming.put_back(job.id, token, counts=False)
    except Cancelled:
        db.session.rollback()
        _give_up(job, token, CANCELLED, CANCELLED_TEXT)
    except NoActor:
        db.session.rollback()
        _give_up(job, token, FAILED, NO_RIGHTS)
    except DomainError as error:
        db.session.rollback()
        _give_up(job, token, FAILED, told(error))
    except OperationalError as error:
        db.session.rollback()
        if job.attempts < claiming.MOST_ATTEMPTS:
            log.warning("job %s is put back: %s", job.id, error)
            claiming.put_back(job.id, token, after=_BACK_OFF * job.attempts)
        else:
            _give_up(job, token, FAILED, unexpected(error, job))
    except Exception as error:  # noqa: BLE001 - whatever it was, the job must end and the worker go on
        db.session.rollback()
        _give_up(job, token, FAILED, unexpected(error, job))


def run_next(stopping: threading.Event | None = None, job_id: str | None = None) -> bool:
    """Take up the next free job, or that of *job_id*, and run it to its end; ``False`` where there is none."""
    taken = claiming.claim_next(job_id)
    if taken is None:
        return False
    job, token = taken
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for another thread
    with _Heartbeat(app, job.id, token):
        _run(job, token, stopping)
    return True


def see_through(actor: Actor, job_id: str) -> Job:
    """Return a job of the actor's own once it has ended: run here, or by the worker that was faster.

    Raises ``NotFound`` for a job of somebody else.
    """
    while True:
        found = jobs.get(actor, job_id)
        if found.state in ENDED:
            return found
        db.session.rollback()
        if not run_next(job_id=job_id):
            sleep(_LOOK_AGAIN)


def run_all() -> int:
    """Run every free job in this process; return how many there were."""
    count = 0
    while run_next():
        count += 1
    return count


def run_inline(actor: Actor, job: Job) -> Job:
    """Run a job that was just asked for, inside the unit of work of its asker, as himself.

    For work that takes less time than waiting for a worker. It ends done or failed; a failure undoes what
    it wrote and nothing else.
    """
    token = secrets.token_hex(16)
    known = HANDLERS[job.kind]
    job.state, job.claim, job.attempts = RUNNING, token, 1
    job.lease_until = job.run_after + claiming.lease()
    db.session.flush()
    reason: Label
    try:
        with db.session.begin_nested():
            result: dict[str, Any] | None = known.run(JobContext(job.id, job.kind, dict(job.payload), actor, token))
    except DomainError as error:
        reason = told(error)
    except Exception as error:  # noqa: BLE001 - the asker sees a failed job, not a page of its own
        reason = unexpected(error, job)
    else:
        db.session.refresh(job)
        job.state, job.result, job.claim, job.lease_until = DONE, result, None, None
        job.started_at, job.ended_at = job.created_at, job.created_at
        if job.total is not None:
            job.done = job.total
        db.session.flush()
        return job
    db.session.refresh(job)
    claiming.close(job, FAILED, reason)
    return job
