"""Where other slices join in, so that this one imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.writing import Saved

    #: ``(actor, form key, record id, lock version)``: submit a record by the one verb that the actor may use.
    Submit = Callable[[Actor, str, str, int], Saved]

_submit: list[Submit] = []


def register_submit(submit: Submit) -> None:
    """Let *submit* carry out submissions of forms that have a workflow; a later one replaces an earlier."""
    _submit[:] = [submit]


def submitter() -> Submit | None:
    """Return what is registered."""
    return _submit[0] if _submit else None
