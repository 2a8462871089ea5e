"""Jobs: what is to be done, for whom, how far it is, and who holds it now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import JsonDocument, Model, UtcDateTime, utcnow
from app.errors import language
from forms.labels import Label

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)


class Job(Model):  # type: ignore[misc]
    """One piece of long work.

    Whoever runs it holds a *claim*, good until ``lease_until`` and prolonged by heartbeats. Everything that
    a run writes about its job names the claim, so a run that lost it (because it seemed dead) changes nothing.
    """

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_state", "state", "created_at"),
        sa.Index("ix_job_actor", "actor_user_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    state: Mapped[str] = mapped_column(sa.String(16), default=QUEUED)
    actor_user_id: Mapped[int | None] = mapped_column(sa.Integer)
    actor_post_id: Mapped[int | None] = mapped_column(sa.Integer)
    #: Name of a part of the system that asked for it, where no person did.
    actor_system: Mapped[str] = mapped_column(sa.String(48), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    #: Where the next run goes on; written in the transaction of the work that it stands for.
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    done: Mapped[int] = mapped_column(sa.Integer, default=0)
    total: Mapped[int | None] = mapped_column(sa.Integer)
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    #: Why it failed, in both languages; never a trace.
    failure: Mapped[dict[str, str] | None] = mapped_column(JsonDocument)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_requested: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def error(self) -> str | None:
        """Why it failed, in the language of the reader."""
        return Label.of(self.failure).get(language()) if self.failure else None
