"""Screens of a form: its key is a part of their address, taken out of it before anything else is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g

if TYPE_CHECKING:
    from collections.abc import Callable


def _take_form_key(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.form_key = (values or {}).pop("form", "")


def _put_form_key(_endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("form", g.get("form_key", ""))


def of_a_form(blueprint: Any, authorise: Callable[[], None]) -> Any:
    """Let the addresses of a blueprint name a form, found in ``g.form_key``; *authorise* is asked before every view."""
    blueprint.url_value_preprocessor(_take_form_key)
    blueprint.url_defaults(_put_form_key)
    blueprint.before_request(authorise)
    return blueprint
