"""Steps of records: who may take which, what each demands and brings about, what waits for whom."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Let records submit through workflows; register the commands and the screens of this slice."""
    # By name and late: they need slices that import the models of this one.
    import_module("app.workflow.hooks").register()
    import_module("app.workflow.cli").init_app(app)
    if find_spec("app.workflow.views") is not None:
        import_module("app.workflow.views").init_app(app)
