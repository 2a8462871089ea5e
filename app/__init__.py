"""The backoffice: slices over the form engine, put together by :func:`create_app`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_wtf.csrf import CSRFProtect

import config as configuration
from app import cli, database, errors, health, origins, proxies
from app.access import addresses
from app.identity.security import BureauSecurityManager

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Slices in the order in which they register; each may offer ``init_app(app)``.
SLICES = (
    "audit",
    "identity",
    "access",
    "builder",
    "records",
    "workflow",
    "campaigns",
    "visitors",
    "notify",
    "jobs",
    "exchange",
    "api",
    "shell",
)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application.

    :param settings: configuration values that override those of the environment (tests).
    """
    app = Flask(__name__)
    # Addresses are typed and copied by hand: one stroke at the end more or less is the same page.
    app.url_map.strict_slashes = False
    app.config.update(configuration.load())
    app.config.update(settings or {})
    proxies.init_app(app)
    origins.init_app(app)
    addresses.init_app(app)
    database.init_app(app)
    # Before FAB registers anything, so that its APIs find the extension when they exempt themselves.
    app.extensions["csrf_protect"] = CSRFProtect(app)
    with app.app_context():
        slices = [import_module(f"app.{name}") for name in SLICES]
        appbuilder = AppBuilder(security_manager_class=BureauSecurityManager)
        appbuilder.init_app(app, database.db.session)
        for module in slices:
            if hasattr(module, "init_app"):
                module.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    cli.init_app(app)
    return app
