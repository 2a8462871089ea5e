"""Exports and imports: what each was, for whom, and where its files lie while they are kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.protected import protect
from app.database import JsonDocument, Model, UtcDateTime, utcnow
from app.errors import language
from forms.labels import Label

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.access.actor import Actor

CHECKING, READY, COMMITTING, DONE, FAILED = "checking", "ready", "committing", "done", "failed"


class Export(Model):  # type: ignore[misc]
    """One export. The row stays; the file goes when it expires."""

    __tablename__ = "export"
    __table_args__ = (sa.Index("ix_export_user", "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"))
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    version_no: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int | None] = mapped_column(sa.Integer)
    post_id: Mapped[int | None] = mapped_column(sa.Integer)
    organization_id: Mapped[int | None] = mapped_column(sa.Integer)
    #: As it was asked for.
    spec: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    language: Mapped[str] = mapped_column(sa.String(8), default="zh")
    #: The rights that it was made with; whoever has others by now makes it again.
    rights: Mapped[str] = mapped_column(sa.String(64), default="")
    rows: Mapped[int | None] = mapped_column(sa.Integer)
    #: What the file says of itself, as pairs.
    manifest: Mapped[list[list[str]] | None] = mapped_column(JsonDocument)
    path: Mapped[str | None] = mapped_column(sa.String(100))
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    media_type: Mapped[str] = mapped_column(sa.String(100), default="")
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    downloads: Mapped[int] = mapped_column(sa.Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Import(Model):  # type: ignore[misc]
    """One uploaded file on its way into records."""

    __tablename__ = "import"
    __table_args__ = (sa.Index("ix_import_user", "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"))
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    #: The version that the rows were checked against.
    version_no: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int | None] = mapped_column(sa.Integer)
    post_id: Mapped[int | None] = mapped_column(sa.Integer)
    organization_id: Mapped[int | None] = mapped_column(sa.Integer)
    name: Mapped[str] = mapped_column(sa.String(200))
    #: ``xlsx`` or ``csv``.
    kind: Mapped[str] = mapped_column(sa.String(8))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    state: Mapped[str] = mapped_column(sa.String(16), default=CHECKING)
    counts: Mapped[dict[str, int]] = mapped_column(JsonDocument, default=dict)
    preview: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    failure: Mapped[dict[str, str] | None] = mapped_column(JsonDocument)
    only_valid: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    submit: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def error(self) -> str | None:
        """Why it failed, in the language of the reader."""
        return Label.of(self.failure).get(language()) if self.failure else None


def _own(column: sa.ColumnElement[Any]) -> Any:
    def read(actor: Actor) -> sa.ColumnElement[bool]:
        return sa.false() if actor.user_id is None else column == actor.user_id

    return read


def _write(actor: Actor, row: Any, _session: Session) -> bool:
    return row.user_id is not None and row.user_id == actor.user_id


# Both tell of records (filters, previews, file names): they are seen by who asked for them alone.
protect(Export, read=_own(Export.__table__.c.user_id), write=_write)
protect(Import, read=_own(Import.__table__.c.user_id), write=_write)
