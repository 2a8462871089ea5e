"""Translations are looked up dozens of times per page: the catalogue is chosen once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g
from flask_babel import get_translations

if TYPE_CHECKING:
    from flask import Flask


def _chosen() -> Any:
    # Lives as long as the language does that Flask-Babel has chosen.
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def _gettext(text: str) -> str:
    found: str = _chosen().ugettext(text)
    return found


def _ngettext(one: str, many: str, number: int) -> str:
    found: str = _chosen().ungettext(one, many, number)
    return found


def _pgettext(context: str, text: str) -> str:
    found: str = _chosen().upgettext(context, text)
    return found


def init_app(app: Flask) -> None:
    """Have templates look texts up so."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext
    )
