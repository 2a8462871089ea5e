"""The job that imports what was checked: staged in pieces where nobody sees it, then shown all at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.database import db, unit_of_work, utcnow
from app.errors import Conflict, DomainError, NotFound
from app.exchange.importing import attachments, staging, submitting, unfinished
from app.exchange.importing.judging import CHANGED, NEW
from app.exchange.models import COMMITTING, DONE, Import
from app.identity.models import Organization
from app.jobs.registry import handler
from app.records.projection.tables import form_table
from app.records.reading.looks import Looks
from app.records.writing import bulk, matching
from app.records.writing.amending import Amendment, amend
from app.records.writing.record import Saved
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.exchange.importing.staging import Row
    from app.jobs.context import JobContext

KIND = "import_commit"
#: Rows of one unit of work while they are staged.
PIECE = 500
SHOWN_ERRORS = 200

NEW_VERSION = Label(
    "表单已发布新版本，请重新上传检查。", "A new version of the form was published; upload the file again."
)
MEANWHILE = Label(
    "检查之后记录有了变化，没有导入任何内容，请重新上传检查。",
    "Records have changed since the check. Nothing was imported; upload the file again.",
)
APPEARED = Label(
    "检查之后本单位有了相同的记录，这一行没有导入",
    "Your organization has got the same record since the check; not imported",
)
STALE = Label(
    "检查之后这条记录已被修改，这一行没有导入", "The record was changed since the check; this row was not imported"
)


@handler(KIND, given_up=unfinished.given_up)
def commit(job: JobContext) -> dict[str, Any]:
    """Import the rows of an import; called again, it goes on where it was.

    Raises ``Conflict`` where what was checked does not hold any more, and ``NotAllowed``.
    """
    found = db.session.get(Import, job.payload["import"])
    if found is None:
        raise NotFound
    if found.state != COMMITTING:
        return {"import": found.id}
    if form_table(found.form_key).version_no != found.version_no:
        raise Conflict(NEW_VERSION, code="version")
    rows = list(staging.rows(found.id))
    new = [row for row in rows if row.record is None]
    changed = [row for row in rows if row.record is not None]
    job.progress(int(job.saved.get("staged", 0)), len(rows))
    if not job.saved.get("shown"):
        _stage(job, found, new)
        _show(job, found, new, changed)
    _amend_others(job, found, changed, len(new))
    submitting.submit(job, found)
    return _finish(job, found)


def _pieces(rows: Sequence[Row], start: int) -> Iterator[tuple[int, Sequence[Row]]]:
    for first in range(start, len(rows), PIECE):
        yield first, rows[first : first + PIECE]


@contextmanager
def _looking(job: JobContext, found: Import) -> Iterator[Looks]:
    """Give a unit of work whose looks at what is behind masks are logged, though it comes to nothing."""
    looks = Looks()
    try:
        with unit_of_work():
            yield looks
            looks.log(job.actor, found.form_key, found.id)
    except Conflict:
        with unit_of_work():
            looks.log(job.actor, found.form_key, found.id)
        raise


def _stage(job: JobContext, found: Import, new: Sequence[Row]) -> None:
    """Write the new drafts where nobody sees them; those that the organization has got meanwhile are left out."""
    for first, piece in _pieces(new, int(job.saved.get("staged", 0))):
        with _looking(job, found) as looks:
            whose = [row.organization for row in piece]
            answers = [row.answers for row in piece]
            matches = matching.by_unique(job.actor, found.form_key, answers, whose, looks=looks)
            fresh = [row for row, match in zip(piece, matches, strict=True) if match is None]
            late = [row for row, match in zip(piece, matches, strict=True) if match is not None]
            if late and not found.only_valid:
                raise Conflict(MEANWHILE, code="stale")
            saved = bulk.create_many(
                job.actor,
                found.form_key,
                [row.answers for row in fresh],
                batch=found.id,
                on_behalf_of=[row.organization for row in fresh],
            )
            written = list(zip(fresh, saved, strict=True))
            attachments.mark(job.actor, form_table(found.form_key).compiled, written, job.payload.get("language", "zh"))
            # Before the commit: written again if it does not come to that.
            staging.write_piece(found.id, first, written, [(row, "appeared", APPEARED) for row in late])
            job.checkpoint({"staged": first + len(piece)}, done=first + len(piece))


def _show(job: JobContext, found: Import, new: Sequence[Row], changed: Sequence[Row]) -> None:
    """Make everything visible in one unit of work, with the changes of records that were there."""
    with _looking(job, found) as looks:
        # Two imports of one organization must see each other's records.
        whose = {row.organization or job.actor.organization_id for row in new} or {job.actor.organization_id}
        held = sa.select(Organization.id).where(Organization.id.in_(whose)).order_by(Organization.id)
        db.session.execute(held.with_for_update(key_share=True))
        known = staging.written(found.id)
        staged = [row for row in new if (row.sheet, row.row) in known]
        owners = [row.organization for row in staged]
        answers = [row.answers for row in staged]
        if any(matching.by_unique(job.actor, found.form_key, answers, owners, looks=looks)):
            raise Conflict(MEANWHILE, code="stale")
        first = changed[: bulk.MOST_ROWS]
        _amend(job, found, first, len(new))
        bulk.show(job.actor, found.form_key, found.id)
        job.checkpoint({"staged": len(new), "shown": True, "amended": len(first)}, done=len(new) + len(first))


def _amend(job: JobContext, found: Import, rows: Sequence[Row], place: int) -> None:
    """Change records that were there; those that have changed since the check stay as they are."""
    wanted = [Amendment(row.record or "", row.lock_version or 0, row.answers) for row in rows]
    results = list(zip(rows, amend(job.actor, found.form_key, wanted), strict=True))
    late = [(row, *_why(result)) for row, result in results if isinstance(result, DomainError)]
    if late and not found.only_valid:
        raise Conflict(MEANWHILE, code="stale")
    staging.write_piece(found.id, place, [(row, saved) for row, saved in results if isinstance(saved, Saved)], late)


def _amend_others(job: JobContext, found: Import, changed: Sequence[Row], place: int) -> None:
    """Change those for which the first unit of work had no room."""
    for first, piece in _pieces(changed, int(job.saved["amended"])):
        with unit_of_work():
            _amend(job, found, piece, place + first)
            job.checkpoint({**job.saved, "amended": first + len(piece)}, done=place + first + len(piece))


def _why(error: DomainError) -> tuple[str, Label]:
    if isinstance(error, Conflict | NotFound):
        return "stale", STALE
    return error.code, error.errors[0].message if error.errors else error.message


def _finish(job: JobContext, found: Import) -> dict[str, Any]:
    pieces = staging.pieces(found.id)
    late = [item["note"] for item in pieces if "note" in item]
    kept = [item for item in pieces if "id" in item]
    created = sum(item["new"] for item in kept)
    late += submitting.notes(found.id)
    staging.write(found.id, staging.LATE, late)
    staging.write(found.id, staging.RECORDS, kept)
    result = {NEW: created, CHANGED: len(kept) - created, "submitted": int(job.saved.get("submitted", 0))}
    with unit_of_work():
        job.checkpoint(job.saved)
        errors = found.counts.get("errors", 0) + sum(item["level"] == "error" for item in late)
        found.counts = {**found.counts, **result, "errors": errors}
        found.errors = [*late, *found.errors][:SHOWN_ERRORS]
        found.state, found.ended_at = DONE, utcnow()
        detail = {"form": found.form_key, **result}
        audit.record(job.actor, "import", object_type="import", object_id=found.id, detail=detail)
    staging.drop_content(found.id)
    return {"import": found.id, **result}
