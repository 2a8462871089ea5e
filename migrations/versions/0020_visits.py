"""Codes of visitors, resources whose records nobody sees singly, and parties that are live or not."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0009"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "visit_batch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("fixed", json_document(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("revoked_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_batch_organization", "visit_batch", ["organization_id", "created_at"])
    op.create_table(
        "visit_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=26), nullable=False),
        sa.Column("spent", sa.Boolean(), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["visit_batch.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_visit_code_batch", "visit_code", ["batch_id"])
    op.create_table(
        "visit_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("until", moment(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["visit_code.digest"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visit_session_code", "visit_session", ["code"])
    op.create_table(
        "visit_failure",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "span"),
    )
    op.add_column("resource", sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("record_party", sa.Column("live", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("file", sa.Column("visit", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("file", "visit")
    op.drop_column("record_party", "live")
    op.drop_column("resource", "anonymous")
    for table in ("visit_failure", "visit_session", "visit_code", "visit_batch"):
        op.drop_table(table)
