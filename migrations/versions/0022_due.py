"""What kind a note is: attachments that an import could not bring are told apart from what reviewers said."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_note", sa.Column("kind", sa.String(length=8), nullable=False, server_default=""))
    op.execute("UPDATE review_note SET kind = 'due' WHERE text LIKE '待补附件：%' OR text LIKE 'Attachment due: %'")


def downgrade() -> None:
    op.drop_column("review_note", "kind")
