"""Requests to publish that a second person decides, and the policy of each form."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    policy = sa.Column("publish_policy", sa.String(length=16), server_default="anyone", nullable=False)
    op.add_column("form", policy)
    op.create_table(
        "publish_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("draft_hash", sa.String(length=64), nullable=False),
        sa.Column("base_no", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("reasons", json_document(), nullable=False),
        sa.Column("choices", json_document(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("requested_post", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_publish_request_form", "publish_request", ["form_key", "state"])


def downgrade() -> None:
    op.drop_table("publish_request")
    op.drop_column("form", "publish_policy")
