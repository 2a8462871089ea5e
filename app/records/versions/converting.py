"""Answers of all records brought to the types of a new version: tried first, done by a job, taken back by another.

Whoever publishes forms asks for it; the work is done by a part of the system that sees what is to be converted and
nothing else, for a publisher need not see any record (docs/decisions/0026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import acting_as, system_actor
from app.access.query import require, resource_allows, tagged
from app.builder.catalogue import compiled, definition, head, workflow_of
from app.database import db, new_id, unit_of_work, utcnow
from app.errors import Conflict, NotFound
from app.jobs import service as jobs
from app.jobs.registry import handler
from app.records.models import VOID, Conversion, Record, RecordRevision
from app.records.reading.record import read_many
from app.records.versions import carrying, quarantine
from app.records.versions.carrying import Motive, Plan
from app.records.versions.surveying import FieldSurvey, Survey
from app.records.writing import record as writing
from forms.labels import Label
from forms.versions.conversions import grade, stays
from forms.versions.upgrading import ASIDE, CHANGED, CONVERTED, MAPPED, Upgraded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.jobs.context import JobContext
    from app.jobs.models import Job
    from forms.compiled import CompiledForm
    from forms.definition import Definition
    from forms.workflow import Workflow

#: The fixed resource of everything designed.
DESIGN = "form_def"
DO, UNDO = "conversion", "conversion_undo"
WAITING, RUNNING, DONE, UNDOING, UNDONE, STOPPED = "waiting", "running", "done", "undoing", "undone", "stopped"
CONVERT = "convert"
#: How many records a page looks at before it shows what a conversion would do.
LOOKED_AT = 5_000
_REASON = "conversion of a form's records, asked for by who publishes it"
_TOUCHED = frozenset({CONVERTED, CHANGED, MAPPED, ASIDE})

BUSY = Label("这次转换正在进行或已撤销。", "The conversion is under way, or was taken back.")


def retyped(old: Definition, new: Definition, paths: Collection[str] | None = None) -> list[dict[str, str]]:
    """Return the fields whose answers can be converted from one version to another, with both types."""
    return [
        {"path": path, "from": old.field(path).type, "to": item.type}
        for path, item in new.walk()
        if old.has(path)
        and (paths is None or path in paths)
        and not stays(old.field(path), item)
        and grade(old.field(path).type, item.type) is not None
    ]


def _versions(form_key: str, new: Definition, paths: Collection[str]) -> list[int]:
    """Return the versions in which one of the fields has answers of another type."""
    return [number for number in range(1, head(form_key).no + 1) if retyped(definition(form_key, number), new, paths)]


def _decided(form_key: str, versions: Collection[int]) -> frozenset[str]:
    """Return the states in which somebody has approved a record, or its workflow has ended."""
    flows = (workflow_of(definition(form_key, number)) for number in versions)
    return frozenset(state for flow in flows if flow is not None for state in _approved(flow))


def _approved(flow: Workflow) -> set[str]:
    found = {state.key for state in flow.states.values() if state.final}
    found |= {verb.to for verb in flow.verbs if verb.kind == "approve"}
    while True:
        onward = {
            verb.to
            for verb in flow.verbs
            if verb.kind not in {"submit", "return", "recall"} and found & set(verb.from_)
        }
        # Where it can be changed again, nothing is decided.
        onward = {state for state in onward if state in flow.states and not flow.states[state].editable_by}
        if onward <= found:
            return found
        found |= onward


def _candidates(form_key: str, versions: Collection[int], after: str = "") -> sa.Select[Any]:
    table = Record.__table__
    return sa.select(table).where(
        table.c.form_key == form_key,
        table.c.form_version_no.in_(sorted(versions)),
        table.c.state != VOID,
        table.c.batch.is_(None),
        table.c.id > after,
    )


def _count(form_key: str, versions: Collection[int]) -> int:
    statement = sa.select(sa.func.count()).select_from(_candidates(form_key, versions).subquery())
    return int(db.session.scalar(tagged(statement, _REASON)) or 0)


class Trial:
    """Converting the records that are there to *new*, tried and not done.

    Counted over all records, whosever, as impact is; samples are of records that the actor sees, in the modes in which
    he sees them. *number*: the version that *new* is or will be. Raises ``NotAllowed``.
    """

    def __init__(self, actor: Actor, form_key: str, new: CompiledForm, number: int, basis: str) -> None:
        require(actor, DESIGN, "F")
        self._actor, self._form_key, self._new, self._number = actor, form_key, new, number
        former = [definition(form_key, no) for no in range(1, head(form_key).no + 1)]
        self._paths = {item["path"] for old in former for item in retyped(old, new.definition)}
        self._versions = [no for no in _versions(form_key, new.definition, self._paths) if no != number]
        self._sees = resource_allows(actor, head(form_key).resource, "V")
        self.basis = basis
        self.total = _count(form_key, self._versions) if self._versions else 0

    def step(self, found: Survey, after: str, *, samples: bool) -> str:
        """Add the next records to *found*; return the id of the last, empty where there are no more."""
        for path in sorted(self._paths):
            found.fields.setdefault(path, FieldSurvey(path))
        if not self._versions:
            return ""
        form_key = self._form_key
        statement = _candidates(form_key, self._versions, after).order_by(Record.__table__.c.id).limit(carrying.CHUNK)
        shells = list(db.session.execute(tagged(statement, _REASON)))
        if not shells:
            return ""
        system = system_actor("conversion")
        plans = carrying.plans(system, form_key, shells, self._number, form=self._new, computing_too=False)
        shown = samples and self._sees
        views = read_many(self._actor, form_key, [shell.id for shell in shells]) if shown else {}
        found.add(self._actor, form_key, plans, views, self._paths)
        return str(shells[-1].id)


def after_publication(
    actor: Actor, form_key: str, old: Definition | None, new: Definition, choices: Mapping[str, str]
) -> str | None:
    """Start the conversion that a publication has chosen; return its id, ``None`` where there is nothing to convert."""
    paths = {path for path, choice in choices.items() if choice == CONVERT}
    fields = retyped(old, new, paths) if old is not None and paths else []
    if not fields:
        return None
    versions = _versions(form_key, new, {item["path"] for item in fields})
    if not _count(form_key, versions):
        return None
    return _start(actor, form_key, head(form_key).no, fields, with_final=False).id


def _start(actor: Actor, form_key: str, number: int, fields: list[dict[str, str]], *, with_final: bool) -> Conversion:
    found = Conversion(
        id=new_id(),
        form_key=form_key,
        version_no=number,
        fields=fields,
        with_final=with_final,
        state=WAITING,
        counts={},
        requested_by=actor.user_id,
        requested_name=actor.name,
        created_at=utcnow(),
    )
    versions = _versions(form_key, definition(form_key, number), {item["path"] for item in fields})
    found.job_id = jobs.enqueue(actor, DO, {"conversion": found.id, "form": form_key}, _count(form_key, versions)).id
    db.session.add(found)
    detail = {"form": form_key, "version": number, "fields": [item["path"] for item in fields], "final": with_final}
    audit.record(actor, "conversion_started", object_type="conversion", object_id=found.id, detail=detail)
    db.session.flush()
    return found


def get(actor: Actor, form_key: str, conversion_id: str) -> Conversion:
    """Return a conversion of a form. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    found: Conversion | None = db.session.get(Conversion, conversion_id, populate_existing=True)
    if found is None or found.form_key != form_key:
        raise NotFound
    return found


def conversions(actor: Actor, form_key: str) -> Sequence[Conversion]:
    """Return the conversions of a form, the newest first. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    head(form_key)
    statement = sa.select(Conversion).where(Conversion.form_key == form_key)
    found: Sequence[Conversion] = db.session.scalars(
        statement.order_by(Conversion.created_at.desc(), Conversion.id.desc()).limit(100)
    ).all()
    return found


def remaining(found: Conversion) -> int:
    """Return how many records a conversion has left because they had been approved."""
    if found.with_final or found.state != DONE:
        return 0
    paths = {item["path"] for item in found.fields}
    versions = _versions(found.form_key, definition(found.form_key, found.version_no), paths)
    earlier = [number for number in versions if number < found.version_no]
    finals = _decided(found.form_key, earlier)
    if not finals:
        return 0
    rows = _candidates(found.form_key, earlier).where(Record.__table__.c.state.in_(finals)).subquery()
    return int(db.session.scalar(tagged(sa.select(sa.func.count()).select_from(rows), _REASON)) or 0)


def again(actor: Actor, form_key: str, conversion_id: str, *, with_final: bool) -> Conversion:
    """Convert what a conversion has left: records written since and, if asked, those that were approved.

    Raises ``NotAllowed``, ``NotFound`` and ``Conflict`` (it is under way).
    """
    require(actor, DESIGN, "P")
    found = get(actor, form_key, conversion_id)
    if found.state in {WAITING, RUNNING, UNDOING}:
        raise Conflict(BUSY, code="state", state=found.state)
    return _start(actor, form_key, found.version_no, found.fields, with_final=with_final)


def undo(actor: Actor, form_key: str, conversion_id: str) -> Conversion:
    """Have a conversion taken back for every record that nobody has changed since.

    Raises ``NotAllowed``, ``NotFound`` and ``Conflict`` (it is under way, or was taken back).
    """
    require(actor, DESIGN, "P")
    locked = sa.select(Conversion).where(Conversion.id == get(actor, form_key, conversion_id).id).with_for_update()
    found: Conversion = db.session.scalars(locked.execution_options(populate_existing=True)).one()
    if found.state not in {DONE, STOPPED}:
        raise Conflict(BUSY, code="state", state=found.state)
    found.state = UNDOING
    found.job_id = jobs.enqueue(
        actor, UNDO, {"conversion": found.id, "form": form_key}, found.counts.get("records", 0)
    ).id
    detail = {"form": form_key, "version": found.version_no}
    audit.record(actor, "conversion_undo_started", object_type="conversion", object_id=found.id, detail=detail)
    db.session.flush()
    return found


def _given_up(job: Job, _reason: Label) -> None:
    found = db.session.get(Conversion, job.payload["conversion"])
    if found is not None:
        found.state, found.ended_at = STOPPED, utcnow()


def _held(job: JobContext) -> Conversion:
    """Return the conversion of a job, its form held; asks again whether he who wanted it may publish."""
    require(job.actor, DESIGN, "P")
    found: Conversion | None = db.session.get(Conversion, job.payload["conversion"], populate_existing=True)
    if found is None:
        raise NotFound
    writing.hold_form(found.form_key)
    return found


@handler(DO, given_up=_given_up)
def convert(job: JobContext) -> dict[str, Any]:
    """Convert chunk by chunk: whatever was converted is of the new version, and never taken up again."""
    saved = dict(job.saved) or {"last": "", "seen": 0}
    while True:
        with unit_of_work(), acting_as(system_actor("conversion")) as system:
            found = _held(job)
            if found.state == WAITING:
                found.state = RUNNING
            last, seen, counts = _convert(system, found, job.id, saved["last"])
            if not seen:
                found.state, found.ended_at = DONE, utcnow()
                result = {"conversion": found.id, "form": found.form_key, "counts": dict(found.counts)}
                detail = {"form": found.form_key, "version": found.version_no, **found.counts}
                audit.record(job.actor, "conversion_done", object_type="conversion", object_id=found.id, detail=detail)
                return result
            found.counts = _sum(found.counts, counts)
            saved = {"last": last, "seen": saved["seen"] + seen}
            job.checkpoint(saved, done=saved["seen"])


def _convert(actor: Actor, found: Conversion, job_id: str, after: str) -> tuple[str, int, dict[str, int]]:
    """Convert the next records; return the last id, how many were looked at, and what became of them."""
    form_key, number = found.form_key, found.version_no
    paths = {item["path"] for item in found.fields}
    versions = [no for no in _versions(form_key, definition(form_key, number), paths) if no < number]
    statement = _candidates(form_key, versions, after).order_by(Record.__table__.c.id).limit(carrying.CHUNK)
    shells = list(db.session.execute(tagged(statement.with_for_update(), _REASON)))
    if not shells:
        return after, 0, {}
    finals = frozenset() if found.with_final else _decided(form_key, versions)
    counts = {"final": sum(shell.state in finals for shell in shells)}
    plans = carrying.plans(actor, form_key, [shell for shell in shells if shell.state not in finals], number)
    wanted = [plan for plan in plans if _touches(plan, paths)]
    counts["empty"] = len(plans) - len(wanted)
    motive = Motive("conversion", conversion_id=found.id, job_id=job_id, by_person=False)
    results = carrying.write(actor, form_key, wanted, motive)
    done = [plan for plan in wanted if results[plan.shell.id] is None]
    counts |= {"records": len(done), "refused": len(wanted) - len(done)}
    for plan in done:
        for step in plan.done.steps:
            if step.path in paths and step.kind in _TOUCHED:
                kind = {CONVERTED: "ok", ASIDE: "aside"}.get(step.kind, "changed")
                counts[kind] = counts.get(kind, 0) + 1
    return shells[-1].id, len(shells), counts


def _touches(plan: Plan, paths: Collection[str]) -> bool:
    return any(step.path in paths and step.kind in _TOUCHED for step in plan.done.steps)


def _sum(known: Mapping[str, int], added: Mapping[str, int]) -> dict[str, int]:
    return {name: known.get(name, 0) + added.get(name, 0) for name in {**known, **added}}


@handler(UNDO, given_up=_given_up)
def take_back(job: JobContext) -> dict[str, Any]:
    """Bring back, chunk by chunk, the answers and the version of before, where nobody has changed the record since."""
    saved = dict(job.saved) or {"last": "", "seen": 0}
    while True:
        with unit_of_work(), acting_as(system_actor("conversion")) as system:
            found = _held(job)
            last, seen, counts = _take_back(system, found, saved["last"])
            if not seen:
                found.state, found.ended_at = UNDONE, utcnow()
                detail = {"form": found.form_key, "version": found.version_no, **found.counts}
                audit.record(
                    job.actor, "conversion_undone", object_type="conversion", object_id=found.id, detail=detail
                )
                return {"conversion": found.id, "form": found.form_key, "counts": dict(found.counts)}
            found.counts = _sum(found.counts, counts)
            saved = {"last": last, "seen": saved["seen"] + seen}
            job.checkpoint(saved, done=saved["seen"])


def _take_back(actor: Actor, found: Conversion, after: str) -> tuple[str, int, dict[str, int]]:
    record, revision = Record.__table__, RecordRevision.__table__
    former = revision.alias("former")
    statement = (
        sa.select(
            revision.c.record_id,
            (record.c.head_no == revision.c.no).label("untouched"),
            former.c.form_version_no,
            former.c.answers,
        )
        .join(record, record.c.id == revision.c.record_id)
        .join(former, sa.and_(former.c.record_id == revision.c.record_id, former.c.no == revision.c.no - 1))
        .where(
            revision.c.conversion_id == found.id,
            revision.c.origin == "conversion",
            revision.c.record_id > after,
        )
        .order_by(revision.c.record_id)
        .limit(carrying.CHUNK)
    )
    rows = list(db.session.execute(tagged(statement, _REASON)))
    if not rows:
        return after, 0, {}
    back = {row.record_id: row for row in rows if row.untouched}
    shells = carrying.shells_of(back)
    plans = [_former(found.form_key, shells[record_id], row) for record_id, row in back.items()]
    motive = Motive("restore", conversion_id=found.id, by_person=False)
    results = carrying.write(actor, found.form_key, plans, motive)
    done = [record_id for record_id, error in results.items() if error is None]
    quarantine.undo(done, found.id, utcnow())
    return rows[-1].record_id, len(rows), {"undone": len(done), "kept": len(rows) - len(done)}


def _former(form_key: str, shell: Any, row: Any) -> Plan:
    old, before = compiled(form_key, shell.form_version_no), compiled(form_key, row.form_version_no)
    return Plan(shell, old, before, row.form_version_no, Upgraded(), dict(row.answers))
