"""How long the earlier versions of a form go on: a day after which drafts are filled under the present one, and a seal.

Without either, a draft can be finished under the version that it was begun under, and a record that was handed in can
be changed under its own. The publisher may set a day for the drafts (``force_after``) and seal what was handed in
(``sealed``): then only an upgrade changes it. Either is said of the versions before the present one, and holds until
it is taken back; a version that is published later begins without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.actor import today
from app.access.query import require
from app.builder.catalogue import catalogue, head, touch
from app.builder.models import VersionEnd
from app.builder.service import DESIGN
from app.database import db, utcnow
from app.errors import Invalid
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

#: A later day is a slip of the pen.
LAST_YEAR = 2100


@dataclass(frozen=True, slots=True)
class Ends:
    """What holds for the versions before *no*."""

    no: int
    force_after: date | None = None
    sealed: bool = False


def _all(form_key: str) -> tuple[Ends, ...]:
    def ask() -> tuple[Ends, ...]:
        columns = VersionEnd.no, VersionEnd.force_after, VersionEnd.sealed
        rows = db.session.execute(sa.select(*columns).where(VersionEnd.form_key == form_key))
        return tuple(Ends(row.no, row.force_after, row.sealed) for row in rows)

    return catalogue().keep(("ends", form_key), ask)


def last_day(form_key: str, version_no: int) -> date | None:
    """Return the last day on which drafts of a version are filled under it, ``None`` where there is none."""
    days = [item.force_after for item in _all(form_key) if item.no > version_no and item.force_after is not None]
    return min(days, default=None)


def ended(form_key: str, version_no: int) -> bool:
    """Tell whether drafts of a version have to come to the present one."""
    day = last_day(form_key, version_no)
    return day is not None and day < today()


def sealed(form_key: str, version_no: int) -> bool:
    """Tell whether what was handed in under a version is changed only by an upgrade."""
    return any(item.sealed for item in _all(form_key) if item.no > version_no)


def day_of(text: str | None) -> date | None:
    """Return the day that *text* names, ``None`` for none. Raises ``Invalid`` for what is no day."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = Label("请填日期，如 2026-12-31", "Give a day such as 2026-12-31")
        raise Invalid(errors=[Problem("force_after", None, "date", message)]) from None


def of_form(actor: Actor, form_key: str) -> Ends:
    """Return what holds for the versions before the present one. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "V")
    number = head(form_key).no
    return next((item for item in _all(form_key) if item.no == number), Ends(number))


def set_ends(actor: Actor, form_key: str, *, force_after: date | None, is_sealed: bool) -> Ends:
    """Say how long the versions before the present one go on.

    Raises ``NotAllowed``, ``NotFound`` and ``Invalid`` (there is no earlier version; a day beyond all reason).
    """
    require(actor, DESIGN, "P")
    before = of_form(actor, form_key)
    if before.no < 2:
        text = Label("这张表单还没有以前的版本。", "The form has no earlier version.")
        raise Invalid(text, code="no_earlier_version")
    if force_after is not None and force_after.year > LAST_YEAR:
        text = Label("日期过远，请核对", "The day is too far away; check it")
        raise Invalid(errors=[Problem("force_after", None, "range", text)])
    found = db.session.get(VersionEnd, (form_key, before.no))
    if found is None:
        found = VersionEnd(form_key=form_key, no=before.no)
        db.session.add(found)
    found.force_after, found.sealed = force_after, is_sealed
    found.set_by, found.set_at = actor.user_id, utcnow()
    touch()
    after = Ends(before.no, force_after, is_sealed)
    if after != before:
        day = force_after.isoformat() if force_after else None
        detail = {"before_version": before.no, "force_after": day, "sealed": is_sealed}
        audit.record(actor, "version_ends_set", object_type="form", object_id=form_key, detail=detail)
    db.session.flush()
    return after
