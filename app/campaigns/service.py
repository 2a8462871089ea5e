"""Making, opening and closing campaigns. Nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app import audit
from app.access.law import RowKeys, scope_matches
from app.access.query import require
from app.builder.service import forms_for
from app.campaigns import targets
from app.campaigns.models import CLOSED, DRAFT, OPEN, RESOURCE, Campaign, scopes
from app.campaigns.targets import Selection
from app.database import db, new_id, utcnow
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from app.access.actor import Actor
    from app.builder.service import FormHead

LONGEST_TITLE = 200
#: Newest campaigns shown in a list.
LISTED = 100


def campaigns(actor: Actor, limit: int = LISTED) -> Sequence[Campaign]:
    """Return the campaigns in view, the newest first."""
    require(actor, RESOURCE, "V")
    statement = sa.select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(limit)
    found: Sequence[Campaign] = db.session.scalars(statement).all()
    return found


def read(actor: Actor, campaign_id: str) -> Campaign:
    """Return a campaign in view. Raises ``NotFound``."""
    require(actor, RESOURCE, "V")
    found: Campaign | None = db.session.scalar(sa.select(Campaign).where(Campaign.id == campaign_id))
    if found is None:
        raise NotFound
    return found


def may(actor: Actor, action: str, campaign: Campaign) -> bool:
    """Tell whether the actor may do *action* to a campaign."""
    keys = RowKeys(campaign.organization_id, campaign.region)
    return any(scope_matches(actor, scope, keys) for scope in scopes(actor, action))


def fillable(actor: Actor) -> list[FormHead]:
    """Return the forms that the actor's campaigns may ask for."""
    return forms_for(actor, "V")


def create(actor: Actor, form_key: str, title: str, *, opens_on: date, due_on: date, selection: Selection) -> Campaign:
    """Make a draft over the present version of a form. Raises ``NotAllowed`` and ``Invalid`` with what is wrong."""
    require(actor, RESOURCE, "C")
    if actor.organization_id is None:
        raise NotAllowed
    heads = {head.key: head for head in fillable(actor)}
    problems = []
    if form_key not in heads:
        problems.append(Problem("form", None, "choice", Label("请选择已发布的表单", "Choose a published form")))
    if not title.strip() or len(title) > LONGEST_TITLE:
        text = Label(f"请填写名称（不超过 {LONGEST_TITLE} 字）", f"Give a title of at most {LONGEST_TITLE} characters")
        problems.append(Problem("title", None, "required", text))
    if due_on < opens_on:
        text = Label("截止日期不能早于开始日期", "The last day must not lie before the first")
        problems.append(Problem("due_on", None, "range", text))
    try:
        targets.check(actor, selection)
    except Invalid as error:
        problems += error.errors
    if problems:
        raise Invalid(errors=problems)
    found = Campaign(
        id=new_id(),
        form_key=form_key,
        form_version_no=heads[form_key].no,
        title=title.strip(),
        opens_on=opens_on,
        due_on=due_on,
        targets=selection.as_dict(),
        state=DRAFT,
        organization_id=actor.organization_id,
        region=actor.region,
        created_by=actor.user_id,
    )
    db.session.add(found)
    db.session.flush()
    _note(actor, "campaign_created", found)
    return found


def open_(actor: Actor, campaign_id: str) -> int:
    """Open a draft and freeze its targets; return how many there are.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (open or closed already) and ``Invalid`` (nobody is named).
    """
    found = _held(actor, campaign_id, "P")
    if found.state != DRAFT:
        raise _elsewhere(found)
    count = targets.freeze(actor, found)
    if not count:
        text = Label("没有符合条件的应报单位，不能发布。", "The selection names no organization.")
        raise Invalid(text, code="no_targets", errors=[Problem("kinds", None, "no_targets", text)])
    found.state, found.opened_at = OPEN, utcnow()
    _note(actor, "campaign_opened", found, targets=count)
    return count


def close(actor: Actor, campaign_id: str) -> None:
    """Close an open campaign. Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (not open)."""
    found = _held(actor, campaign_id, "P")
    if found.state != OPEN:
        raise _elsewhere(found)
    found.state, found.closed_at = CLOSED, utcnow()
    _note(actor, "campaign_closed", found)


def discard(actor: Actor, campaign_id: str) -> None:
    """Remove a draft. Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (it was opened)."""
    found = _held(actor, campaign_id, "U")
    if found.state != DRAFT:
        raise _elsewhere(found)
    _note(actor, "campaign_discarded", found)
    db.session.delete(found)
    db.session.flush()


def _held(actor: Actor, campaign_id: str, action: str) -> Campaign:
    require(actor, RESOURCE, action)
    statement = sa.select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    found: Campaign | None = db.session.scalar(statement)
    if found is None:
        raise NotFound
    if not may(actor, action, found):
        raise NotAllowed
    return found


def _elsewhere(campaign: Campaign) -> Conflict:
    return Conflict(
        Label("该填报任务现在的状态不能这样办理。", "The campaign cannot do that in its present state."),
        code="state",
        state=campaign.state,
    )


def _note(actor: Actor, event: str, campaign: Campaign, **detail: int) -> None:
    more = {"form": campaign.form_key, "version": campaign.form_version_no, **detail}
    audit.record(actor, event, object_type="campaign", object_id=campaign.id, detail=more)
