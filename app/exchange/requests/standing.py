"""How a request stands: what was decided, and what has become of it since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, utcnow
from app.exchange.models import Export
from app.jobs.models import CANCELLED, FAILED, Job
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.exchange.models import ExportRequest

#: What a request's ``state`` holds.
OPEN, APPROVED, REFUSED, WITHDRAWN, REVOKED = "open", "approved", "refused", "withdrawn", "revoked"
#: What follows from an approved or open one: its time is over, or its file was made.
EXPIRED, USED = "expired", "used"
STANDINGS = (OPEN, APPROVED, USED, REFUSED, WITHDRAWN, REVOKED, EXPIRED)
#: One approval, one file; it can be fetched again as long as it is kept.
USES = 1

#: Why nothing can be exported by a request that stands so.
WHY_NOT = {
    OPEN: Label("申请尚未批准。", "The request has not been approved yet."),
    REFUSED: Label("申请未获批准。", "The request was refused."),
    WITHDRAWN: Label("申请已撤回。", "The request was withdrawn."),
    REVOKED: Label("批准已被收回。", "The approval was taken back."),
    EXPIRED: Label("申请已过有效期，请重新申请。", "The request has expired; ask again."),
    USED: Label(
        "一次批准只生成一个文件，文件已生成；再次导出请重新申请。",
        "One approval makes one file, and it has been made; ask again for another.",
    ),
}


def uses(request_ids: Collection[str]) -> dict[str, int]:
    """Return how many files were made, or are being made, by each request; what failed does not count."""
    if not request_ids:
        return {}
    export = Export.__table__
    spoiled = Job.state.in_((FAILED, CANCELLED))
    statement = (
        sa.select(export.c.request_id, sa.func.count())
        .select_from(export.outerjoin(Job, Job.id == export.c.job_id))
        .where(export.c.request_id.in_(list(request_ids)), sa.or_(Job.id.is_(None), sa.not_(spoiled)))
        .group_by(export.c.request_id)
    )
    return dict(db.session.execute(tagged(statement, "uses of requests that the actor has found")).all())


def standing(found: ExportRequest, used: int) -> str:
    """Return how a request stands now, of :data:`STANDINGS`.

    :param used: how many files it has made, of :func:`uses`.
    """
    if found.state == APPROVED and used >= USES:
        return USED
    if found.state in {OPEN, APPROVED} and found.valid_until < utcnow():
        return EXPIRED
    return found.state


def standing_of(found: ExportRequest) -> str:
    """Return how one request stands now."""
    return standing(found, uses([found.id]).get(found.id, 0))
