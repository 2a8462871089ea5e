"""The library of question blocks, and where copies of them stand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_block",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("section", sa.Text().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("origin", sa.String(length=48), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("title"),
    )
    op.create_table(
        "block_use",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("block_id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("section", sa.String(length=64), nullable=False),
        sa.Column("inserted_by", sa.Integer(), nullable=True),
        sa.Column("inserted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["question_block.id"]),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_block_use_block", "block_use", ["block_id"])


def downgrade() -> None:
    op.drop_table("block_use")
    op.drop_table("question_block")
