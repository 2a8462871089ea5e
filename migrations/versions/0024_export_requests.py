"""Requests to export in plain that a second person decides, and messages that tell of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "export_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("reach", sa.String(length=8), nullable=False),
        sa.Column("spec", json_document(), nullable=False),
        sa.Column("plain", json_document(), nullable=False),
        sa.Column("classes", json_document(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("rights", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_export_request_user", "export_request", ["user_id", "asked_at"])
    op.create_index("ix_export_request_state", "export_request", ["state", "asked_at"])
    op.add_column("export", sa.Column("request_id", sa.String(length=26), nullable=True))
    op.create_index(op.f("ix_export_request_id"), "export", ["request_id"])
    op.add_column("notification", sa.Column("about", sa.String(length=16), server_default="record", nullable=False))


def downgrade() -> None:
    op.drop_column("notification", "about")
    op.drop_index(op.f("ix_export_request_id"), "export")
    op.drop_column("export", "request_id")
    op.drop_table("export_request")
