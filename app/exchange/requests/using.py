"""What an approved request opens: asked anew when an export begins, when it is written and when it is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.access.actor import account_of
from app.database import utcnow
from app.errors import Conflict, NotFound
from app.exchange.exporting.rights import fingerprint
from app.exchange.requests.deciding import is_own, request_of
from app.exchange.requests.standing import APPROVED, EXPIRED, USED, WHY_NOT, standing_of
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.exchange.models import Export, ExportRequest

CHANGED = Label(
    "申请之后您的权限或字段密级已有变化，请重新申请。",
    "Your rights, or classes of fields, have changed since you asked; ask again.",
)


@dataclass(frozen=True, slots=True)
class Approval:
    """What a request lets leave in plain: these paths, of records that were there when it was asked."""

    number: str
    plain: frozenset[str]
    asked_at: datetime
    valid_until: datetime
    decided_at: datetime | None
    decided_by: str


def begin(actor: Actor, request_id: str, form_key: str) -> ExportRequest:
    """Return a request of the actor's own by which he may export now, locked: one approval makes one file.

    Raises ``NotFound`` (somebody else's, another form's), ``Conflict`` (not approved, expired, used; rights changed).
    """
    found = request_of(request_id, lock=True)
    if not is_own(actor, found) or found.form_key != form_key:
        raise NotFound
    _require(actor, found, {APPROVED})
    return found


def approval(actor: Actor, export: Export) -> Approval | None:
    """Return what an export may take along in plain now; ``None`` where it was started without a request.

    Raises ``Conflict`` where the request no longer holds.
    """
    if export.request_id is None:
        return None
    found = request_of(export.request_id)
    _require(actor, found, {APPROVED, USED})
    decider = account_of(found.decided_by) if found.decided_by is not None else None
    return Approval(
        found.number,
        frozenset(found.plain),
        found.asked_at,
        found.valid_until,
        found.decided_at,
        decider.name if decider is not None else "",
    )


def _require(actor: Actor, found: ExportRequest, wanted: set[str]) -> None:
    stands = standing_of(found)
    if stands == USED and found.valid_until < utcnow():
        stands = EXPIRED
    if stands not in wanted:
        raise Conflict(WHY_NOT[stands], code="request_state", state=stands)
    if fingerprint(actor, found.form_key, found.version_no) != found.rights:
        raise Conflict(CHANGED, code="rights_changed")
