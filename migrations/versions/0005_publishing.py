"""What publishing and creating forms need: hashes of drafts, core fields, templates of packs, proposals."""

import hashlib

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0002"
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
    op.add_column("form_draft", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))
    connection = op.get_bind()
    for key, definition in connection.execute(sa.text("SELECT form_key, definition FROM form_draft")).all():
        raw = orjson.loads(definition) if isinstance(definition, str) else definition
        found = hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
        connection.execute(
            sa.text("UPDATE form_draft SET hash = :found WHERE form_key = :key"), {"found": found, "key": key}
        )


def downgrade() -> None:
    op.drop_table("form_proposal")
    op.drop_table("form_template")
    op.drop_column("form", "core")
    op.drop_column("form_draft", "hash")
