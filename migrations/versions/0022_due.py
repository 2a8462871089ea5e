"""What kind a note is: attachments that an import could not bring are told apart from what reviewers said."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_note", sa.Column("kind", sa.String(length=8), nullable=False, server_default=""))
    note = sa.table("review_note", sa.column("kind"), sa.column("text"))
    due = sa.or_(note.c.text.like("待补附件：%"), note.c.text.like("Attachment due: %"))
    # Nobody acts here: the guard on tenants' tables is told so.
    op.get_bind().execute(sa.update(note).where(due).values(kind="due").execution_options(tenant_ok="migration"))


def downgrade() -> None:
    op.drop_column("review_note", "kind")
