"""What reviewers have said of records that may be one; numbers of audit events beyond 32 bits."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_distinct",
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("other_id", sa.String(length=26), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["record.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"]),
        sa.PrimaryKeyConstraint("record_id", "other_id"),
    )
    op.create_index(op.f("ix_record_distinct_other_id"), "record_distinct", ["other_id"])
    # SQLite's integers have 64 bits anyway.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("audit_event", "id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
        op.execute("ALTER SEQUENCE audit_event_id_seq AS bigint")


def downgrade() -> None:
    op.drop_index(op.f("ix_record_distinct_other_id"), table_name="record_distinct")
    op.drop_table("record_distinct")
