"""Commands of ``flask`` that belong to no slice, and those of the solution pack."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands of the modules that the configuration names."""
    for name in app.config["CLI_PLUGINS"]:
        import_module(name).init_app(app)
