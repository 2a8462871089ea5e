"""Exports, requests for exports in plain, and imports: what each was, for whom, and where its files lie."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.law import KeyColumns, RowKeys, any_scope, row_rules, scope_matches
from app.access.protected import protect
from app.database import JsonDocument, Model, UtcDateTime, utcnow
from app.errors import language
from forms.labels import Label

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.access.actor import Actor

#: What grants on export requests speak of: V who sees those of others, A who decides about them.
RESOURCE = "export_request"
CHECKING, READY, COMMITTING, DONE, FAILED = "checking", "ready", "committing", "done", "failed"


class Export(Model):  # type: ignore[misc]
    """One export. The row stays; the file goes when it expires."""

    __tablename__ = "export"
    __table_args__ = (sa.Index("ix_export_user", "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"))
    #: The approved request by which personal answers leave in plain; without one they leave masked.
    request_id: Mapped[str | None] = mapped_column(sa.String(26), index=True)
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


class ExportRequest(Model):  # type: ignore[misc]
    """What somebody wants to take along in plain, exactly as he asked for it, and what a second person said to that."""

    __tablename__ = "export_request"
    __table_args__ = (
        sa.Index("ix_export_request_user", "user_id", "asked_at"),
        sa.Index("ix_export_request_state", "state", "asked_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    version_no: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    post_id: Mapped[int | None] = mapped_column(sa.Integer)
    #: Whose post it was asked from, where that lies, and how far the rows may reach: who decides reaches as far.
    organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organization.id"))
    region: Mapped[str] = mapped_column(sa.String(12), default="")
    reach: Mapped[str] = mapped_column(sa.String(8))
    #: Format, filter, search, columns and purpose, as an export takes them.
    spec: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    #: Paths of the fields that are wanted in plain, and their classes; what a form gets later is not among them.
    plain: Mapped[list[str]] = mapped_column(JsonDocument)
    classes: Mapped[list[str]] = mapped_column(JsonDocument)
    #: How many records it spoke of when it was asked.
    rows: Mapped[int] = mapped_column(sa.Integer)
    #: For how many days, from the decision on.
    days: Mapped[int] = mapped_column(sa.Integer)
    #: The rights of then; whoever has others by now asks again.
    rights: Mapped[str] = mapped_column(sa.String(64))
    #: open, approved, refused, withdrawn, revoked; that it has expired or been used follows from the rest.
    state: Mapped[str] = mapped_column(sa.String(12))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    #: Until when it can be decided or, once approved, used.
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.Integer)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.String(500), default="")

    @property
    def number(self) -> str:
        """What people call it by; it opens nothing."""
        return f"DC-{self.asked_at.astimezone():%Y%m%d}-{self.id[-6:]}"


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
        if actor.is_operator:
            # No account stands for him.
            return column.is_(None)
        return sa.false() if actor.user_id is None else column == actor.user_id

    return read


def _write(actor: Actor, row: Any, _session: Session) -> bool:
    if row.user_id is None:
        return actor.is_operator
    return bool(row.user_id == actor.user_id)


def _request_read(actor: Actor) -> sa.ColumnElement[bool]:
    columns = ExportRequest.__table__.c
    keys = KeyColumns(columns.organization_id, columns.region)
    others = any_scope(actor, {rule.scope for rule in row_rules(actor, RESOURCE, "V")}, keys)
    if actor.user_id is None:
        return others
    # As who he asked: in another of his posts it is somebody else's.
    return sa.or_(sa.and_(columns.user_id == actor.user_id, columns.post_id == actor.post_id), others)


def _request_write(actor: Actor, row: Any, _session: Session) -> bool:
    keys = RowKeys(row.organization_id, row.region)
    own = actor.user_id is not None and (row.user_id, row.post_id) == (actor.user_id, actor.post_id)
    return own or any(scope_matches(actor, rule.scope, keys) for rule in row_rules(actor, RESOURCE, "A"))


# Exports and imports tell of records (filters, previews, file names): they are seen by who asked for them alone;
# requests for exports in plain also by those whom grants on requests let see them.
protect(Export, read=_own(Export.__table__.c.user_id), write=_write)
protect(Import, read=_own(Import.__table__.c.user_id), write=_write)
protect(ExportRequest, read=_request_read, write=_request_write)
