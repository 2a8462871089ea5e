"""Attachments by the API: upload, download."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from flask import Response, send_file

from app.api import schema
from app.api.routing import Answer, operation, posted, posted_file
from app.database import unit_of_work
from app.errors import BadRequest
from app.records import files
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor


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
