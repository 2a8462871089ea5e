"""Caches of this process that hold what was read from the database.

They are keyed by version, so they need no invalidation in production. Whoever swaps the whole
database under a running process (the tests) calls :func:`clear_all`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_clearers: list[Callable[[], object]] = []


class Itself(Generic[_T]):
    """A cache key that stands for one object, which it keeps alive: equal to that of no other, however alike."""

    __slots__ = ("it",)

    def __init__(self, it: _T) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.it is self.it

    def __hash__(self) -> int:
        return id(self.it)


def on_clear(clear: Callable[[], object]) -> Callable[[], object]:
    """Register *clear*, to be called when everything cached must go; returned unchanged."""
    _clearers.append(clear)
    return clear


def clear_all() -> None:
    """Empty every registered cache."""
    for clear in _clearers:
        clear()
