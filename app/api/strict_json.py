"""JSON as it comes in: what no database and no answer can hold is refused before anybody looks at it."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider

_LARGEST = 2**63


def loads(text: str | bytes) -> Any:
    """Return the value of *text*.

    Raises ``ValueError`` for what is no JSON (``NaN``, half of a surrogate pair, infinity), nested more than
    1,024 levels deep, and for NUL characters and integers beyond 64 bits.
    """
    value = orjson.loads(text)
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str):
            if "\0" in part:
                raise ValueError("a NUL character")
        elif isinstance(part, int) and not -_LARGEST <= part < _LARGEST:
            raise ValueError("an integer beyond 64 bits")
    return value


class StrictJson(DefaultJSONProvider):
    """Reads JSON so; writes Chinese as it is."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        """Return the value of *s*; see :func:`loads`."""
        return loads(s)
