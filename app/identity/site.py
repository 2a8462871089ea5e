"""Put this slice on the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, g, redirect, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError

from app.errors import problem
from app.extensions import appbuilder
from app.identity.locale import choose_language_by, set_language
from app.identity.sessions import BureauSessions
from app.identity.signin import outlived
from app.identity.views import AccountsView, OwnAccountView, register_screens

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

#: What an account that must change its password may still open.
_OPEN_ENDPOINTS = frozenset(
    {"OwnAccountView.password", "BureauAuthView.logout", "BureauAuthView.login", "LocaleView.index", "static"}
)


def _first_password() -> ResponseReturnValue | None:
    """Send an account with a temporary password to the page where it is changed."""
    endpoint = request.endpoint or ""
    if endpoint in _OPEN_ENDPOINTS or request.path.startswith(("/static/", "/healthz")):
        return None
    account = g.get("session_account")
    if account is None or not (account.active and account.must_change_password):
        return None
    if request.path.startswith("/api/"):
        return problem(403, gettext("首次登录须先在网页上修改密码。"), code="must_change_password")
    return redirect("/account/password")


def init_app(app: Flask) -> None:
    """Register sessions, languages, hooks and screens."""
    app.session_interface = BureauSessions()
    choose_language_by(app)
    app.view_functions["LocaleView.index"] = set_language
    app.before_request(_first_password)
    app.register_error_handler(CSRFError, outlived)
    # Flask-Login would read the account for every page; no template of ours asks for it.
    offered = app.template_context_processors[None]
    offered[:] = [offer for offer in offered if offer.__module__ != "flask_login.utils"]
    app.register_blueprint(Blueprint("identity", "app.identity", template_folder="templates"))
    register_screens()
    appbuilder.add_view_no_menu(OwnAccountView())
    appbuilder.add_view_no_menu(AccountsView())
