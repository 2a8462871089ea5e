"""Visitors: filling a form without an account, by a one-time code that an organization has issued."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Let codes be spent by what is written with them; register the screens of this slice."""
    # By name and late: they need slices that import the models of this one.
    import_module("app.visitors.spending").register()
    import_module("app.visitors.arriving").register()
    for name in ("codes_views", "visit_views"):
        import_module(f"app.visitors.{name}").init_app(app)
