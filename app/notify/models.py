"""Texts that workflows may send, and what was sent to whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.protected import protect
from app.database import JsonDocument, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from app.access.actor import Actor


#: What a message may tell of.
RECORD, EXPORT_REQUEST, PUBLISH_REQUEST = "record", "export_request", "publish_request"


class Message(Model):  # type: ignore[misc]
    """A text that verbs of workflows name by its key; ``audience`` is ``owner`` or ``reviewers``."""

    __tablename__ = "message"

    key: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    text: Mapped[dict[str, str]] = mapped_column(JsonDocument)
    audience: Mapped[str] = mapped_column(sa.String(16))


class Notification(Model):  # type: ignore[misc]
    """One message to one account, about one record or one request. Its text is kept as it was sent."""

    __tablename__ = "notification"
    __table_args__ = (sa.Index("ix_notification_user", "user_id", "read_at", "id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    message: Mapped[str] = mapped_column(sa.String(24))
    text: Mapped[dict[str, str]] = mapped_column(JsonDocument)
    form_key: Mapped[str] = mapped_column(sa.String(48))
    #: The id of what it tells of, and what that is: ``record``, ``export_request`` or ``publish_request``.
    record_id: Mapped[str] = mapped_column(sa.String(26))
    about: Mapped[str] = mapped_column(sa.String(16), default=RECORD, server_default=RECORD)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def address(self) -> str:
        """The page of what it tells of."""
        if self.about == EXPORT_REQUEST:
            return f"/export-requests/{self.record_id}"
        if self.about == PUBLISH_REQUEST:
            return f"/forms/requests/{self.record_id}"
        return f"/records/{self.form_key}/show/{self.record_id}"


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.false() if actor.user_id is None else Notification.__table__.c.user_id == actor.user_id


def _send(_actor: Actor, _row: Any, _session: Any) -> bool:
    # Whoever takes a step notifies others; which others is decided by the sender's service.
    return True


protect(Notification, read=_own, write=_send)
