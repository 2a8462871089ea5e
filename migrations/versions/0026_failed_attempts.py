"""Failures from one address: of codes as before, and of names at the sign-in. What was counted lasts ten minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("visit_failure")
    op.create_table(
        "failed_attempt",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "subject"),
    )
    op.create_index("ix_failed_attempt_until", "failed_attempt", ["until"])


def downgrade() -> None:
    op.drop_index("ix_failed_attempt_until", table_name="failed_attempt")
    op.drop_table("failed_attempt")
    op.create_table(
        "visit_failure",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "span"),
    )
