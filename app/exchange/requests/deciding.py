"""Deciding about requests: approve, refuse, take an approval back; and withdrawing one's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import NoActor, actor_for
from app.access.query import tagged
from app.builder.catalogue import definition
from app.database import db, utcnow
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.exchange.exporting.rights import fingerprint
from app.exchange.models import RESOURCE, Export, ExportRequest
from app.exchange.requests.reach import hindrance
from app.exchange.requests.standing import (
    APPROVED,
    OPEN,
    REFUSED,
    REVOKED,
    USED,
    WHY_NOT,
    WITHDRAWN,
    standing_of,
)
from app.exchange.requests.telling import tell_asker
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor

LONGEST_NOTE = 500
ENDED = Label("这项申请已经处理过，或已失效。", "This was decided already, or is no longer valid.")


def request_of(request_id: str, *, lock: bool = False) -> ExportRequest:
    """Return a request that the actor may see: his own, or by a grant on requests. Raises ``NotFound``."""
    statement = sa.select(ExportRequest).where(ExportRequest.id == request_id)
    statement = statement.with_for_update() if lock else statement
    found: ExportRequest | None = db.session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def is_own(actor: Actor, found: ExportRequest) -> bool:
    """Tell whether the actor has asked for it, in the post in which he acts now."""
    return (found.user_id, found.post_id) == (actor.user_id, actor.post_id)


def own(actor: Actor, *, limit: int = 100) -> Sequence[ExportRequest]:
    """Return the actor's requests, the newest first."""
    statement = sa.select(ExportRequest).where(
        ExportRequest.user_id == actor.user_id, ExportRequest.post_id == actor.post_id
    )
    return _latest(statement, limit)


def of_others(actor: Actor, *, limit: int = 100) -> Sequence[ExportRequest]:
    """Return the requests of others that the actor's grants let him see, the newest first."""
    if not actor.can(RESOURCE, "V"):
        return []
    return _latest(sa.select(ExportRequest).where(ExportRequest.user_id != actor.user_id), limit)


def waiting(actor: Actor, *, limit: int = 100) -> list[ExportRequest]:
    """Return the requests that wait for the actor's decision, the oldest first."""
    if not actor.can(RESOURCE, "A"):
        return []
    statement = sa.select(ExportRequest).where(
        ExportRequest.state == OPEN, ExportRequest.valid_until >= utcnow(), ExportRequest.user_id != actor.user_id
    )
    found = db.session.scalars(statement.order_by(ExportRequest.asked_at, ExportRequest.id))
    return [one for one in found if hindrance(actor, one) is None][:limit]


def _latest(statement: sa.Select[Any], limit: int) -> Sequence[ExportRequest]:
    ordered = statement.order_by(ExportRequest.asked_at.desc(), ExportRequest.id.desc()).limit(limit)
    found: Sequence[ExportRequest] = db.session.scalars(ordered).all()
    return found


def decide(actor: Actor, request_id: str, *, approve: bool, note: str) -> ExportRequest:
    """Approve a request, refuse it, or take an approval back by refusing what was approved.

    Raises ``NotFound``, ``NotAllowed`` (``second_person``: who asked, or no grant that reaches as far), ``Invalid``
    (refused without a note) and ``Conflict`` (decided, withdrawn or expired; who asked has other rights by now).
    """
    found = request_of(request_id, lock=True)
    why_not = hindrance(actor, found)
    if why_not is not None:
        raise NotAllowed(why_not, code="second_person")
    stands = standing_of(found)
    if stands not in ({OPEN} if approve else {OPEN, APPROVED, USED}):
        raise Conflict(ENDED, code="request_state", state=stands)
    note = note.strip()
    if len(note) > LONGEST_NOTE or not (approve or note):
        text = (
            Label("不批准时请写明理由。", "Say why it is refused.")
            if not note
            else Label(f"意见最多 {LONGEST_NOTE} 个字", f"At most {LONGEST_NOTE} characters")
        )
        code = "too_long" if note else "required"
        raise Invalid(text, code="note", errors=[Problem("note", None, code, text)])
    if approve:
        _require_unchanged(found)
        found.valid_until = utcnow() + timedelta(days=found.days)
    before = found.state
    found.state = APPROVED if approve else REFUSED if before == OPEN else REVOKED
    found.note, found.decided_by, found.decided_at = note, actor.user_id, utcnow()
    if found.state == REVOKED:
        _take_files_back(found)
    _record(actor, f"export_request_{found.state}", found)
    tell_asker(found, definition(found.form_key).title)
    db.session.flush()
    return found


def withdraw(actor: Actor, request_id: str) -> ExportRequest:
    """Take one's own request back; a file made by it can be fetched no more.

    Raises ``NotFound``, ``NotAllowed`` (somebody else's), ``Conflict`` (refused, withdrawn or expired already).
    """
    found = request_of(request_id, lock=True)
    if not is_own(actor, found):
        raise NotAllowed
    stands = standing_of(found)
    if stands not in {OPEN, APPROVED, USED}:
        raise Conflict(WHY_NOT.get(stands, ENDED), code="request_state", state=stands)
    found.state = WITHDRAWN
    _take_files_back(found)
    _record(actor, "export_request_withdrawn", found)
    db.session.flush()
    return found


def _require_unchanged(found: ExportRequest) -> None:
    """Raise ``Conflict`` unless who asked has the rights that he had when he asked."""
    try:
        asker = actor_for(found.user_id, found.post_id)
    except NoActor:
        text = Label("申请人已不在任，不能批准。", "Who asked holds his post no more; this cannot be approved.")
        raise Conflict(text, code="asker_gone") from None
    if fingerprint(asker, found.form_key, found.version_no) != found.rights:
        text = Label(
            "申请人的权限或字段密级在申请后有变化，须重新申请。",
            "The rights of who asked, or classes of fields, have changed since; he has to ask again.",
        )
        raise Conflict(text, code="rights_changed")


def _take_files_back(found: ExportRequest) -> None:
    """Let the files that a request has made expire now."""
    table = Export.__table__
    statement = sa.update(table).where(table.c.request_id == found.id).values(expires_at=utcnow())
    db.session.execute(tagged(statement, "files of a request that is taken back"))


def _record(actor: Actor, event: str, found: ExportRequest) -> None:
    detail = {"form": found.form_key, "rows": found.rows, "plain": list(found.plain)}
    audit.record(actor, event, object_type="export_request", object_id=found.id, detail=detail)
