"""Organizations, accounts, posts, roles and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.identity.locale import choose_language_by, set_language
from app.identity.sessions import BureauSessions

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Put sessions into the database and languages under our rule."""
    app.session_interface = BureauSessions()
    choose_language_by(app)
    app.view_functions["LocaleView.index"] = set_language
