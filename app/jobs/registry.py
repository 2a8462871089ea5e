"""Which function does which kind of job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.jobs.context import JobContext
    from app.jobs.models import Job
    from forms.labels import Label

Run = Callable[["JobContext"], "dict[str, Any] | None"]
#: Called in the transaction in which a job is given up, with the reason.
GivenUp = Callable[["Job", "Label"], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """What does a kind of job, and what tidies up where it could not."""

    run: Run
    given_up: GivenUp | None = None


HANDLERS: dict[str, Handler] = {}


def handler(kind: str, *, given_up: GivenUp | None = None) -> Callable[[Run], Run]:
    """Register the decorated function for jobs of *kind*.

    It is called with a :class:`~app.jobs.context.JobContext`, as the actor who asked, with his rights of now.
    What it returns is the job's result. It may be called again after a crash: it does its work in units of
    work that each write the checkpoint from which the next call goes on.

    :param given_up: called when the job fails for good or is cancelled.
    """

    def register(run: Run) -> Run:
        HANDLERS[kind] = Handler(run, given_up)
        return run

    return register
