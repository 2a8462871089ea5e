"""Upgrades and conversions of records: what a publication chose, conversions, and answers set aside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0006"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def partial(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.add_column("form_version", sa.Column("choices", json_document(), nullable=True))
    op.add_column("record_revision", sa.Column("conversion_id", sa.String(length=26), nullable=True))
    op.create_index(
        "ix_record_revision_conversion",
        "record_revision",
        ["conversion_id", "record_id"],
        **partial("conversion_id IS NOT NULL"),
    )
    op.create_table(
        "conversion",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("fields", json_document(), nullable=False),
        sa.Column("with_final", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counts", json_document(), nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("requested_name", sa.String(length=128), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("ended_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_conversion_form", "conversion", ["form_key", "created_at"])
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("path", sa.String(length=100), nullable=False),
        sa.Column("row_id", sa.String(length=40), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("from_type", sa.String(length=24), nullable=False),
        sa.Column("to_type", sa.String(length=24), nullable=False),
        sa.Column("from_version_no", sa.Integer(), nullable=False),
        sa.Column("revision_no", sa.Integer(), nullable=False),
        sa.Column("reason", json_document(), nullable=False),
        sa.Column("conversion_id", sa.String(length=26), nullable=True),
        sa.Column("job_id", sa.String(length=26), nullable=True),
        sa.Column("at", moment(), nullable=False),
        sa.Column("resolution", sa.String(length=16), nullable=True),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.Column("resolved_name", sa.String(length=128), nullable=False),
        sa.Column("resolved_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_quarantine_record", "quarantine", ["record_id"])
    op.create_index("ix_quarantine_open", "quarantine", ["form_key", "id"], **partial("resolved_at IS NULL"))


def downgrade() -> None:
    message = "answers that were set aside would be lost; restore a backup instead"
    raise NotImplementedError(message)
