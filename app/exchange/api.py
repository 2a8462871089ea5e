"""Workbooks by the API: template, import in two steps, export as a job."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Response, send_file

from app.api import schema
from app.api.routing import Answer, operation, posted_file
from app.database import unit_of_work
from app.errors import BadRequest, language
from app.exchange import service
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _workbook(content: bytes, name: str) -> Response:
    response: Response = send_file(BytesIO(content), mimetype=WORKBOOK, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@operation(
    "GET",
    "/forms/<form>/template.xlsx",
    tag="exchange",
    needs="C",
    summary="The workbook to fill in",
    media_type=WORKBOOK,
)
def template(actor: Actor, form: str) -> Answer:
    """Return an empty workbook of the form."""
    return _workbook(service.template(actor, form, language()), f"{form}.xlsx")


@operation(
    "POST",
    "/forms/<form>/exports",
    tag="exchange",
    needs="E",
    summary="Export as a job; every cell by the law. With an approved request: what that asked for, in plain",
    status=202,
    body=schema.record(
        (),
        format={"type": "string", "enum": ["xlsx", "csv"]},
        filter=schema.nullable(schema.listing(schema.OBJECT)),
        columns=schema.nullable(schema.listing(schema.STRING)),
        purpose=schema.STRING,
        subtables={"type": "string", "enum": ["sheets", "rows"]},
        versions={"type": "string", "enum": ["present", "all"]},
        q=schema.STRING,
        request=schema.nullable(schema.STRING),
    ),
    answer=schema.shape(export=schema.STRING, job=schema.STRING),
)
def export(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Start an export."""
    with unit_of_work():
        found = service.start_export(actor, form, body)
    return {"export": found.id, "job": found.job_id}


@operation(
    "GET",
    "/exports/<export_id>/file",
    tag="exchange",
    summary="The exported file; 409 while not done",
    media_type="application/octet-stream",
)
def export_file(actor: Actor, export_id: str) -> Answer:
    """Return the file of an export to the one who asked for it, if he still may have it."""
    with unit_of_work():
        found = service.export_file(actor, export_id)
    response: Response = send_file(found.path, mimetype=found.media_type, as_attachment=True, download_name=found.name)
    response.headers["Cache-Control"] = "no-store"
    return response


@operation(
    "POST",
    "/forms/<form>/imports",
    tag="exchange",
    needs="C",
    summary="Upload a filled workbook; it is checked by a job",
    status=202,
    upload=True,
    answer=schema.shape(**{"import": schema.STRING, "job": schema.STRING}),
)
def import_workbook(actor: Actor, form: str) -> Answer:
    """Start an import."""
    given = posted_file()
    if given is None:
        raise BadRequest(Label("请选择文件。", "A file is needed."), code="body")
    with unit_of_work():
        found = service.start_import(actor, form, given.stream, given.filename or "")
    return {"import": found.id, "job": found.job_id}


@operation(
    "GET",
    "/imports/<import_id>",
    tag="exchange",
    summary="What an import would do, and what is wrong with it",
    answer=schema.shape(
        state={"type": "string", "enum": ["checking", "ready", "committing", "done", "failed"]},
        counts=schema.OBJECT,
        preview=schema.listing(schema.OBJECT),
        errors=schema.listing(schema.OBJECT),
    ),
)
def preview(actor: Actor, import_id: str) -> Answer:
    """Return the preview of an import."""
    found: dict[str, Any] = service.preview(actor, import_id)
    return found


@operation(
    "POST",
    "/imports/<import_id>/commit",
    tag="exchange",
    summary="Take the rows over",
    status=202,
    body=schema.record((), only_valid=schema.BOOLEAN, submit=schema.BOOLEAN),
    answer=schema.shape(job=schema.STRING),
)
def commit(actor: Actor, import_id: str, body: dict[str, Any]) -> Answer:
    """Commit an import."""
    with unit_of_work():
        found = service.commit(
            actor, import_id, only_valid=body.get("only_valid", False), submit=body.get("submit", False)
        )
    return {"job": found.job_id}


@operation(
    "GET",
    "/imports/<import_id>/errors.xlsx",
    tag="exchange",
    summary="The uploaded workbook with its errors written in",
    media_type=WORKBOOK,
)
def errors(actor: Actor, import_id: str) -> Answer:
    """Return the workbook with errors."""
    return _workbook(service.errors_workbook(actor, import_id), "errors.xlsx")
