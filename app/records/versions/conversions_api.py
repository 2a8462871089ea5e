"""Conversions of a form's answers by the API: tried, looked at, taken back; and what is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, operation
from app.builder.publishing.dry_run import dry_run
from app.builder.service import DESIGN
from app.database import unit_of_work
from app.records.versions import converting, counting, quarantine, set_aside
from app.records.versions.api import SURVEY, aside_answer, survey_answer

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.models import Conversion

CONVERSION = schema.shape(
    id=schema.STRING,
    version=schema.INTEGER,
    fields=schema.listing(schema.OBJECT),
    final=schema.BOOLEAN,
    state=schema.STRING,
    counts=schema.OBJECT,
    job=schema.nullable(schema.STRING),
    by=schema.STRING,
    at=schema.STRING,
    ended_at=schema.nullable(schema.STRING),
)
STARTED = schema.shape(conversion=schema.STRING, job=schema.nullable(schema.STRING))


def _conversion(found: Conversion) -> dict[str, Any]:
    return {
        "id": found.id,
        "version": found.version_no,
        "fields": found.fields,
        "final": found.with_final,
        "state": found.state,
        "counts": found.counts,
        "job": found.job_id,
        "by": found.requested_name,
        "at": found.created_at.isoformat(),
        "ended_at": found.ended_at.isoformat() if found.ended_at is not None else None,
    }


@operation(
    "GET",
    "/forms/<form>/dry-run",
    tag="versions",
    needs="F",
    resource=DESIGN,
    summary="What publishing the draft would do to answers whose field gets another type; nothing is written",
    answer=SURVEY,
)
def trial(actor: Actor, form: str) -> Answer:
    """Return counts of all records, and samples of those in view."""
    return survey_answer(dry_run(actor, form))


@operation(
    "POST",
    "/forms/<form>/dry-run/count",
    tag="versions",
    needs="F",
    resource=DESIGN,
    summary="Have the dry run counted over all records, as a job; its result is numbers alone",
    status=202,
    answer=schema.shape(job=schema.STRING),
)
def count_trial(actor: Actor, form: str) -> Answer:
    """Count, or return the count that is under way; the dry run then has the counts of it."""
    with unit_of_work():
        return {"job": counting.start(actor, form, counting.CONVERSION).id}


@operation(
    "GET",
    "/forms/<form>/conversions",
    tag="versions",
    needs="F",
    resource=DESIGN,
    summary="The conversions of a form, the newest first",
    answer=schema.shape(conversions=schema.listing(CONVERSION)),
)
def conversions(actor: Actor, form: str) -> Answer:
    """Return what was converted, how far it is and how it ended."""
    return {"conversions": [_conversion(found) for found in converting.conversions(actor, form)]}


@operation(
    "GET",
    "/forms/<form>/conversions/<conversion_id>",
    tag="versions",
    needs="F",
    resource=DESIGN,
    summary="One conversion",
    answer=CONVERSION,
)
def conversion(actor: Actor, form: str, conversion_id: str) -> Answer:
    """Return a conversion."""
    return _conversion(converting.get(actor, form, conversion_id))


@operation(
    "POST",
    "/forms/<form>/conversions/<conversion_id>/undo",
    tag="versions",
    needs="P",
    resource=DESIGN,
    summary="Take a conversion back for every record that nobody has changed since, as a job",
    status=202,
    answer=STARTED,
)
def undo(actor: Actor, form: str, conversion_id: str) -> Answer:
    """Take a conversion back."""
    with unit_of_work():
        found = converting.undo(actor, form, conversion_id)
    return {"conversion": found.id, "job": found.job_id}


@operation(
    "POST",
    "/forms/<form>/conversions/<conversion_id>/again",
    tag="versions",
    needs="P",
    resource=DESIGN,
    summary="Convert what a conversion has left: records written since and, if asked, approved ones; as a job",
    status=202,
    body=schema.record((), final=schema.BOOLEAN),
    answer=STARTED,
)
def again(actor: Actor, form: str, conversion_id: str, body: dict[str, Any]) -> Answer:
    """Convert the rest."""
    with unit_of_work():
        found = converting.again(actor, form, conversion_id, with_final=bool(body.get("final")))
    return {"conversion": found.id, "job": found.job_id}


@operation(
    "GET",
    "/forms/<form>/quarantine",
    tag="versions",
    needs="V",
    summary="Answers that did not fit their field's new type, of records in view",
    query=(schema.Parameter("after", "`next` of another page", schema.STRING),),
    answer=schema.shape(
        total=schema.INTEGER, next=schema.nullable(schema.STRING), records=schema.listing(schema.OBJECT)
    ),
)
def aside(actor: Actor, form: str) -> Answer:
    """Return what is set aside, record by record."""
    found = set_aside.page(actor, form, after=argument("after"))
    return {
        "total": quarantine.counted(form),
        "next": found.next or None,
        "records": [
            {"id": view.id, "serial": view.serial, "aside": [aside_answer(item) for item in items], "editable": open_}
            for view, items, open_ in found.records
        ],
    }
