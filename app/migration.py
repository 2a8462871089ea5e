"""Bring the fixed tables to the schema of this release."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.database import db

ROOT = Path(__file__).resolve().parent.parent


def configuration() -> Config:
    """Return Alembic's configuration for this checkout."""
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def is_prepared() -> bool:
    """Tell whether the database has tables of any release."""
    found: bool = sa.inspect(db.engine).has_table("alembic_version")
    return found


def upgrade() -> None:
    """Run the migrations that this database has not seen; nothing when it is up to date."""
    command.upgrade(configuration(), "head")
