"""What else is going on with a form while a new version is published: other slices tell, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forms.labels import Label

    Teller = Callable[[str], Iterable[Label]]

_tellers: list[Teller] = []


def teller(function: Teller) -> Teller:
    """Register a function that is given a form's key and says what goes on with it; returned unchanged."""
    if function not in _tellers:
        _tellers.append(function)
    return function


def under_way(form_key: str) -> list[Label]:
    """Return what goes on with a form and is touched by a new version of it."""
    return [label for tell in _tellers for label in tell(form_key)]
