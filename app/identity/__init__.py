"""Organizations, accounts, posts, roles and sessions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Put sessions into the database, languages under our rule, and the account screens on the site."""
    # By name and late: app.access needs this package's models before the rest of it can be imported.
    import_module("app.identity.site").init_app(app)
