"""The audit trail: who, as whom, did what to what, when, from where, with which result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import JsonDocument, Model, UtcDateTime, utcnow


class AuditEvent(Model):  # type: ignore[misc]
    """One event; rows are added and never changed."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_at", "at"),
        sa.Index("ix_audit_event_object", "object_type", "object_id"),
        sa.Index("ix_audit_event_user", "user_id", "at"),
    )

    #: A city writes more events than 32 bits count; SQLite numbers rows in 64 bits only as INTEGER.
    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    event: Mapped[str] = mapped_column(sa.String(48))
    result: Mapped[str] = mapped_column(sa.String(16), default="ok")
    actor_kind: Mapped[str] = mapped_column(sa.String(16))
    actor_name: Mapped[str] = mapped_column(sa.String(128))
    user_id: Mapped[int | None] = mapped_column(sa.Integer)
    post_id: Mapped[int | None] = mapped_column(sa.Integer)
    role: Mapped[str] = mapped_column(sa.String(48), default="")
    organization_id: Mapped[int | None] = mapped_column(sa.Integer)
    address: Mapped[str] = mapped_column(sa.String(64), default="")
    object_type: Mapped[str] = mapped_column(sa.String(48), default="")
    object_id: Mapped[str] = mapped_column(sa.String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
