"""Commands of ``flask`` that belong to no slice, and those of the solution pack."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


#: They need slices, which need this package first.
OWN = ("app.housekeeping",)


def init_app(app: Flask) -> None:
    """Register our own commands and those of the modules that the configuration names."""
    for name in (*OWN, *app.config["CLI_PLUGINS"]):
        import_module(name).init_app(app)
