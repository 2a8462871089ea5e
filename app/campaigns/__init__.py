"""Campaigns: which organizations must fill which version of a form, from when until when."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Let records be filled in campaigns; register the screens of this slice."""
    # By name and late: they need slices that import the models of this one.
    import_module("app.campaigns.filing").register()
    import_module("app.campaigns.going_on")
    import_module("app.campaigns.views").init_app(app)
