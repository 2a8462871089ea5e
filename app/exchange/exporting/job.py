"""The job that writes an export: ids frozen first, then read in short chunks, every cell by the law."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app import audit
from app.access.query import require
from app.database import db, unit_of_work, utcnow
from app.errors import Conflict, Invalid, NotFound
from app.exchange import storage
from app.exchange.exporting import asking, manifest
from app.exchange.exporting.beside import Telling
from app.exchange.exporting.merging import merged
from app.exchange.exporting.rights import fingerprint, opened
from app.exchange.exporting.spreading import Spread
from app.exchange.formats import FORMATS
from app.exchange.layout import MANIFEST
from app.exchange.models import Export
from app.exchange.requests.using import approval
from app.identity.service import regions
from app.jobs.registry import handler
from app.records.lists import listing, summary
from app.records.projection.tables import form_table
from app.records.reading.record import read_many
from app.records.versions.quarantine import any_open
from forms.labels import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.exchange.formats import ExportFormat, Writer
    from app.jobs.context import JobContext
    from app.jobs.models import Job

KIND = "export"
#: How many records one statement reads; between two nothing is locked and nobody waits.
CHUNK = 500
#: How long a file can be fetched.
KEPT = timedelta(hours=72)


def _temporary(export_id: str) -> Path:
    return storage.exports() / f"{export_id}.part"


def given_up(job: Job, _reason: Label) -> None:
    """Remove what was written so far."""
    _temporary(job.payload["export"]).unlink(missing_ok=True)


@handler(KIND, given_up=given_up)
def export(job: JobContext) -> dict[str, Any]:
    """Write the file of an export. Raises ``NotAllowed`` and ``BadRequest`` where rights or form have changed."""
    found = db.session.get(Export, job.payload["export"])
    if found is None:
        raise NotFound
    if found.path is None:
        _write(job, found)
    return {"export": found.id, "rows": found.rows}


def _write(job: JobContext, found: Export) -> None:
    actor, table = job.actor, form_table(found.form_key)
    require(actor, table.resource, "E")
    spec = asking.read(actor, table, found.spec)
    kind = FORMATS[spec.format]
    rights = fingerprint(actor, found.form_key, found.version_no)
    if rights != found.rights:
        raise Conflict(Label("您的权限已有变化，请重新导出。", "Your rights have changed; make the export again."))
    approved = approval(actor, found)
    single = spec.subtables == asking.ROWS or not kind.sheets
    whole = merged(table) if spec.versions == asking.ALL else None
    plain = opened(actor, whole or table.compiled, approved)
    spread = Spread(
        whole or table.compiled,
        asking.shown(actor, table, spec, whole),
        found.language,
        {row.code: (row.name_en if found.language == "en" else "") or row.name_zh for row in regions()},
        single=single,
        counts=single and spec.subtables != asking.ROWS,
        asides=kind.sheets and any_open(found.form_key),
        opened=plain,
    )
    telling = Telling(actor, found.form_key, merged=whole is not None, approved=plain)
    begun_by = approved.asked_at if approved is not None else None
    ids = listing.ids(actor, found.form_key, q=spec.q, filters=spec.filters, begun_by=begun_by)
    if table.definition.anonymous:
        told = summary.told(table)
        ids = [each for each in ids if each in told]
    _require_room(kind, len(ids))
    job.progress(0, len(ids))
    path = _temporary(found.id)
    writer = kind.open(path, spread.sheets)
    if approved is not None:
        writer.mark(manifest.watermark(actor, approved, found.language))
    try:
        records = _rows(job, found.form_key, spread, telling, writer=writer, kind=kind, ids=ids, plain=plain)
        at = utcnow()
        lines = manifest.lines(actor, table, spec, spread, at=at, records=records, cut=writer.cut, approved=approved)
        writer.close(MANIFEST.get(found.language), lines)
    except BaseException:
        with suppress(Exception):
            writer.discard()
        path.unlink(missing_ok=True)
        raise
    name = f"{found.id}.{kind.extension}"
    size, digest = storage.settle(path, storage.exports() / name)
    with unit_of_work():
        job.checkpoint({"written": True}, done=len(ids))
        found.rows, found.manifest = records, [list(line) for line in lines]
        found.path, found.size, found.sha256, found.media_type = name, size, digest, kind.media_type
        found.name = f"{table.definition.title.get(found.language)}_{at.astimezone():%Y%m%d_%H%M}.{kind.extension}"
        found.expires_at = at + KEPT if approved is None else min(at + KEPT, approved.valid_until)
        detail = {
            "form": found.form_key,
            "format": spec.format,
            "rows": records,
            "sha256": digest,
            "filters": [str(item.get("field")) for item in spec.filters],
            "masked": sorted(spread.masked),
            "purpose": spec.purpose,
        }
        if plain:
            detail |= {"request": found.request_id, "plain": sorted(spread.plain)}
        audit.record(actor, "export", object_type="export", object_id=found.id, detail=detail)


def _rows(
    job: JobContext,
    form_key: str,
    spread: Spread,
    telling: Telling,
    *,
    writer: Writer,
    kind: ExportFormat,
    ids: list[str],
    plain: frozenset[str],
) -> int:
    """Write the rows of the frozen ids that are still in scope; return how many records."""
    records = 0
    for start in range(0, len(ids), CHUNK):
        views = read_many(job.actor, form_key, ids[start : start + CHUNK], action="E", approved=plain)
        besides = telling.of(views)
        for view in views.values():
            records += 1
            for sheet, cells in spread.lines(view, besides.get(view.id)):
                writer.row(sheet, cells)
            _require_room(kind, max(spread.rows.values()))
        # Ends the reading transaction too.
        job.progress(min(start + CHUNK, len(ids)))
    return records


def _require_room(kind: ExportFormat, rows: int) -> None:
    if kind.most_rows is not None and rows > kind.most_rows:
        raise Invalid(
            Label(
                f"超过 {kind.most_rows:,} 行，一个文件放不下，请缩小范围或改用 CSV。",
                f"More than {kind.most_rows:,} rows do not fit into one file. Narrow it down, or take CSV.",
            ),
            code="too_many_rows",
        )
