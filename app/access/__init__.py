"""Who may see and do what: one law, at every door."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Guard the engine of this application."""
    # By name and late: app.errors needs app.access.actor before the rest of this package can be imported.
    import_module("app.access.engine").init_app(app)
