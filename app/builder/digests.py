"""The hash of a definition: two that say the same have the same, whatever the order of their keys."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping


def digest(raw: Mapping[str, Any]) -> str:
    """Return the hash of a definition's content, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
