"""The ledger: records, their immutable revisions, the organizations they concern; receipts, serials, files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.parties import NOBODY, Parties, parties_of
from app.access.protected import classes, protect, protect_ledger, protect_parts
from app.builder.catalogue import catalogue
from app.builder.models import Form
from app.database import JsonDocument, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.access.actor import Actor

#: State of a record that was declared void. It is kept, and left out of lists unless asked for.
VOID = "void"

_STAGED = sa.text("batch IS NOT NULL")
_IN_CAMPAIGN = sa.text("campaign_id IS NOT NULL")
_CONVERTED = sa.text("conversion_id IS NOT NULL")
_OPEN = sa.text("resolved_at IS NULL")


class Record(Model):  # type: ignore[misc]
    """One filled form: who owns it, where it stands, which revision is its head."""

    __tablename__ = "record"
    __table_args__ = (
        sa.Index("ix_record_form_org", "form_key", "organization_id"),
        sa.Index("ix_record_form_region", "form_key", "region", "state"),
        sa.Index("ix_record_batch", "batch", sqlite_where=_STAGED, postgresql_where=_STAGED),
        sa.Index(
            "ix_record_campaign",
            "campaign_id",
            "organization_id",
            sqlite_where=_IN_CAMPAIGN,
            postgresql_where=_IN_CAMPAIGN,
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    serial: Mapped[str] = mapped_column(sa.String(64))
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"))
    region: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(32))
    form_version_no: Mapped[int] = mapped_column(sa.Integer)
    head_no: Mapped[int] = mapped_column(sa.Integer, default=1)
    lock_version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_by: Mapped[int | None] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str | None] = mapped_column(sa.String(500))
    #: The account that filled it for an organization not its own.
    on_behalf_by: Mapped[int | None] = mapped_column(sa.Integer)
    #: A unique key over the whole city collides with another organization's record.
    flagged: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    #: The import that it belongs to while that is not shown yet.
    batch: Mapped[str | None] = mapped_column(sa.String(26))
    #: The campaign that it was filled in. No foreign key: that table is of a slice above this one.
    campaign_id: Mapped[str | None] = mapped_column(sa.String(26))


class RecordRevision(Model):  # type: ignore[misc]
    """One state of a record's answers. Rows are added and never changed."""

    __tablename__ = "record_revision"
    __table_args__ = (
        sa.UniqueConstraint("record_id", "no", name="uq_record_revision"),
        sa.Index(
            "ix_record_revision_conversion",
            "conversion_id",
            "record_id",
            sqlite_where=_CONVERTED,
            postgresql_where=_CONVERTED,
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"))
    no: Mapped[int] = mapped_column(sa.Integer)
    form_version_no: Mapped[int] = mapped_column(sa.Integer)
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    state: Mapped[str] = mapped_column(sa.String(32))
    #: web, import, api, review, upgrade, conversion, restore, seed.
    origin: Mapped[str] = mapped_column(sa.String(16))
    verb: Mapped[str | None] = mapped_column(sa.String(48))
    comment: Mapped[str | None] = mapped_column(sa.Text)
    author_id: Mapped[int | None] = mapped_column(sa.Integer)
    author_name: Mapped[str] = mapped_column(sa.String(128), default="")
    author_role: Mapped[str] = mapped_column(sa.String(48), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    #: The conversion that wrote it, or took it back.
    conversion_id: Mapped[str | None] = mapped_column(sa.String(26))


class Conversion(Model):  # type: ignore[misc]
    """Answers of all records brought to the types of a new version: what was asked, how far it is, how it ended."""

    __tablename__ = "conversion"
    __table_args__ = (sa.Index("ix_conversion_form", "form_key", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    #: The version that records are brought to.
    version_no: Mapped[int] = mapped_column(sa.Integer)
    #: ``[{"path", "from", "to"}]``: types by their names.
    fields: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument)
    #: Records that were approved as well.
    with_final: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    #: waiting, running, done, undoing, undone.
    state: Mapped[str] = mapped_column(sa.String(16), default="waiting")
    counts: Mapped[dict[str, int]] = mapped_column(JsonDocument, default=dict)
    job_id: Mapped[str | None] = mapped_column(sa.String(26))
    requested_by: Mapped[int | None] = mapped_column(sa.Integer)
    requested_name: Mapped[str] = mapped_column(sa.String(128), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Quarantined(Model):  # type: ignore[misc]
    """An answer that did not fit its field's new type: kept as it read, until somebody types what was meant."""

    __tablename__ = "quarantine"
    __table_args__ = (
        sa.Index("ix_quarantine_record", "record_id"),
        sa.Index("ix_quarantine_open", "form_key", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"))
    #: Of the field, and the id of the row where it stands in a sub-table.
    path: Mapped[str] = mapped_column(sa.String(100))
    row_id: Mapped[str | None] = mapped_column(sa.String(40))
    raw: Mapped[str] = mapped_column(sa.Text)
    from_type: Mapped[str] = mapped_column(sa.String(24))
    to_type: Mapped[str] = mapped_column(sa.String(24))
    #: The version that it was answered under, and the revision that left it out.
    from_version_no: Mapped[int] = mapped_column(sa.Integer)
    revision_no: Mapped[int] = mapped_column(sa.Integer)
    #: Why it does not fit, in both languages.
    reason: Mapped[dict[str, str]] = mapped_column(JsonDocument, default=dict)
    #: The conversion and its job; none where a person upgraded the record.
    conversion_id: Mapped[str | None] = mapped_column(sa.String(26))
    job_id: Mapped[str | None] = mapped_column(sa.String(26))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    #: typed, undone.
    resolution: Mapped[str | None] = mapped_column(sa.String(16))
    resolved_by: Mapped[int | None] = mapped_column(sa.Integer)
    resolved_name: Mapped[str] = mapped_column(sa.String(128), default="")
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecordParty(Model):  # type: ignore[misc]
    """An organization that a record concerns besides its owner; what it sees of it ends with their cooperation."""

    __tablename__ = "record_party"

    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    live: Mapped[bool] = mapped_column(sa.Boolean, default=True, server_default=sa.true())


class RecordDistinct(Model):  # type: ignore[misc]
    """What a reviewer has said of two records that a unique key takes for one: they are two. The lesser id is first."""

    __tablename__ = "record_distinct"

    record_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"), primary_key=True)
    other_id: Mapped[str] = mapped_column(sa.ForeignKey("record.id"), primary_key=True, index=True)
    note: Mapped[str] = mapped_column(sa.String(500))
    author_id: Mapped[int | None] = mapped_column(sa.Integer)
    author_name: Mapped[str] = mapped_column(sa.String(128), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Receipt(Model):  # type: ignore[misc]
    """The answer that was given to a request with an idempotency key."""

    __tablename__ = "receipt"

    actor: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    response: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class SerialCounter(Model):  # type: ignore[misc]
    """The last serial number of an organization for a form in a year.

    Counting over all organizations would tell each how many records the others have.
    """

    __tablename__ = "serial_counter"

    form_key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    organization_id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    last: Mapped[int] = mapped_column(sa.Integer, default=0)


class File(Model):  # type: ignore[misc]
    """An attachment. Its bytes lie in the data folder under a random name; its law is that of its record."""

    __tablename__ = "file"
    __table_args__ = (sa.Index("ix_file_record", "record_id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    #: Path of the field that it was uploaded for.
    field: Mapped[str] = mapped_column(sa.String(100))
    #: ``None``: pending, seen by its uploader alone.
    record_id: Mapped[str | None] = mapped_column(sa.ForeignKey("record.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    path: Mapped[str] = mapped_column(sa.String(100))
    uploaded_by: Mapped[int | None] = mapped_column(sa.Integer)
    organization_id: Mapped[int | None] = mapped_column(sa.Integer)
    #: Of a pending upload by a visitor: the hash of the code that he came with.
    visit: Mapped[str | None] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


def _resource_of(form_key: str) -> str:
    return catalogue().heads[form_key].resource


def _parties(record_id: str) -> Parties:
    return parties_of([record_id]).get(record_id, NOBODY)


protect_ledger(Record, forms=Form.__table__, resource_of=_resource_of, parties=_parties)
_shown = classes[Record]


def _read_record(actor: Actor) -> sa.ColumnElement[bool]:
    shown: sa.ColumnElement[bool] = Record.__table__.c.batch.is_(None)
    return sa.and_(_shown.read(actor), shown)


def _read_file(actor: Actor) -> sa.ColumnElement[bool]:
    columns = File.__table__.c
    attached: sa.ColumnElement[bool] = columns.record_id.in_(
        sa.select(Record.__table__.c.id).where(_read_record(actor))
    )
    mine = uploads_of(actor)
    return attached if mine is None else sa.or_(attached, mine)


def uploads_of(actor: Actor) -> sa.ColumnElement[bool] | None:
    """Return the condition of an actor's own uploads that no record holds yet; ``None`` for one that has none."""
    columns = File.__table__.c
    if actor.visit is not None:
        return sa.and_(columns.record_id.is_(None), columns.visit == actor.visit.code)
    if actor.user_id is None:
        return None
    return sa.and_(columns.record_id.is_(None), columns.uploaded_by == actor.user_id)


def _write_file(actor: Actor, row: Any, session: Session) -> bool:
    if row.record_id is None:
        visit = actor.visit.code if actor.visit is not None else None
        return bool(row.uploaded_by == actor.user_id and row.visit == visit)
    owner = session.get(Record, row.record_id)
    return owner is not None and _shown.write(actor, owner, session)


protect(Record, read=_read_record, write=_shown.write)
protect_parts(RecordRevision, Record)
protect_parts(RecordParty, Record)
protect_parts(Quarantined, Record)
protect_parts(RecordDistinct, Record)
protect(File, read=_read_file, write=_write_file)
