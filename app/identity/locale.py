"""Which language a request is answered in: Chinese unless the reader chose otherwise."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from babel import Locale
from flask import abort, current_app, has_request_context, redirect, request, session
from flask_login import current_user

from app.database import db, unit_of_work
from app.identity.models import User
from app.identity.signin import safe_target

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue


def select_language() -> str | None:
    """Return the language: the session's; for programs, what ``Accept-Language`` prefers; else the default.

    Nothing is stored: the framework's selector sets a cookie on every anonymous request.
    """
    if not has_request_context():
        return None
    languages = current_app.config["LANGUAGES"]
    default = str(current_app.config["BABEL_DEFAULT_LOCALE"])
    chosen = session.get("locale")
    if request.path.startswith("/api/"):
        best = request.accept_languages.best_match(list(languages)) if request.accept_languages else None
        chosen = best or chosen
    return chosen if chosen in languages else default


@lru_cache(maxsize=16)
def _locale(name: str | None) -> Locale | None:
    # Two languages are read anew with every request otherwise.
    return None if name is None else Locale.parse(name)


def choose_language_by(app: Flask) -> None:
    """Replace the framework's selector."""
    app.extensions["babel"].locale_selector = lambda: _locale(select_language())


def set_language(locale: str) -> ResponseReturnValue:
    """Remember the language in the session and on the account; go back to the page it was chosen on."""
    if locale not in current_app.config["LANGUAGES"]:
        abort(404)
    session["locale"] = locale
    if current_user.is_authenticated:
        with unit_of_work():
            account = User.__table__
            user_id = int(current_user.get_id())
            db.session.execute(sa.update(account).where(account.c.id == user_id).values(locale=locale))
    return redirect(safe_target(request.referrer))
