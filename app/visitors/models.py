"""Batches of one-time codes, the codes themselves as keyed hashes, the visits begun with them.

A code that was spent on an anonymous form stays as a hash that is spent: nothing says on which record, nor when.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.protected import protect
from app.database import JsonDocument, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from app.access.actor import Actor


class VisitBatch(Model):  # type: ignore[misc]
    """Codes that were issued together: for which form, whose records, with which answers fixed, until when."""

    __tablename__ = "visit_batch"
    __table_args__ = (sa.Index("ix_visit_batch_organization", "organization_id", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"))
    campaign_id: Mapped[str | None] = mapped_column(sa.ForeignKey("campaign.id"))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    fixed: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    valid_until: Mapped[date] = mapped_column(sa.Date)
    created_by: Mapped[int | None] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VisitCode(Model):  # type: ignore[misc]
    """One code, as its keyed hash."""

    __tablename__ = "visit_code"
    __table_args__ = (sa.Index("ix_visit_code_batch", "batch_id"),)

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    batch_id: Mapped[str] = mapped_column(sa.ForeignKey("visit_batch.id"))
    spent: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    #: The draft begun with it, until that is handed in; never of an anonymous form.
    record_id: Mapped[str | None] = mapped_column(sa.ForeignKey("record.id"))


class VisitSession(Model):  # type: ignore[misc]
    """A browser or program that has shown a code. It carries a random secret; here is only its hash."""

    __tablename__ = "visit_session"
    __table_args__ = (sa.Index("ix_visit_session_code", "code"),)

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    code: Mapped[str] = mapped_column(sa.ForeignKey("visit_code.digest"))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.kind != "user":
        return sa.false()
    return VisitBatch.__table__.c.organization_id.in_(sorted(actor.organizations))  # type: ignore[no-any-return]


def _nobody(_actor: Actor) -> sa.ColumnElement[bool]:
    return sa.false()


def _nothing(_actor: Actor, _row: Any, _session: Any) -> bool:
    return False


protect(VisitBatch, read=_own, write=lambda actor, row, _session: row.organization_id in actor.organizations)
# Read and written by the statements of this slice alone.
protect(VisitCode, read=_nobody, write=_nothing)
protect(VisitSession, read=_nobody, write=_nothing)
