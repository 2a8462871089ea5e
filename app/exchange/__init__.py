"""Files in and out: workbook templates, imports, exports."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands and the screens of this slice."""
    # By name and late: they need slices that import the models of this one.
    import_module("app.exchange.open_work")
    for name in ("cli", "views", "requests.views"):
        import_module(f"app.exchange.{name}").init_app(app)
