"""Marks what people wrote: on an English page a Chinese answer is data, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from app.errors import language
from app.records.reading.show_page import lang_of_data

if TYPE_CHECKING:
    from flask import Flask


def data(text: Any) -> Markup:
    """Jinja filter: return what somebody wrote, marked with its language where that differs from the page's."""
    if lang_of_data(text, language()):
        return Markup('<span lang="zh-CN">{}</span>').format(text)
    return escape(text)


def data_lang(text: Any) -> Markup:
    """Jinja filter: return the ``lang`` attribute for an element that holds nothing but *text*; often empty."""
    return Markup(' lang="zh-CN"') if lang_of_data(text, language()) else Markup()


def init_app(app: Flask) -> None:
    """Offer the filters to templates."""
    app.jinja_env.filters.update(data=data, data_lang=data_lang)
