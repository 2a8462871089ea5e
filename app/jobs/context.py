"""What a running job knows, and how it tells how far it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.database import db, unit_of_work
from app.jobs.models import RUNNING, Job

if TYPE_CHECKING:
    from app.access.actor import Actor


class LeftOff(Exception):
    """The run ends here and is not the job's end: the claim was lost, or the worker stops."""


class Cancelled(Exception):
    """The one who asked for the job does not want it any more."""


@dataclass(slots=True)
class JobContext:
    """One run of a job."""

    id: str
    kind: str
    payload: dict[str, Any]
    actor: Actor
    claim: str
    saved: dict[str, Any] = field(default_factory=dict)
    #: Set when the worker is to stop; a job that reports progress is then put back and goes on elsewhere.
    stopping: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the work is. Raises :class:`LeftOff` or :class:`Cancelled` where it shall not go on."""
        self._note(done=done, **({} if total is None else {"total": total}))

    def checkpoint(self, saved: dict[str, Any], *, done: int | None = None, total: int | None = None) -> None:
        """Keep where to go on, in the present unit of work; with progress, if given. Raises as :meth:`progress`."""
        values = {name: value for name, value in (("done", done), ("total", total)) if value is not None}
        self._note(checkpoint=saved, **values)
        self.saved = saved

    def _note(self, **values: Any) -> None:
        with unit_of_work():
            statement = (
                sa.update(Job)
                .where(Job.id == self.id, Job.claim == self.claim, Job.state == RUNNING)
                .values(**values)
                .returning(Job.cancel_requested)
                .execution_options(synchronize_session=False)
            )
            cancel = db.session.execute(statement).scalar_one_or_none()
            if cancel is None:
                raise LeftOff("the claim is lost")
            if cancel:
                raise Cancelled
        if self.stopping.is_set():
            raise LeftOff("the worker stops")
