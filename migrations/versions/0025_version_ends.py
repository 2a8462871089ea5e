"""How long earlier versions of a form go on: a day for drafts, a seal for what was handed in."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_end",
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("force_after", sa.Date(), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.PrimaryKeyConstraint("form_key", "no"),
    )


def downgrade() -> None:
    op.drop_table("version_end")
