"""Forms with their drafts and immutable versions; code lists; workflows; the registry of columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.builder.digests import digest
from app.database import JsonDocument, Model, UtcDateTime, utcnow


class BuilderStamp(Model):  # type: ignore[misc]
    """One row that counts every change of forms, code lists and workflows: what caches compare themselves with."""

    __tablename__ = "builder_stamp"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    value: Mapped[int] = mapped_column(sa.Integer, default=0)


class Form(Model):  # type: ignore[misc]
    """A form: one draft, numbered versions, and the resource that grants speak of."""

    __tablename__ = "form"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    title: Mapped[dict[str, str]] = mapped_column(JsonDocument, default=dict)
    resource: Mapped[str] = mapped_column(sa.String(48), index=True)
    kind: Mapped[str] = mapped_column(sa.String(24), default="")
    #: ``new`` until the first version is published, then ``open``.
    state: Mapped[str] = mapped_column(sa.String(16), default="new")
    current_version_id: Mapped[int | None] = mapped_column(sa.Integer)
    current_no: Mapped[int] = mapped_column(sa.Integer, default=0)
    #: Paths of fields that a pack counts on: a draft keeps them, their type and their class.
    core: Mapped[list[str] | None] = mapped_column(JsonDocument)
    #: When publishing takes a second person: anyone (never), structural, tightening, always.
    publish_policy: Mapped[str] = mapped_column(sa.String(16), default="anyone", server_default="anyone")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class FormDraft(Model):  # type: ignore[misc]
    """The one definition of a form that is being worked on."""

    __tablename__ = "form_draft"

    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"), primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    lock_version: Mapped[int] = mapped_column(sa.Integer, default=1)
    #: The number of the published version that it started from; 0 before the first.
    based_on: Mapped[int] = mapped_column(sa.Integer, default=0)
    #: Hash of the definition: a draft with the hash of the published version has nothing to publish.
    hash: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    updated_by: Mapped[int | None] = mapped_column(sa.Integer)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)

    @validates("definition")
    def _hashed(self, _name: str, value: dict[str, Any]) -> dict[str, Any]:
        self.hash = digest(value)
        return value


class FormDraftState(Model):  # type: ignore[misc]
    """What a draft was under an earlier lock version: the common ancestor of a three-way merge."""

    __tablename__ = "form_draft_state"

    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"), primary_key=True)
    lock_version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)


class FormVersion(Model):  # type: ignore[misc]
    """A published definition. Rows are added and never changed."""

    __tablename__ = "form_version"
    __table_args__ = (sa.UniqueConstraint("form_key", "no", name="uq_form_version"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"), index=True)
    no: Mapped[int] = mapped_column(sa.Integer)
    definition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    hash: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    #: The widest class of its changes: cosmetic, additive, tightening, structural; ``first``.
    change_class: Mapped[str] = mapped_column(sa.String(16), default="first")
    #: What was to become of answers whose field has got another type: path → ``convert`` or ``retire``.
    choices: Mapped[dict[str, str] | None] = mapped_column(JsonDocument)
    published_by: Mapped[int | None] = mapped_column(sa.Integer)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class VersionEnd(Model):  # type: ignore[misc]
    """How long the versions before *no* go on; see :mod:`app.builder.ends`."""

    __tablename__ = "version_end"

    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"), primary_key=True)
    no: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    #: The last day on which drafts are filled under an earlier version.
    force_after: Mapped[date | None] = mapped_column(sa.Date)
    #: Whether what was handed in under an earlier version is changed only by an upgrade.
    sealed: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    set_by: Mapped[int | None] = mapped_column(sa.Integer)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class CodeListRow(Model):  # type: ignore[misc]
    """A code list that fields of many forms share."""

    __tablename__ = "code_list"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    title: Mapped[dict[str, str]] = mapped_column(JsonDocument, default=dict)
    #: The body as :func:`forms.files.loading.parse_code_list` takes it.
    items: Mapped[Any] = mapped_column(JsonDocument)
    #: The builder's stamp at its last change.
    stamp: Mapped[int] = mapped_column(sa.Integer, default=0)


class WorkflowRow(Model):  # type: ignore[misc]
    """A workflow definition, as :func:`forms.workflow.parse_workflow` takes it."""

    __tablename__ = "workflow_definition"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    #: Not ``jsonb``, which sorts keys: the first of the states is where a record begins.
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class FieldRegistry(Model):  # type: ignore[misc]
    """Which column holds which field since which version: keys are never used again for something else."""

    __tablename__ = "field_registry"
    __table_args__ = (sa.UniqueConstraint("form_key", "path", "column", name="uq_field_registry"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"), index=True)
    #: ``key`` or ``subtable.key``.
    path: Mapped[str] = mapped_column(sa.String(100))
    #: ``key``, or ``key__2`` after its type was changed.
    column: Mapped[str] = mapped_column(sa.String(64))
    type: Mapped[str] = mapped_column(sa.String(24))
    #: Kind and length of the column, as it was created.
    kind: Mapped[str] = mapped_column(sa.String(16), default="")
    born_no: Mapped[int] = mapped_column(sa.Integer)
    retired_no: Mapped[int | None] = mapped_column(sa.Integer)


class FormTemplate(Model):  # type: ignore[misc]
    """A form of a pack that is published only when somebody wants it."""

    __tablename__ = "form_template"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    title: Mapped[dict[str, str]] = mapped_column(JsonDocument)
    definition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)


class FormProposal(Model):  # type: ignore[misc]
    """A form on its way in: what was read from a file or a text, before its author has answered what else it needs."""

    __tablename__ = "form_proposal"
    __table_args__ = (sa.Index("ix_form_proposal_user", "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(sa.Integer)
    #: blank, template, copy, xlsform, sheet, text.
    kind: Mapped[str] = mapped_column(sa.String(16))
    #: The file, form or template that it came from.
    origin: Mapped[str] = mapped_column(sa.String(200), default="")
    definition: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    code_lists: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    #: What was inferred and how sure that is, in the language of the reader.
    report: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class PublishRequest(Model):  # type: ignore[misc]
    """Somebody asks that a draft, exactly as it is, be published; a second person decides."""

    __tablename__ = "publish_request"
    __table_args__ = (sa.Index("ix_publish_request_form", "form_key", "state"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    lock_version: Mapped[int] = mapped_column(sa.Integer)
    draft_hash: Mapped[str] = mapped_column(sa.String(64))
    #: The published version that the draft was compared with.
    base_no: Mapped[int] = mapped_column(sa.Integer)
    note: Mapped[str] = mapped_column(sa.String(500))
    #: Why it takes a second person: policy, access.
    reasons: Mapped[list[str]] = mapped_column(JsonDocument)
    choices: Mapped[dict[str, str] | None] = mapped_column(JsonDocument)
    #: open, approved, refused, void.
    state: Mapped[str] = mapped_column(sa.String(16))
    requested_by: Mapped[int | None] = mapped_column(sa.Integer)
    requested_post: Mapped[int | None] = mapped_column(sa.Integer)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    #: Who wrote the draft last: he cannot be the second person either.
    drafted_by: Mapped[int | None] = mapped_column(sa.Integer)
    decided_by: Mapped[int | None] = mapped_column(sa.Integer)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    comment: Mapped[str] = mapped_column(sa.String(500), default="")
    job_id: Mapped[str | None] = mapped_column(sa.String(26))


class QuestionBlock(Model):  # type: ignore[misc]
    """A section that was saved to be copied into other forms."""

    __tablename__ = "question_block"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(100), unique=True)
    #: The section, as a definition writes it.
    section: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    #: The form that it was saved from.
    origin: Mapped[str] = mapped_column(sa.String(48))
    saved_by: Mapped[int | None] = mapped_column(sa.Integer)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class BlockUse(Model):  # type: ignore[misc]
    """A copy of a block that was put into the draft of a form."""

    __tablename__ = "block_use"
    __table_args__ = (sa.Index("ix_block_use_block", "block_id"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    block_id: Mapped[str] = mapped_column(sa.ForeignKey("question_block.id"))
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    #: The key of the section there.
    section: Mapped[str] = mapped_column(sa.String(64))
    inserted_by: Mapped[int | None] = mapped_column(sa.Integer)
    inserted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class PackItem(Model):  # type: ignore[misc]
    """Something that a solution pack has brought in, as it was then: what was changed here since is told from it."""

    __tablename__ = "pack_item"

    kind: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    #: Hash of the content that was brought in.
    digest: Mapped[str] = mapped_column(sa.String(64), default="")
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)
