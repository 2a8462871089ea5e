"""Long work: a table of jobs, and the workers that take them up."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register the command of this slice."""
    # By name and late: app.access needs the models of other slices before this package is complete.
    import_module("app.jobs.cli").init_app(app)
