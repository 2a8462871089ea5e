"""Many records brought to the present version: the same preview, and a job that does what each single one may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require, scope_clause, select_rows, tagged
from app.database import db, unit_of_work
from app.errors import Conflict, Invalid, NotAllowed
from app.jobs import service as jobs
from app.jobs.registry import handler
from app.records.models import VOID
from app.records.projection.tables import form_table
from app.records.reading.record import read_many
from app.records.versions import carrying, counting, upgrading
from app.records.versions.surveying import Survey
from app.records.writing import amending
from app.records.writing import record as writing
from app.records.writing.editing import require_editor
from forms.answers.problems import Problem
from forms.labels import Label
from forms.versions.upgrading import ASIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.jobs.context import JobContext
    from app.jobs.models import Job
    from app.records.projection.tables import FormTable
    from app.records.reading.record import RecordView

KIND = "upgrade"
#: How many records a page looks at before it shows what an upgrade would do.
LOOKED_AT = 1_000
#: How many records can be named one by one.
MOST_NAMED = 1_000

NEW_VERSION = Label(
    "升级期间表单发布了新版本，其余记录请重新升级。",
    "The form has got another version meanwhile; upgrade the remaining records anew.",
)


def _behind(table: FormTable, number: int, ids: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    main = table.main
    found = [main.c._version < number, main.c._state != VOID, main.c._batch.is_(None)]
    return found if ids is None else [*found, main.c._id.in_(list(ids))]


def waiting(actor: Actor, form_key: str) -> int:
    """Return how many records in the actor's view are of an earlier version."""
    table = form_table(form_key)
    statement = (
        sa.select(sa.func.count())
        .select_from(table.main)
        .where(scope_clause(actor, table, "V"), *_behind(table, table.version_no, None))
    )
    return int(db.session.scalar(tagged(statement, "scoped by access.query")) or 0)


def _next(
    actor: Actor, form_key: str, ids: Sequence[str] | None, *, after: str = "", limit: int | None = None
) -> list[str]:
    """Return the next ids in the actor's view that are of an earlier version."""
    table = form_table(form_key)
    main, behind = table.main, _behind(table, table.version_no, ids)
    statement = select_rows(actor, table, "V", columns=["_id"]).where(*behind, main.c._id > after)
    rows = db.session.execute(statement.order_by(main.c._id).limit(limit or carrying.CHUNK)).mappings()
    return [row["_id"] for row in rows]


def _open(actor: Actor, view: RecordView) -> str:
    """Return why a record may not be changed by the actor; empty where it may."""
    try:
        require_editor(actor, view)
    except NotAllowed:
        return "not_allowed"
    return "" if amending.open_to(actor, view) else "state"


class Waiting:
    """The records in view of earlier versions, on their way to the present one. Raises ``NotAllowed``."""

    def __init__(self, actor: Actor, form_key: str, ids: Sequence[str] | None = None) -> None:
        self._actor, self._form_key, self._ids = actor, form_key, ids
        self._number = form_table(form_key).version_no
        require(actor, form_table(form_key).resource, "U")
        self.basis = str(self._number)
        self.total = waiting(actor, form_key) if ids is None else len(ids)

    def step(self, found: Survey, after: str, *, samples: bool) -> str:
        """Add the next records to *found*; return the id of the last, empty where there are no more."""
        actor, form_key = self._actor, self._form_key
        chunk = _next(actor, form_key, self._ids, after=after)
        if not chunk:
            return ""
        views = _changeable(actor, form_key, chunk, found)
        plans = carrying.plans(actor, form_key, [carrying.bare(view) for view in views.values()], self._number)
        found.add(actor, form_key, plans, views if samples else {})
        return chunk[-1]


counting.WALKS[counting.UPGRADE] = Waiting


def survey(actor: Actor, form_key: str, ids: Sequence[str] | None = None) -> Survey:
    """Return what upgrading the records in view that the actor may change would do. Raises ``NotAllowed``.

    Samples are of the first records; the counts are those of a job over all of them, where the actor has had it made.
    """
    walk = Waiting(actor, form_key, ids)
    found = counting.survey(walk, LOOKED_AT)
    return found if ids is not None else counting.completed(actor, form_key, counting.UPGRADE, walk, found)


def _changeable(actor: Actor, form_key: str, ids: Sequence[str], found: Survey) -> dict[str, RecordView]:
    views = read_many(actor, form_key, ids)
    reasons = {record_id: _open(actor, view) for record_id, view in views.items()}
    for reason in filter(None, reasons.values()):
        found.leave(reason)
    return {record_id: view for record_id, view in views.items() if not reasons[record_id]}


def start(actor: Actor, form_key: str, ids: Sequence[str] | None = None) -> Job:
    """Have records brought to the present version: those named, or all in view that the actor may change.

    Raises ``NotAllowed``, ``Invalid`` (too many named) and ``Conflict`` (none is of an earlier version).
    """
    table = form_table(form_key)
    require(actor, table.resource, "U")
    if ids is not None and not 0 < len(ids) <= MOST_NAMED:
        text = Label(f"请选择 1 到 {MOST_NAMED} 条记录", f"Name 1 to {MOST_NAMED} records")
        raise Invalid(errors=[Problem("ids", None, "count", text)])
    if not _next(actor, form_key, ids, limit=1):
        raise Conflict(upgrading.UP_TO_DATE, code="up_to_date", form_version=table.version_no)
    payload = {"form": form_key, "version": table.version_no, "ids": None if ids is None else list(ids)}
    total = waiting(actor, form_key) if ids is None else len(ids)
    job = jobs.enqueue(actor, KIND, payload, total)
    detail = {"form": form_key, "version": table.version_no, "records": total}
    audit.record(actor, "upgrade_started", object_type="form", object_id=form_key, detail=detail)
    return job


@handler(KIND)
def run(job: JobContext) -> dict[str, Any]:
    """Upgrade chunk by chunk, as who asked and with his rights of now; once, however often a worker is killed."""
    form_key, number = job.payload["form"], job.payload["version"]
    saved = dict(job.saved) or {"last": "", "counts": {}}
    while True:
        with unit_of_work():
            if writing.hold_form(form_key).no != number:
                raise Conflict(NEW_VERSION, code="version")
            chunk = _next(job.actor, form_key, job.payload["ids"], after=saved["last"])
            if not chunk:
                break
            counts = _chunk(job.actor, form_key, number, chunk, dict(saved["counts"]))
            saved = {"last": chunk[-1], "counts": counts}
            job.checkpoint(saved, done=sum(counts[name] for name in counts if name != "aside"))
    counts = saved["counts"]
    with unit_of_work():
        detail = {"form": form_key, "version": number, **counts}
        audit.record(job.actor, "upgrade_done", object_type="form", object_id=form_key, detail=detail)
    return {"form": form_key, "version": number, "counts": counts}


def _chunk(actor: Actor, form_key: str, number: int, ids: Sequence[str], counts: dict[str, int]) -> dict[str, int]:
    found = Survey()
    views = _changeable(actor, form_key, ids, found)
    shells = [shell for shell in carrying.shells_of(views).values() if shell.form_version_no < number]
    plans = carrying.plans(actor, form_key, shells, number)
    results = carrying.write(actor, form_key, plans, upgrading.UPGRADE)
    done = [plan for plan in plans if results[plan.shell.id] is None]
    for plan in done:
        upgrading.note(actor, form_key, plan)
    for error in filter(None, results.values()):
        found.leave(error.code or "refused")
    added = {
        "upgraded": len(done),
        "aside": sum(step.kind == ASIDE for plan in done for step in plan.done.steps),
        **found.left,
    }
    return {name: counts.get(name, 0) + added.get(name, 0) for name in {**counts, **added}}
