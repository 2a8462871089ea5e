"""What an address or a post may hold: no NUL, which databases refuse, and no number that their columns cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import IntegerConverter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from werkzeug.formparser import FormDataParser
    from werkzeug.routing import Map

_LARGEST = 2**31 - 1


class ColumnNumber(IntegerConverter):
    """``<int:…>``: a number that an integer column holds; any other is an address that does not exist."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = _LARGEST) -> None:  # noqa: A002 - the framework's names
        super().__init__(map, fixed_digits, min, max)


class Posted(ImmutableMultiDict[str, Any]):
    """What a form posts, without NUL: people paste it unseen, and what else they typed must not be lost for it."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(_readable(name), _readable(value)) for name, value in pairs])


def _readable(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


class FormRequest(Request):
    """A request whose posted texts every database can keep."""

    def make_form_data_parser(self) -> FormDataParser:
        """Return a parser that leaves NUL out."""
        parser = super().make_form_data_parser()
        parser.cls = Posted
        return parser


def _refuse_nul() -> None:
    if "\0" in request.path:
        raise NotFound
    if any("\0" in value for values in request.args.lists() for value in (values[0], *values[1])):
        raise BadRequest


def init_app(app: Flask) -> None:
    """Take numbers and texts of addresses and posts as the databases can; before any route is registered."""
    app.request_class = FormRequest
    app.url_map.converters["int"] = ColumnNumber
    app.before_request(_refuse_nul)
