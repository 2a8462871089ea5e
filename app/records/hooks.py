"""Where other slices join in, so that this one imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.writing import Draft, Saved

    #: ``(actor, form key, record id, lock version)``: submit a record by the one verb that the actor may use.
    Submit = Callable[[Actor, str, str, int], Saved]
    #: ``(actor, draft)``: decide on the submission of a record that is not written yet.
    HandIn = Callable[[Actor, Draft], "Step"]


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a record that is handed in as it is written; ``taken`` is called once it is written."""

    state: str
    verb: str
    answers: Mapping[str, Any]
    region: str | None = None
    taken: Callable[[], None] = _nothing


_submit: list[Submit] = []
_hand_in: list[HandIn] = []


def register_submit(submit: Submit, hand_in: HandIn) -> None:
    """Let *submit* and *hand_in* decide on submissions of forms that have a workflow; later ones replace earlier."""
    _submit[:] = [submit]
    _hand_in[:] = [hand_in]


def submitter() -> Submit | None:
    """Return what submits a record that is there."""
    return _submit[0] if _submit else None


def handing_in() -> HandIn | None:
    """Return what decides on a record that is submitted as it is written."""
    return _hand_in[0] if _hand_in else None
