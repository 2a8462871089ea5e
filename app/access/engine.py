"""Put the guard and the watch on the engine of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access import hooks, standing
from app.database import db

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Guard the database of *app*; runs inside its context."""
    del app
    hooks.guard(db.engine)
    standing.watch(db.engine)
