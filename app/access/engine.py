"""Put the guard on the engine of an application, and name the framework's own screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.access import hooks, screens
from app.database import db

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Guard the database of *app*; runs inside its context."""
    del app
    hooks.guard(db.engine)
    screens.register("MenuApi", screens.signed_in)
    screens.register("OpenApi", screens.signed_in)
