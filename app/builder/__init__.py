"""Forms, code lists and workflows as they are designed and published."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands and the screens of this slice."""
    # By name and late: they need the records slice, which needs the models of this one.
    for name in ("cli", "views", "canvas.views"):
        import_module(f"app.builder.{name}").init_app(app)
