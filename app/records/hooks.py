"""Where other slices join in, so that this one imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from app.errors import DomainError, NotFound

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.projection.together import Part
    from app.records.writing.record import Draft, Saved

    #: ``(actor, form key, record id, lock version)``: submit a record by the one verb that the actor may use.
    Submit = Callable[[Actor, str, str, int], Saved]
    #: ``(actor, draft)``: decide on the submission of a record that is not written yet.
    HandIn = Callable[[Actor, Draft], "Step"]


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a record that is handed in as it is written.

    ``parts`` are written with it, ``taken`` is called once it is written.
    """

    state: str
    verb: str
    answers: Mapping[str, Any]
    region: str | None = None
    parts: tuple[Part, ...] = ()
    taken: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Filing:
    """The campaign that a new record is filled in, and the version of the form that the campaign names.

    ``admit`` is called with the organization that the record is to belong to; it raises where that is no target.
    """

    campaign_id: str
    version_no: int
    admit: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """A campaign that the actor may fill in now."""

    campaign_id: str
    title: str
    due: str


@dataclass(frozen=True, slots=True)
class Campaigns:
    """What records ask of campaigns.

    ``begin``: ``(actor, form key, campaign id)`` → its filing; raises where it is unknown or not open now.
    ``over``: ``(campaign id)`` → the error for what is handed in now, or ``None`` while it is open.
    ``choices``: ``(actor, form key)`` → the campaigns in which the actor's organization may fill the form now.
    ``title``: ``(campaign id)`` → what it is called; empty where nobody is to know.
    """

    begin: Callable[[Actor, str, str], Filing]
    over: Callable[[str], DomainError | None]
    choices: Callable[[Actor, str], Sequence[Choice]]
    title: Callable[[str], str]


_campaigns: list[Campaigns] = []


def register_campaigns(campaigns: Campaigns) -> None:
    """Let records be filled in campaigns."""
    _campaigns[:] = [campaigns]


def begin_filing(actor: Actor, form_key: str, campaign_id: str | None) -> Filing | None:
    """Return the filing of a new record in a campaign; ``None`` without one. Raises ``NotFound``, ``Conflict``."""
    if not campaign_id:
        return None
    if not _campaigns:
        raise NotFound
    return _campaigns[0].begin(actor, form_key, campaign_id)


def campaign_over(campaign_id: str) -> DomainError | None:
    """Return the error for what is handed in now, or ``None`` while the campaign is open."""
    return _campaigns[0].over(campaign_id) if _campaigns else None


def campaign_choices(actor: Actor, form_key: str) -> Sequence[Choice]:
    """Return the campaigns in which the actor's organization may fill the form now, the first due first."""
    return _campaigns[0].choices(actor, form_key) if _campaigns else ()


def campaign_title(campaign_id: str | None) -> str:
    """Return what a campaign is called; empty for none."""
    return _campaigns[0].title(campaign_id) if _campaigns and campaign_id else ""


class Written(Protocol):
    """Told of every record that a visitor writes; ``submitted``: it is handed in, which spends his code."""

    def __call__(self, actor: Actor, record_id: str, *, submitted: bool) -> None:
        """Note it. Raises ``Conflict`` where the code is spent already."""


_visits: list[Written] = []


def register_visits(written: Written) -> None:
    """Let the codes of visitors know what was written with them."""
    _visits[:] = [written]


def note_visit(actor: Actor, record_id: str, *, submitted: bool) -> None:
    """Note what a visitor has written; of others nothing."""
    if actor.visit is not None:
        if not _visits:
            raise NotFound
        _visits[0](actor, record_id, submitted=submitted)


@dataclass(frozen=True, slots=True)
class Due:
    """What records ask about attachments that an import could not bring.

    ``condition``: ``(table)`` → whether a row still lacks some. ``settle``: ``(record id, answers)``, once these hold.
    """

    condition: Callable[[sa.FromClause], sa.ColumnElement[bool]]
    settle: Callable[[str, Mapping[str, Any]], None]


_due: list[Due] = []


def register_due(due: Due) -> None:
    """Let attachments that are due be found and closed."""
    _due[:] = [due]


def attachments_due(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition of the rows of a form's table whose attachments are still due."""
    return _due[0].condition(table) if _due else sa.false()


def attachments_came(record_id: str, answers: Mapping[str, Any]) -> None:
    """Close what was due and is there now."""
    if _due:
        _due[0].settle(record_id, answers)


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
