"""Workbooks in and out: templates, exports, imports. Nothing here commits; the work itself is done by jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require
from app.builder.catalogue import head
from app.database import db, new_id, utcnow
from app.errors import BadRequest, Conflict, Invalid, NotAllowed, NotFound, language
from app.exchange import storage
from app.exchange.exporting import asking
from app.exchange.exporting import job as exporting
from app.exchange.exporting.rights import fingerprint
from app.exchange.importing import annotating, checking, committing, previewing, staging
from app.exchange.models import CHECKING, COMMITTING, DONE, READY, Export, Import
from app.exchange.requests import using
from app.exchange.template import sheets_to_fill, workbook
from app.jobs import service as jobs
from app.records.files import clean_name
from app.records.projection.tables import form_table
from app.records.writing import owners
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

    from app.access.actor import Actor

KINDS = ("xlsx", "csv")
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be sent."""

    path: Path
    name: str
    media_type: str


def template(actor: Actor, form_key: str, lang: str) -> bytes:
    """Return the empty workbook of a form. Raises ``NotFound``, ``NotAllowed`` (he may not fill it)."""
    table = form_table(form_key)
    owners.require_filler(actor, table.definition)
    return workbook(sheets_to_fill(actor, table, lang), lang)


def start_export(actor: Actor, form_key: str, spec: Mapping[str, Any]) -> Export:
    """Have an export made: ``format, filter, q, columns, purpose, subtables``; or ``request`` alone.

    :param spec: with ``request``, the id of an approved request, what that asked for is exported, in plain.

    Raises ``NotFound``, ``NotAllowed`` (needs view and export), ``BadRequest`` (what *spec* cannot ask for) and
    ``Conflict`` (the request does not hold).
    """
    table = form_table(form_key)
    require(actor, table.resource, "E")
    by_request = None
    if spec.get("request") is not None:
        if sum(value is not None for value in spec.values()) > 1:
            text = Label(
                "申请已定下导出内容，不能再带其他条件。",
                "The request says what is exported; nothing else can be asked with it.",
            )
            raise BadRequest(text, code="fixed_by_request")
        by_request = using.begin(actor, str(spec["request"]), form_key)
        spec = by_request.spec
    asked = asking.read(actor, table, spec)
    found = Export(
        id=new_id(),
        form_key=form_key,
        version_no=table.version_no,
        request_id=by_request.id if by_request is not None else None,
        user_id=actor.user_id,
        post_id=actor.post_id,
        organization_id=actor.organization_id,
        spec=asked.as_dict(),
        language=language(),
        rights=fingerprint(actor, form_key, table.version_no),
        expires_at=utcnow() + exporting.KEPT,
    )
    found.job_id = jobs.enqueue(actor, exporting.KIND, {"export": found.id}).id
    db.session.add(found)
    detail = {"form": form_key, "format": asked.format, "purpose": asked.purpose, **_request_of(found)}
    audit.record(actor, "export_started", object_type="export", object_id=found.id, detail=detail)
    db.session.flush()
    return found


def _request_of(found: Export) -> dict[str, str]:
    return {} if found.request_id is None else {"request": found.request_id}


def export_file(actor: Actor, export_id: str) -> Download:
    """Return the file of an export to who asked for it, and count that he took it.

    Raises ``NotFound`` (somebody else's; expired), ``NotAllowed`` (may not export any more) and ``Conflict`` (not
    done yet; his rights have changed since; the request that it was made by does not hold any more).
    """
    found = db.session.scalar(sa.select(Export).where(Export.id == export_id).execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    require(actor, head(found.form_key).resource, "E")
    if found.expires_at < utcnow():
        raise NotFound(
            Label("导出文件已过期，请重新导出。", "The file has expired; make the export again."), code="expired"
        )
    if found.path is None:
        raise Conflict(Label("导出尚未完成，请稍候。", "The export is not done yet."), code="not_done")
    if fingerprint(actor, found.form_key, found.version_no) != found.rights:
        text = Label("您的权限已有变化，请重新导出。", "Your rights have changed; make the export again.")
        raise Conflict(text, code="rights_changed")
    using.approval(actor, found)
    path = storage.exports() / found.path
    if not path.is_file():
        raise NotFound
    found.downloads += 1
    detail = {"form": found.form_key, "rows": found.rows, **_request_of(found)}
    audit.record(actor, "export_fetched", object_type="export", object_id=found.id, detail=detail)
    return Download(path, found.name, found.media_type)


def start_import(actor: Actor, form_key: str, stream: IO[bytes], filename: str) -> Import:
    """Keep an uploaded workbook and have it checked.

    Raises ``NotFound``, ``NotAllowed`` (may not fill the form) and ``BadRequest`` (no such kind of file; too large).
    """
    table = form_table(form_key)
    owners.require_filler(actor, table.definition)
    kind = filename.rpartition(".")[2].lower()
    if kind not in KINDS:
        text = Label(
            "请上传 .xlsx 或 .csv 文件。旧版 .xls 请在 Excel 中另存为 .xlsx。",
            "Upload an .xlsx or .csv file. Save an old .xls as .xlsx first.",
        )
        raise BadRequest(text, code="file_kind")
    import_id = new_id()
    try:
        size, digest = storage.keep_upload(stream, staging.upload_of(import_id, kind))
    except BaseException:
        storage.drop_import(import_id)
        raise
    found = Import(
        id=import_id,
        form_key=form_key,
        version_no=table.version_no,
        user_id=actor.user_id,
        post_id=actor.post_id,
        organization_id=actor.organization_id,
        name=clean_name(filename)[-LONGEST_NAME:],
        kind=kind,
        size=size,
        sha256=digest,
        state=CHECKING,
    )
    found.job_id = jobs.enqueue(actor, checking.KIND, {"import": import_id}).id
    db.session.add(found)
    detail = {"form": form_key, "size": size, "sha256": digest}
    audit.record(actor, "import_started", object_type="import", object_id=import_id, detail=detail)
    db.session.flush()
    return found


def _import(actor: Actor, import_id: str, *, lock: bool = False) -> Import:
    """Return an import of the actor's own. Raises ``NotFound``, ``NotAllowed``."""
    statement = sa.select(Import).where(Import.id == import_id)
    statement = statement.with_for_update() if lock else statement
    found: Import | None = db.session.scalar(statement.execution_options(populate_existing=True))
    if found is None or found.organization_id != actor.organization_id:
        raise NotFound
    owners.require_filler(actor, form_table(found.form_key).definition)
    return found


def preview(actor: Actor, import_id: str) -> dict[str, Any]:
    """Return what an import would do, or has done: ``state, counts, preview, errors``, its ``job`` and ``error``.

    Raises ``NotFound`` for somebody else's.
    """
    found = _import(actor, import_id)
    lang = language()
    return {
        "form": found.form_key,
        "state": found.state,
        "counts": found.counts,
        "preview": previewing.read(found.preview, lang),
        "errors": [{**item, "message": Label.of(item["message"]).get(lang)} for item in found.errors],
        "error": found.error,
        "job": found.job_id,
    }


def commit(actor: Actor, import_id: str, *, only_valid: bool = False, submit: bool = False) -> Import:
    """Have the checked rows imported.

    :param only_valid: leave out those with errors; without it, any error refuses the whole.
    :param submit: hand in at once what lacks nothing.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (not checked yet, or imported already; the form has a new
    version) and ``Invalid`` (there are errors).
    """
    found = _import(actor, import_id, lock=True)
    table = form_table(found.form_key)
    if submit and not actor.can(table.resource, "S"):
        raise NotAllowed
    if found.state != READY:
        text = Label(
            "这个文件不在待导入状态，可能已经导入。", "The file is not waiting to be imported; perhaps it has been."
        )
        raise Conflict(text, code="state", state=found.state)
    if found.version_no != table.version_no:
        raise Conflict(committing.NEW_VERSION, code="version")
    errors = found.counts.get("errors", 0)
    if errors and not only_valid:
        text = Label(
            f"有 {errors} 行错误。请改正后重新上传，或选择只导入无错的行。",
            f"{errors} row(s) have errors. Mend them and upload again, or import the valid rows only.",
        )
        raise Invalid(text, code="errors_left", counts=found.counts)
    found.state, found.only_valid, found.submit, found.ended_at = COMMITTING, only_valid, submit, None
    found.job_id = jobs.enqueue(actor, committing.KIND, {"import": found.id, "language": language()}).id
    detail = {"form": found.form_key, "only_valid": only_valid, "submit": submit}
    audit.record(actor, "import_committed", object_type="import", object_id=found.id, detail=detail)
    db.session.flush()
    return found


def errors_workbook(actor: Actor, import_id: str) -> bytes:
    """Return the uploaded workbook with its errors written in. Raises ``NotFound``, ``Conflict`` (not checked yet)."""
    found = _import(actor, import_id)
    if found.state == CHECKING:
        raise Conflict(
            Label("文件尚在检查，请稍候。", "The file is still being checked."), code="state", state=found.state
        )
    if found.state not in {READY, COMMITTING, DONE}:
        raise NotFound
    return annotating.workbook(found, language())
