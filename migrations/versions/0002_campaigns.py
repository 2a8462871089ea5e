"""Campaigns, their targets, and the campaign that a record was filled in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def moment() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def json_document() -> sa.types.TypeEngine:
    return sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def projections() -> list[str]:
    """Return the main tables of forms that are there: they copy the campaign of a record."""
    found = sa.inspect(op.get_bind())
    names = (name for name in found.get_table_names() if name.startswith("data_"))
    return [name for name in names if {"_id", "_batch"} <= {column["name"] for column in found.get_columns(name)}]


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form_key", sa.String(length=48), nullable=False),
        sa.Column("form_version_no", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("targets", json_document(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("opened_at", moment(), nullable=True),
        sa.Column("closed_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["form_key"], ["form.key"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_campaign_form", "campaign", ["form_key", "state"])
    op.create_table(
        "campaign_target",
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("campaign_id", "organization_id"),
    )
    op.create_index("ix_campaign_target_organization", "campaign_target", ["organization_id", "campaign_id"])
    op.create_index("ix_campaign_target_region", "campaign_target", ["campaign_id", "region"])
    op.add_column("record", sa.Column("campaign_id", sa.String(length=26), nullable=True))
    given = sa.text("campaign_id IS NOT NULL")
    op.create_index(
        "ix_record_campaign",
        "record",
        ["campaign_id", "organization_id"],
        sqlite_where=given,
        postgresql_where=given,
    )
    text = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    for name in projections():
        op.add_column(name, sa.Column("_campaign", text, nullable=True))


def downgrade() -> None:
    for name in projections():
        op.drop_column(name, "_campaign")
    op.drop_index("ix_record_campaign", "record")
    op.drop_column("record", "campaign_id")
    op.drop_table("campaign_target")
    op.drop_table("campaign")
