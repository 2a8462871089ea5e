"""Records and the versions of their form by the API: upgrades, and what is asked no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, operation
from app.builder import ends
from app.builder.service import DESIGN
from app.database import unit_of_work
from app.errors import Invalid, language
from app.records import service
from app.records.versions import counting, quarantine, reach, upgrade_jobs, upgrading
from forms.answers.problems import Problem
from forms.labels import Label
from forms.versions.words import change_lines

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.versions.quarantine import Aside
    from app.records.versions.surveying import Survey
    from app.records.versions.upgrading import Preview, ShownStep
    from forms.definition import Definition

STEP = schema.shape(
    field=schema.STRING,
    label=schema.STRING,
    row=schema.nullable(schema.INTEGER),
    kind=schema.STRING,
    old=schema.OBJECT,
    new=schema.OBJECT,
    masked=schema.BOOLEAN,
)
COUNTS = schema.OBJECT
PREVIEW = schema.shape(
    **{"from": schema.INTEGER, "class": schema.STRING},
    to=schema.INTEGER,
    changes=schema.listing(schema.STRING),
    counts=COUNTS,
    steps=schema.listing(STEP),
    required=schema.listing(schema.OBJECT),
    possible=schema.BOOLEAN,
)
SURVEY = schema.shape(
    records=schema.INTEGER,
    total=schema.INTEGER,
    complete=schema.BOOLEAN,
    counted_at=schema.nullable(schema.STRING),
    job=schema.nullable(schema.STRING),
    left=COUNTS,
    fields=schema.listing(schema.OBJECT),
)


def label_of(old: Definition, new: Definition, path: str, lang: str) -> str:
    """Return what a field is called; one that is no more, as it was called then."""
    form = new if new.has(path) else old
    return form.field(path).label.get(lang) if form.has(path) else path


def _step(step: ShownStep, old: Definition, new: Definition) -> dict[str, Any]:
    lang = language()
    found = {
        "field": step.path,
        "label": label_of(old, new, step.path, lang),
        "row": step.row,
        "kind": step.kind,
        "old": step.old,
        "new": step.new,
        "masked": step.masked,
    }
    return {**found, "reason": step.reason.get(lang)} if step.reason is not None else found


def _preview(found: Preview) -> dict[str, Any]:
    lang = language()
    return {
        "from": found.from_no,
        "to": found.to_no,
        "class": found.change_class,
        "changes": change_lines(found.old, found.new, lang),
        "counts": found.counts,
        "steps": [_step(step, found.old, found.new) for step in found.steps],
        "required": [
            {"field": path, "row": row, "label": label_of(found.old, found.new, path, lang)}
            for path, row in found.required
        ],
        "possible": found.state_known,
    }


def survey_answer(found: Survey) -> dict[str, Any]:
    """Return a survey as JSON."""
    return {
        "records": found.records,
        "total": found.total,
        "complete": found.complete,
        "counted_at": found.counted_at.isoformat() if found.counted_at is not None else None,
        "job": found.job or None,
        "left": found.left,
        "fields": [
            {
                "field": path,
                "counts": item.counts,
                "ok": item.ok,
                "changed": item.changed,
                "aside": item.aside,
                "samples": [
                    {"record": sample.record_id, "serial": sample.serial, **_step(sample.step, sample.old, sample.new)}
                    for sample in item.samples
                ],
            }
            for path, item in found.fields.items()
        ],
    }


@operation(
    "GET",
    "/forms/<form>/records/<record_id>/upgrade",
    tag="versions",
    needs="U",
    summary="What bringing a record to the present version would do",
    answer=PREVIEW,
)
def preview(actor: Actor, form: str, record_id: str) -> Answer:
    """Return what stays, what changes, what would be set aside and what is asked no more."""
    return _preview(upgrading.preview(actor, form, record_id))


@operation(
    "POST",
    "/forms/<form>/records/<record_id>/upgrade",
    tag="versions",
    needs="U",
    summary="Bring a record to the present version: a new revision, nothing lost",
    body=schema.record(("lock_version",), lock_version=schema.INTEGER),
    answer=schema.shape(id=schema.STRING, form_version=schema.INTEGER, lock_version=schema.INTEGER),
)
def upgrade(actor: Actor, form: str, record_id: str, body: dict[str, Any]) -> Answer:
    """Upgrade a record."""
    with unit_of_work():
        saved = upgrading.upgrade(actor, form, record_id, body["lock_version"])
    view = service.read(actor, form, record_id)
    return {"id": saved.id, "form_version": view.form_version, "lock_version": saved.lock_version}


ENDS = schema.shape(
    no=schema.INTEGER,
    force_after=schema.nullable(schema.STRING),
    sealed=schema.BOOLEAN,
    drafts=schema.INTEGER,
    records=schema.INTEGER,
)


def _ends(form_key: str, found: ends.Ends) -> dict[str, Any]:
    drafts, records = reach.of_earlier(form_key, found.no)
    day = found.force_after.isoformat() if found.force_after else None
    return {"no": found.no, "force_after": day, "sealed": found.sealed, "drafts": drafts, "records": records}


@operation(
    "GET",
    "/forms/<form>/ends",
    tag="versions",
    needs="V",
    resource=DESIGN,
    summary="How long the versions before the present one go on, and how many drafts and records are of them",
    answer=ENDS,
)
def read_ends(actor: Actor, form: str) -> Answer:
    """Return the day for drafts and the seal."""
    return _ends(form, ends.of_form(actor, form))


@operation(
    "PUT",
    "/forms/<form>/ends",
    tag="versions",
    needs="P",
    resource=DESIGN,
    summary="Set the last day on which drafts are filled under an earlier version; seal what was handed in under one",
    body=schema.record(("force_after", "sealed"), force_after=schema.nullable(schema.STRING), sealed=schema.BOOLEAN),
    answer=ENDS,
)
def write_ends(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Set both; null takes the day back."""
    with unit_of_work():
        found = ends.set_ends(actor, form, force_after=ends.day_of(body["force_after"]), is_sealed=body["sealed"])
    return _ends(form, found)


@operation(
    "GET",
    "/forms/<form>/records/<record_id>/unasked",
    tag="versions",
    needs="V",
    summary="What a record was asked before and is asked no more; answers that are set aside",
    answer=schema.shape(unasked=schema.listing(schema.OBJECT), aside=schema.listing(schema.OBJECT)),
)
def unasked(actor: Actor, form: str, record_id: str) -> Answer:
    """Return the drawer of a record, under the labels of then."""
    view = service.read(actor, form, record_id)
    lang = language()
    return {
        "unasked": [
            {
                "field": item.path,
                "label": label_of(item.definition, item.definition, item.path, lang),
                "form_version": item.version_no,
                "value": item.value,
                "masked": item.masked,
            }
            for item in upgrading.unasked(actor, form, view)
        ],
        "aside": [aside_answer(item) for item in quarantine.of_views(actor, form, [view]).get(view.id, [])],
    }


def aside_answer(item: Aside) -> dict[str, Any]:
    """Return an answer that is set aside as JSON."""
    return {
        "id": item.id,
        "field": item.path,
        "row": item.row,
        "raw": item.text,
        "masked": item.masked,
        "from": item.from_type,
        "to": item.to_type,
        "form_version": item.from_version_no,
        "reason": item.reason.get(language()),
        "at": item.at.isoformat(),
    }


@operation(
    "GET",
    "/forms/<form>/upgrades",
    tag="versions",
    needs="U",
    summary="What bringing all records of earlier versions to the present one would do",
    answer=SURVEY,
)
def survey(actor: Actor, form: str) -> Answer:
    """Return counts and samples of the records in view that the actor may change."""
    return survey_answer(upgrade_jobs.survey(actor, form))


@operation(
    "POST",
    "/forms/<form>/upgrades/count",
    tag="versions",
    needs="U",
    summary="Have what upgrades would do counted over all records, as a job; its result is numbers alone",
    status=202,
    answer=schema.shape(job=schema.STRING),
)
def count_upgrades(actor: Actor, form: str) -> Answer:
    """Count, or return the count that is under way; the preview then has the counts of it."""
    with unit_of_work():
        return {"job": counting.start(actor, form, counting.UPGRADE).id}


@operation(
    "POST",
    "/forms/<form>/upgrades",
    tag="versions",
    needs="U",
    summary="Bring many records to the present version, as a job",
    status=202,
    body=schema.record((), ids=schema.nullable(schema.listing(schema.STRING))),
    answer=schema.shape(job=schema.STRING),
)
def upgrade_many(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Upgrade the records named, or all in view."""
    ids = body.get("ids")
    if ids is not None and not all(isinstance(item, str) for item in ids):
        raise Invalid(errors=[Problem("ids", None, "type", Label("应为一列记录编号", "A list of ids of records"))])
    with unit_of_work():
        job = upgrade_jobs.start(actor, form, ids)
    return {"job": job.id}
