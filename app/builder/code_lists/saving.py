"""Saving a code list that others may be changing too; where the order changes, records are ordered anew by a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.access.query import require
from app.builder import service
from app.builder.catalogue import definitions
from app.builder.models import CodeListRow
from app.database import db, unit_of_work
from app.errors import Conflict, NotFound
from app.jobs import service as jobs
from forms.files.loading import parse_code_list
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from app.jobs.context import JobContext
    from app.jobs.models import Job

KIND = "code_list"
STALE = Label("码表已被他人修改，请核对后再改。", "Somebody else has changed the list. Look, then change it.")


def code_list(actor: Actor, key: str) -> CodeListRow:
    """Return a code list as it is stored. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, service.DESIGN, "V")
    found: CodeListRow | None = db.session.get(CodeListRow, key)
    if found is None:
        raise NotFound
    return found


def create(actor: Actor, key: str, raw: Mapping[str, Any]) -> None:
    """Create a code list. Raises ``NotAllowed``, ``Conflict`` where there is one of this key, ``Invalid``."""
    require(actor, service.DESIGN, "F")
    if db.session.get(CodeListRow, key) is not None:
        raise Conflict(
            Label(f"码表“{key}”已经存在。", f"There is a code list {key!r} already."), code="code_list_exists"
        )
    service.save_code_list(actor, key, dict(raw))


def save(actor: Actor, key: str, stamp: int, raw: Mapping[str, Any]) -> Job | None:
    """Save the list that was at *stamp* when its editor read it: at once, or by the job returned.

    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` (saved by somebody else meanwhile), ``Invalid``.
    """
    require(actor, service.DESIGN, "F")
    found = db.session.get(CodeListRow, key, populate_existing=True)
    if found is None:
        raise NotFound
    if found.stamp != stamp:
        text = Label(
            "码表已被他人修改，请核对后再改。", "Somebody else has changed the list. Look at it, then change it."
        )
        raise Conflict(text, code="stale")
    before, after = parse_code_list(key, found.items), parse_code_list(key, raw)
    used = any(field.codelist == key for form in definitions().values() for _, field in form.walk())
    if used and service.moved(before, after):
        return jobs.enqueue(actor, KIND, {"code_list": key, "stamp": stamp, "content": dict(raw)})
    service.save_code_list(actor, key, dict(raw))
    return None


@jobs.handler(KIND)
def run(job: JobContext) -> dict[str, Any]:
    """Save a list whose options have other places, and order the records of every form that uses it by them."""
    payload = job.payload
    with unit_of_work():
        found = db.session.get(CodeListRow, payload["code_list"], populate_existing=True)
        if found is None:
            raise NotFound
        if job.saved:
            return dict(job.saved)
        if found.stamp != payload["stamp"]:
            text = Label(
                "码表已被他人修改，请核对后再改。", "Somebody else has changed the list. Look at it, then change it."
            )
            raise Conflict(text, code="stale")
        service.save_code_list(job.actor, payload["code_list"], payload["content"])
        result = {"code_list": payload["code_list"]}
        job.checkpoint(result)
    return result
