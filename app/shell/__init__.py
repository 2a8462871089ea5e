"""The frame around every page: start page, menu, language, headers, addresses of static files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shell import assets, headers, home, menu, speech, texts

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register what frames the pages."""
    assets.init_app(app)
    speech.init_app(app)
    texts.init_app(app)
    headers.init_app(app)
    menu.init_app(app)
    home.init_app(app)
