"""What the operator of an installation takes out and brings in: records of a form in plain, at the command line."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from app.access.actor import OPERATOR, acting_as, system_actor
from app.database import db, unit_of_work, utcnow
from app.errors import BadRequest, Invalid
from app.exchange import service, storage
from app.exchange.models import FAILED, Export, Import
from app.jobs import running
from app.jobs.models import DONE
from forms.labels import Label

if TYPE_CHECKING:
    from pathlib import Path

    from app.access.actor import Actor

CHECKED_ONLY = Label("只作检查，没有导入。", "Checked alone, not imported.")


def take_out(form_key: str, target: Path, purpose: str) -> int:
    """Write all records of a form into a file that this account alone may read; return how many they are.

    :param target: its ending says which format; a file that is there is left as it is.
    :param purpose: kept in the file and in the audit trail.
    Raises ``NotFound`` (no such form), ``BadRequest`` (no purpose; no such format), ``Invalid`` (they do not fit into
    one file) and ``FileExistsError``.
    """
    if not purpose.strip():
        raise BadRequest(Label("请用 --purpose 写明用途。", "Say what for with --purpose."), code="purpose")
    # Opened before anything is read: nobody else's file is written over, and nobody else can read this one.
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            with acting_as(system_actor(OPERATOR)) as actor:
                spec = {"format": target.suffix.removeprefix(".").lower(), "purpose": purpose}
                with unit_of_work():
                    found = service.start_export(actor, form_key, spec)
                _end(actor, found.job_id)
                with unit_of_work():
                    made = service.export_file(actor, found.id)
                    with made.path.open("rb") as written:
                        shutil.copyfileobj(written, file)
                    # One copy in plain is enough.
                    made.path.unlink()
                    db.session.get_one(Export, found.id).path = None
        except BaseException:
            target.unlink()
            raise
        return found.rows or 0


def bring_in(form_key: str, source: Path, *, commit: bool = False, only_valid: bool = False) -> dict[str, Any]:
    """Check a file against the records of a form and, if asked, import it; return what ``service.preview`` tells.

    Raises ``NotFound`` (no such form), ``BadRequest`` (what a file cannot be) and ``Invalid`` (it cannot be read).
    """
    with acting_as(system_actor(OPERATOR)) as actor:
        with source.open("rb") as stream, unit_of_work():
            found = service.start_import(actor, form_key, stream, source.name)
        _end(actor, found.job_id)
        if commit:
            with unit_of_work():
                found = service.commit(actor, found.id, only_valid=only_valid)
            _end(actor, found.job_id)
        told = service.preview(actor, found.id)
        if not commit:
            # What was read is not kept: it is in the file that it came from.
            storage.drop_import(found.id)
            with unit_of_work():
                found = db.session.get_one(Import, found.id)
                found.state, found.failure, found.ended_at = FAILED, CHECKED_ONLY.as_dict(), utcnow()
                found.preview, found.errors = [], []
        return told


def _end(actor: Actor, job_id: str | None) -> None:
    """Run a job to its end. Raises ``Invalid`` with the reason where it does not succeed."""
    job = running.see_through(actor, job_id or "")
    if job.state != DONE:
        raise Invalid(Label.of(job.failure or {}), code="job")
