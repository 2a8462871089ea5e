"""What bringing all records to another version would do, counted over every one of them by a job.

A page looks at the first records and draws samples of them; where there are more, whoever asks has the rest counted.
The result of the job is numbers alone: it holds no answer of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from app.database import unit_of_work
from app.errors import Conflict
from app.jobs import service as jobs
from app.jobs.models import DONE, QUEUED, RUNNING
from app.jobs.registry import handler
from app.records.versions.surveying import Survey
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.jobs.context import JobContext
    from app.jobs.models import Job

KIND = "version_survey"
UPGRADE, CONVERSION = "upgrade", "conversion"
OTHER_BASIS = Label(
    "试算期间表单或草稿有改动，请重新试算。",
    "The form or its draft has changed meanwhile; count anew.",
)


class Walk(Protocol):
    """A way through all records that a survey is about. ``basis`` names what it is computed from."""

    @property
    def basis(self) -> str:
        """What the counts hold for: another draft or another version has another basis."""

    @property
    def total(self) -> int:
        """How many records there are."""

    def step(self, found: Survey, after: str, *, samples: bool) -> str:
        """Add the next records to *found*; return the id of the last, empty where there are no more."""


#: By what is surveyed: how its records are walked through.
WALKS: dict[str, Callable[[Actor, str], Walk]] = {}


def survey(walk: Walk, most: int | None) -> Survey:
    """Return a survey with samples of the first *most* records, of all without."""
    found, after = Survey(total=walk.total), ""
    while most is None or found.records + sum(found.left.values()) < most:
        after = walk.step(found, after, samples=True)
        if not after:
            break
    found.records += sum(found.left.values())
    return found.finish()


def _payload(form_key: str, of: str, walk: Walk) -> dict[str, Any]:
    return {"form": form_key, "of": of, "basis": walk.basis}


def start(actor: Actor, form_key: str, of: str) -> Job:
    """Have every record counted; one count that is under way already is returned instead of another.

    Raises what the walk raises for who may not.
    """
    walk = WALKS[of](actor, form_key)
    payload = _payload(form_key, of, walk)
    return _latest(actor, payload, {QUEUED, RUNNING}) or jobs.enqueue(actor, KIND, payload, walk.total)


def _latest(actor: Actor, payload: dict[str, Any], states: set[str]) -> Job | None:
    found = (job for job in jobs.mine(actor) if job.kind == KIND and job.state in states)
    return next((job for job in found if job.payload == payload), None)


def completed(actor: Actor, form_key: str, of: str, walk: Walk, found: Survey) -> Survey:
    """Return a survey that looked at some records with the counts over all of them, where the actor had these made."""
    if found.complete:
        return found
    payload = _payload(form_key, of, walk)
    going = _latest(actor, payload, {QUEUED, RUNNING})
    if going is not None:
        return replace(found, job=going.id)
    done = _latest(actor, payload, {DONE})
    # Records have come or gone since: what was counted does not hold any more.
    if done is None or not done.result or done.result["records"] != found.total:
        return found
    return replace(found.counted(done.result), counted_at=done.ended_at)


@handler(KIND)
def run(job: JobContext) -> dict[str, Any]:
    """Count chunk by chunk, as who asked and with his rights of now; a killed worker's count goes on where it was."""
    form_key, of = job.payload["form"], job.payload["of"]
    while True:
        with unit_of_work():
            walk = WALKS[of](job.actor, form_key)
            if walk.basis != job.payload["basis"]:
                raise Conflict(OTHER_BASIS, code="basis")
            found = Survey().counted(job.saved) if job.saved else Survey()
            last = walk.step(found, str(job.saved.get("last", "")), samples=False)
            seen = found.records + sum(found.left.values())
            saved = {**found.numbers(), "last": last}
            job.checkpoint(saved, done=seen, total=max(walk.total, seen))
        if not last:
            return {"form": form_key, "of": of, **found.numbers(), "records": seen}
