"""The hash of each draft, by which a list tells whether there is something to publish."""

import hashlib

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("form_draft", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))
    connection = op.get_bind()
    for key, definition in connection.execute(sa.text("SELECT form_key, definition FROM form_draft")).all():
        raw = orjson.loads(definition) if isinstance(definition, str) else definition
        found = hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
        connection.execute(
            sa.text("UPDATE form_draft SET hash = :found WHERE form_key = :key"), {"found": found, "key": key}
        )


def downgrade() -> None:
    op.drop_column("form_draft", "hash")
