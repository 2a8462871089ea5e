"""An earlier version of a form as its new draft; publishing that makes a new number, history stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.query import require
from app.builder.models import FormVersion
from app.builder.service import DESIGN, save_draft
from app.database import db
from app.errors import NotFound

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.builder.models import FormDraft


def restore(actor: Actor, form_key: str, number: int, lock_version: int) -> FormDraft:
    """Make version *number* the draft, in place of the draft that was at *lock_version*.

    Raises ``NotAllowed``, ``NotFound``, and ``Conflict`` where somebody has saved the draft meanwhile.
    """
    require(actor, DESIGN, "F")
    raw = db.session.scalar(
        sa.select(FormVersion.definition).where(FormVersion.form_key == form_key, FormVersion.no == number)
    )
    if raw is None:
        raise NotFound
    found = save_draft(actor, form_key, lock_version, raw)
    audit.record(actor, "version_restored", object_type="form", object_id=form_key, detail={"version": number})
    return found
