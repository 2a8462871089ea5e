"""Records by the API: list, create, read, change, void, history, look-ups, attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, arguments, header, operation
from app.api.strict_json import loads
from app.builder.service import definition
from app.database import unit_of_work
from app.errors import BadRequest, Invalid, language
from app.records import service, told
from app.records.labels import author
from app.records.lists import listing
from app.records.lists.summary import summary
from app.records.writing import duplicates, references
from app.workflow import service as workflow
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

ORGANIZATION = schema.shape(id=schema.INTEGER, name=schema.STRING)
RECORD = schema.shape(
    id=schema.STRING,
    serial=schema.STRING,
    state=schema.STRING,
    organization=ORGANIZATION,
    region=schema.STRING,
    form_version=schema.INTEGER,
    lock_version=schema.INTEGER,
    updated_at=schema.STRING,
    submitted_at=schema.nullable(schema.STRING),
    campaign=schema.nullable(schema.STRING),
    masked=schema.listing(schema.STRING),
    answers=schema.OBJECT,
)
SAVED = schema.record(
    ("id", "serial", "state", "lock_version", "receipt"),
    id=schema.STRING,
    serial=schema.STRING,
    state=schema.STRING,
    lock_version=schema.INTEGER,
    receipt=schema.STRING,
    warnings=schema.listing(schema.OBJECT),
)
PARAMETERS = (
    schema.Parameter("page_size", "1 to 200, 50 by default", schema.INTEGER),
    schema.Parameter("cursor", "`next` or `previous` of another page", schema.STRING),
    schema.Parameter("from", "`end` starts at the last page", {"type": "string", "enum": ["end"]}),
    schema.Parameter("order", "A field or _state _region _updated_at _submitted_at _serial; - descends", schema.STRING),
    schema.Parameter("q", "Words to search for", schema.STRING),
    schema.Parameter("filter", 'JSON: [{"field", "op", "value"}]', schema.STRING),
    schema.Parameter("count", "`exact` counts beyond 1,001", {"type": "string", "enum": ["exact"]}),
)


def _query() -> listing.ListQuery:
    """Return the query of this request. Raises ``BadRequest`` for what cannot be understood."""
    unknown = sorted(set(arguments()) - {parameter.name for parameter in PARAMETERS})
    size = argument("page_size", "50")
    problems = [Problem(name, None, "unknown", Label("没有这个参数", "No such argument")) for name in unknown]
    if not size.isdecimal() or len(size) > 3 or not 1 <= int(size) <= 200:
        problems.append(Problem("page_size", None, "range", Label("应为 1 到 200", "Should be 1 to 200")))
    if argument("from") not in {"", "end"} or argument("count") not in {"", "exact", "capped"}:
        problems.append(Problem("from", None, "choice", Label("取值无效", "Not one of the choices")))
    filters: Any = []
    if argument("filter"):
        try:
            filters = loads(argument("filter"))
        except ValueError:
            filters = None
    if not isinstance(filters, list) or any(
        not isinstance(item, dict) or not isinstance(item.get("field"), str) or not isinstance(item.get("op"), str)
        for item in filters
    ):
        problems.append(
            Problem("filter", None, "filter", Label("应为 [{field, op, value}]", "Should be [{field, op, value}]"))
        )
    if problems:
        raise BadRequest(code="query", errors=problems)
    return listing.ListQuery(
        page_size=int(size),
        cursor=argument("cursor") or None,
        from_end=argument("from") == "end",
        order=argument("order") or None,
        q=argument("q"),
        filters=filters,
        count="exact" if argument("count") == "exact" else "capped",
    )


@operation(
    "GET",
    "/forms/<form>/records",
    tag="records",
    needs="V",
    summary="Records of a form",
    query=PARAMETERS,
    answer=schema.shape(
        count=schema.INTEGER,
        count_capped=schema.BOOLEAN,
        next=schema.nullable(schema.STRING),
        previous=schema.nullable(schema.STRING),
        records=schema.listing(RECORD),
    ),
)
def page(actor: Actor, form: str) -> Answer:
    """Return a page of the records in view."""
    found = listing.page(actor, form, _query())
    shown = definition(form)
    others = duplicates.of(actor, form, [row.id for row in found.rows if row.duplicate])
    return {
        "count": found.count,
        "count_capped": found.count_capped,
        "next": found.next,
        "previous": found.previous,
        "records": [{**told.record(row, shown), **told.collisions(others.get(row.id))} for row in found.rows],
    }


@operation(
    "GET",
    "/forms/<form>/summary",
    tag="records",
    needs="V",
    summary="Counts and averages over at least five records, for those who see none of them singly",
    query=(schema.Parameter("group", "Only records whose codes fix this answer", schema.STRING),),
    answer=schema.shape(
        records=schema.INTEGER,
        enough=schema.BOOLEAN,
        groups=schema.listing(schema.OBJECT),
        fields=schema.listing(schema.OBJECT),
    ),
)
def aggregates(actor: Actor, form: str) -> Answer:
    """Return the aggregates."""
    found = summary(actor, form, argument("group"))
    return {
        "records": found.records,
        "enough": found.enough,
        "groups": [{"value": group.value, "label": group.label} for group in found.groups],
        "fields": [
            {
                "field": item.item.key,
                "answered": item.answered,
                "choices": dict(item.choices),
                "mean": None if item.mean is None else str(item.mean),
            }
            for item in found.fields
        ],
    }


@operation(
    "POST",
    "/forms/<form>/records",
    tag="records",
    needs="C",
    summary="Create a draft, or fill and submit at once",
    status=201,
    body=schema.record(
        ("answers",),
        answers=schema.OBJECT,
        submit=schema.BOOLEAN,
        on_behalf_of=schema.nullable(schema.INTEGER),
        campaign=schema.nullable(schema.STRING),
    ),
    headers=(schema.Parameter("Idempotency-Key", "Same key and body: the same receipt", schema.STRING),),
    answer=SAVED,
    visitors=True,
)
def create(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Create a record; what a submission lacks is told, and the draft is kept."""
    with unit_of_work():
        saved = service.create(
            actor,
            form,
            body["answers"],
            submit=body.get("submit", False),
            on_behalf_of=body.get("on_behalf_of"),
            origin="api",
            idempotency_key=header("Idempotency-Key") or None,
            campaign=body.get("campaign"),
        )
    if body.get("submit") and saved.problems:
        raise Invalid(errors=saved.problems, **told.receipt(saved))
    return told.receipt(saved)


@operation(
    "GET",
    "/forms/<form>/records/<record_id>",
    tag="records",
    needs="V",
    summary="One record",
    answer=RECORD,
    visitors=True,
)
def read(actor: Actor, form: str, record_id: str) -> Answer:
    """Return a record as the actor may see it, with the reviewers' notes."""
    view = service.read(actor, form, record_id)
    lang = language()
    return {
        **told.record(view, view.definition),
        **told.collisions(duplicates.of(actor, form, [record_id]).get(record_id)),
        "state_label": view.state_label.get(lang) if isinstance(view.state_label, Label) else view.state_label,
        "notes": [told.note(note) for note in workflow.notes(actor, form, record_id)],
    }


@operation(
    "PUT",
    "/forms/<form>/records/<record_id>",
    tag="records",
    needs="U",
    summary="Change a record: absent is unchanged, null clears; stale: 409 with both values",
    body=schema.record(("lock_version", "answers"), lock_version=schema.INTEGER, answers=schema.OBJECT),
    answer=SAVED,
    visitors=True,
)
def update(actor: Actor, form: str, record_id: str, body: dict[str, Any]) -> Answer:
    """Merge changes into a record."""
    with unit_of_work():
        saved = service.update(actor, form, record_id, body["lock_version"], body["answers"], origin="api")
    return told.receipt(saved)


@operation(
    "DELETE",
    "/forms/<form>/records/<record_id>",
    tag="records",
    needs="D",
    summary="Declare a record void; it is kept",
    body=schema.record((), reason=schema.STRING, lock_version=schema.nullable(schema.INTEGER)),
    answer=schema.shape(state=schema.STRING, lock_version=schema.INTEGER),
)
def void(actor: Actor, form: str, record_id: str, body: dict[str, Any]) -> Answer:
    """Void a record."""
    with unit_of_work():
        saved = service.void(
            actor, form, record_id, body.get("reason", "").strip(), lock_version=body.get("lock_version")
        )
    return {"state": saved.state, "lock_version": saved.lock_version}


@operation(
    "GET",
    "/forms/<form>/records/<record_id>/revisions",
    tag="records",
    needs="V",
    summary="History with differences",
    answer=schema.listing(schema.OBJECT),
)
def revisions(actor: Actor, form: str, record_id: str) -> Answer:
    """Return every revision with what it changed, as the actor may see it."""
    return [
        {
            "no": revision.no,
            "form_version": revision.form_version,
            "at": told.moment(revision.at),
            "by": author(revision.by),
            "origin": revision.origin,
            "state": revision.state,
            "verb": revision.verb,
            "comment": revision.comment,
            "changes": [
                {"field": change.field, "row": change.row, "old": change.old, "new": change.new}
                for change in revision.changes
            ],
        }
        for revision in service.revisions(actor, form, record_id)
    ]


@operation(
    "POST",
    "/forms/<form>/records/<record_id>/reveal",
    tag="records",
    needs="V",
    summary="Show personal data in plain text; logged with its reason",
    body=schema.record(("fields", "reason"), fields=schema.listing(schema.STRING), reason=schema.STRING),
    answer=schema.shape(answers=schema.OBJECT),
)
def reveal(actor: Actor, form: str, record_id: str, body: dict[str, Any]) -> Answer:
    """Reveal fields."""
    with unit_of_work():
        shown = service.reveal(actor, form, record_id, body["fields"], body["reason"])
    return {"answers": shown}


@operation(
    "POST",
    "/forms/<form>/records/<record_id>/distinct",
    tag="records",
    needs="A",
    summary="Say that a record and another that a city-wide unique key takes for the same speak of two things",
    body=schema.record(("record", "note"), record=schema.STRING, note=schema.STRING),
    answer=schema.shape(duplicates=schema.listing(schema.OBJECT)),
)
def distinct(actor: Actor, form: str, record_id: str, body: dict[str, Any]) -> Answer:
    """Dismiss a suspicion; what else the record collides with is answered."""
    with unit_of_work():
        left = duplicates.dismiss(actor, form, record_id, body["record"], body["note"])
    return {"duplicates": [], **told.collisions(left)}


@operation(
    "GET",
    "/forms/<form>/lookup/<path:field>",
    tag="records",
    needs="VC",
    summary="Records that a reference field may point to",
    query=(schema.Parameter("q", "Words to search for", schema.STRING),),
    answer=schema.shape(items=schema.listing(schema.OBJECT)),
    visitors=True,
)
def lookup(actor: Actor, form: str, field: str) -> Answer:
    """Look up records for a reference field."""
    return {"items": references.lookup(actor, form, field, argument("q"))}
