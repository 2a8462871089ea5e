"""What an address may hold: no NUL, which databases refuse, and no number that their columns cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import IntegerConverter

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map

_LARGEST = 2**31 - 1


class ColumnNumber(IntegerConverter):
    """``<int:…>``: a number that an integer column holds; any other is an address that does not exist."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = _LARGEST) -> None:  # noqa: A002 - the framework's names
        super().__init__(map, fixed_digits, min, max)


def _refuse_nul() -> None:
    if "\0" in request.path:
        raise NotFound
    if any("\0" in value for values in request.args.lists() for value in (values[0], *values[1])):
        raise BadRequest


def init_app(app: Flask) -> None:
    """Take numbers and texts of addresses as the databases can; before any route is registered."""
    app.url_map.converters["int"] = ColumnNumber
    app.before_request(_refuse_nul)
