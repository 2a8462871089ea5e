"""What happened to records, and what reviewers noted on them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.protected import protect_parts
from app.database import Model, UtcDateTime, utcnow
from app.records.models import Record

OPEN, ANSWERED, RESOLVED = "open", "answered", "resolved"
DUE = "due"


class WorkflowEvent(Model):  # type: ignore[misc]
    """One step that was taken. Rows are added and never changed."""

    __tablename__ = "workflow_event"
    __table_args__ = (sa.Index("ix_workflow_event_record", "record_id", "id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"))
    #: The head that the step led to.
    revision_no: Mapped[int] = mapped_column(sa.Integer)
    verb: Mapped[str] = mapped_column(sa.String(48))
    kind: Mapped[str] = mapped_column(sa.String(16))
    from_state: Mapped[str] = mapped_column(sa.String(32))
    to_state: Mapped[str] = mapped_column(sa.String(32))
    actor_id: Mapped[int | None] = mapped_column(sa.Integer)
    actor_name: Mapped[str] = mapped_column(sa.String(128), default="")
    actor_role: Mapped[str] = mapped_column(sa.String(48), default="")
    actor_organization: Mapped[str] = mapped_column(sa.String(200), default="")
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class ReviewNote(Model):  # type: ignore[misc]
    """A remark on a field, on a row of a sub-table, or (empty field) on the whole record."""

    __tablename__ = "review_note"
    __table_args__ = (sa.Index("ix_review_note_record", "record_id", "id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"))
    #: The revision that the reviewer had before him.
    revision_no: Mapped[int] = mapped_column(sa.Integer)
    field: Mapped[str] = mapped_column(sa.String(100), default="")
    #: Rows count from 1, as the reviewer saw them; ``row_id`` finds the row after others were removed.
    row: Mapped[int | None] = mapped_column(sa.Integer)
    row_id: Mapped[str | None] = mapped_column(sa.String(32))
    severity: Mapped[str] = mapped_column(sa.String(8), default="must")
    #: ``due``: an attachment that an import could not bring; empty for what a reviewer said.
    kind: Mapped[str] = mapped_column(sa.String(8), default="", server_default="")
    text: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(12), default=OPEN)
    author_id: Mapped[int | None] = mapped_column(sa.Integer)
    author_name: Mapped[str] = mapped_column(sa.String(128), default="")
    author_role: Mapped[str] = mapped_column(sa.String(48), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


protect_parts(WorkflowEvent, Record)
protect_parts(ReviewNote, Record)
