"""Bring the fixed tables to the schema of this release."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def configuration() -> Config:
    """Return Alembic's configuration for this checkout."""
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade() -> None:
    """Run the migrations that this database has not seen; nothing when it is up to date."""
    command.upgrade(configuration(), "head")
