"""Hand in what an import has written and what lacks nothing, as the one who imports would himself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.database import db, unit_of_work
from app.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from app.exchange.importing import staging
from app.exchange.importing.parsing import Remark
from app.records import service
from forms.labels import Label

if TYPE_CHECKING:
    from app.exchange.models import Import
    from app.jobs.context import JobContext

#: Submissions of one unit of work.
PIECE = 20
_UNSUBMITTED = "unsubmitted-{:08d}.jsonl"


def submit(job: JobContext, found: Import) -> None:
    """Submit the complete records of an import that are shown; one that cannot be stays a draft, with the reason."""
    if not found.submit:
        return
    waiting = [item for item in staging.pieces(found.id) if item.get("whole")]
    count = int(job.saved.get("submitted", 0))
    for first in range(int(job.saved.get("tried", 0)), len(waiting), PIECE):
        piece = waiting[first : first + PIECE]
        refused: list[dict[str, Any]] = []
        with unit_of_work():
            for item in piece:
                try:
                    with db.session.begin_nested():
                        service.submit(job.actor, found.form_key, item["id"], item["lock_version"])
                except (Conflict, Invalid, NotAllowed, NotFound) as error:
                    refused.append(_note(item, error))
            done = count + len(piece) - len(refused)
            staging.write(found.id, _UNSUBMITTED.format(first), refused)
            job.checkpoint({**job.saved, "tried": first + len(piece), "submitted": done})
        count = done


def _note(item: dict[str, Any], error: DomainError) -> dict[str, Any]:
    parts = [problem.message for problem in error.errors] or [error.message]
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.get("en") for part in parts)
    text = Label(f"已存为草稿，未提交：{zh}", f"Kept as a draft, not submitted: {en}")
    return Remark(item["sheet"], item["row"], "", "not_submitted", text, "warning").as_dict()


def notes(import_id: str) -> list[dict[str, Any]]:
    """Return why records were not submitted."""
    return staging.matching(import_id, _UNSUBMITTED)
