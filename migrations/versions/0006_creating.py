"""Core fields of shipped forms, templates of packs, and forms that are being created."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("form", sa.Column("core", json_document(), nullable=True))
    op.create_table(
        "form_template",
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("title", json_document(), nullable=False),
        sa.Column("definition", json_document(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "form_proposal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("definition", json_document(), nullable=False),
        sa.Column("code_lists", json_document(), nullable=False),
        sa.Column("report", json_document(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_form_proposal_user", "form_proposal", ["user_id", "created_at"])


def downgrade() -> None:
    op.drop_table("form_proposal")
    op.drop_table("form_template")
    op.drop_column("form", "core")
