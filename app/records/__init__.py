"""Records: the ledger, its projection, and what may be done with one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands of this slice, and its screens."""
    # By name and late: they need slices that import the models of this one.
    for name in ("cli", "views", "versions.views"):
        import_module(f"app.records.{name}").init_app(app)
