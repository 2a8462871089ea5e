"""Records by the API: list, create, read, change, void, history, look-ups, attachments."""

from __future__ import annotations

import mimetypes
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Response, send_file

from app.api import schema
from app.api.routing import Answer, argument, arguments, header, operation, posted, posted_file
from app.api.strict_json import loads
from app.builder.service import definition
from app.database import unit_of_work
from app.errors import BadRequest, Invalid, language
from app.records import duplicates, files, listing, references, service
from app.records.labels import author
from app.records.summary import summary
from app.workflow import service as workflow
from forms.answers import rows_of
from forms.field_types import get as field_type
from forms.labels import Label
from forms.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.records.cells import RecordRow
    from app.records.duplicates import Other
    from app.records.reading import RecordView
    from app.records.writing import Saved
    from app.workflow.models import ReviewNote
    from forms.definition import Definition

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
SAVED = schema.shape(
    id=schema.STRING,
    serial=schema.STRING,
    state=schema.STRING,
    lock_version=schema.INTEGER,
    receipt=schema.STRING,
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


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


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


def _row(row: RecordRow | RecordView, form: Definition) -> dict[str, Any]:
    return {
        "id": row.id,
        "serial": row.serial,
        "state": row.state,
        "organization": dict(row.organization),
        "region": row.region,
        "form_version": row.form_version,
        "lock_version": row.lock_version,
        "updated_at": _moment(row.updated_at),
        "submitted_at": _moment(row.submitted_at),
        "campaign": row.campaign,
        "masked": list(row.masked),
        "answers": _with_files(form, row.answers, frozenset(row.masked)),
    }


def _with_files(form: Definition, answers: dict[str, Any], masked: frozenset[str]) -> dict[str, Any]:
    """Return answers with ids of attachments replaced by what they are."""
    wanted: set[str] = set()
    for path, field in form.walk():
        if field_type(field.type).attachment and path not in masked:
            for cell in _cells(answers, path):
                wanted.update(item for item in cell if isinstance(item, str))
    if not wanted:
        return answers
    known = {
        found.id: {"id": found.id, "name": found.name, "size": found.size, "type": found.media_type}
        for found in files.described(wanted)
    }

    def shown(path: str, value: Any) -> Any:
        if not field_type(form.field(path).type).attachment or path in masked or not isinstance(value, list):
            return value
        return [known.get(item, {"id": item}) if isinstance(item, str) else item for item in value]

    result: dict[str, Any] = {}
    for key, value in answers.items():
        if not form.has(key):
            result[key] = value
        elif form.field(key).fields:
            result[key] = [
                {
                    name: shown(f"{key}.{name}", cell) if form.has(f"{key}.{name}") else cell
                    for name, cell in row.items()
                }
                for row in rows_of(value)
            ]
        else:
            result[key] = shown(key, value)
    return result


def _cells(answers: dict[str, Any], path: str) -> list[list[Any]]:
    table, dot, key = path.rpartition(".")
    found = [row.get(key) for row in rows_of(answers.get(table))] if dot else [answers.get(key)]
    return [cell for cell in found if isinstance(cell, list)]


def _saved(saved: Saved) -> dict[str, Any]:
    return {
        "id": saved.id,
        "serial": saved.serial,
        "state": saved.state,
        "lock_version": saved.lock_version,
        "receipt": saved.receipt,
    }


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
        "records": [{**_row(row, shown), **_duplicates(others.get(row.id))} for row in found.rows],
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
        raise Invalid(errors=saved.problems, **_saved(saved))
    return _saved(saved)


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
        **_row(view, view.definition),
        **_duplicates(duplicates.of(actor, form, [record_id]).get(record_id)),
        "state_label": view.state_label.get(lang) if isinstance(view.state_label, Label) else view.state_label,
        "notes": [_note(note) for note in workflow.notes(actor, form, record_id)],
    }


def _duplicates(others: Sequence[Other] | None) -> dict[str, Any]:
    """Return the member that names the other records of a collision: there only for reviewers, only where there are."""
    if not others:
        return {}
    return {
        "duplicates": [
            {"id": item.id, "serial": item.serial, "state": item.state, "organization": item.organization}
            for item in others
        ]
    }


def _note(note: ReviewNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "field": note.field,
        "row": note.row,
        "severity": note.severity,
        "text": note.text,
        "state": note.state,
        "by": author(note.author_name),
        "at": _moment(note.at),
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
    return _saved(saved)


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
            "at": _moment(revision.at),
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
    return {"duplicates": [], **_duplicates(left)}


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


@operation(
    "POST",
    "/forms/<form>/files",
    tag="files",
    needs="CU",
    summary="Upload an attachment; its id is the field's value",
    status=201,
    upload=True,
    answer=schema.shape(id=schema.STRING, name=schema.STRING, size=schema.INTEGER, sha256=schema.STRING),
    visitors=True,
)
def upload(actor: Actor, form: str) -> Answer:
    """Store an attachment, seen by its uploader alone until a record holds it."""
    given = posted_file()
    if given is None or not posted("field"):
        raise BadRequest(Label("请提供 file 和 field。", "file and field are needed."), code="body")
    with unit_of_work():
        found = files.store(actor, form, posted("field"), given.stream, given.filename or "")
    return {"id": found.id, "name": found.name, "size": found.size, "sha256": found.sha256}


@operation(
    "GET",
    "/files/<file_id>",
    tag="files",
    summary="An attachment, by the law of the record that holds it",
    media_type="application/octet-stream",
    visitors=True,
)
def download(actor: Actor, file_id: str) -> Answer:
    """Return the bytes of an attachment, never shown in place."""
    with unit_of_work():
        found = files.open_file(actor, file_id)
    response: Response = send_file(
        files.path_of(found),
        mimetype=found.media_type or mimetypes.guess_type(found.name)[0] or "application/octet-stream",
        as_attachment=True,
        download_name=found.name,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
