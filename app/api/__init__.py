"""The API under ``/api/v1``: its routes are declared beside the slices that they serve, in ``app/*/api.py``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

#: Slices with an ``api.py``.
SLICES = ("builder", "records", "workflow", "campaigns", "visitors", "exchange", "jobs", "notify")


def init_app(app: Flask) -> None:
    """Register every declared route."""
    # By name and late: the declarations need every slice.
    for name in SLICES:
        import_module(f"app.{name}.api")
    import_module("app.builder.canvas.api")
    import_module("app.builder.publishing.api")
    import_module("app.builder.travel.api")
    import_module("app.exchange.requests.api")
    import_module("app.records.files_api")
    import_module("app.records.versions.api")
    import_module("app.records.versions.conversions_api")
    import_module("app.api.routing").init_app(app)
