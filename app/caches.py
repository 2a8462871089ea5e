"""Caches of this process that hold what was read from the database.

They are keyed by version, so they need no invalidation in production. Whoever swaps the whole
database under a running process (the tests) calls :func:`clear_all`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_clearers: list[Callable[[], object]] = []


def on_clear(clear: Callable[[], object]) -> Callable[[], object]:
    """Register *clear*, to be called when everything cached must go; returned unchanged."""
    _clearers.append(clear)
    return clear


def clear_all() -> None:
    """Empty every registered cache."""
    for clear in _clearers:
        clear()
