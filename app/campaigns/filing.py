"""Filling in a campaign: only while it is open, only for its targets, under the version that it names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.actor import today
from app.access.query import tagged
from app.campaigns.models import DRAFT, OPEN, Campaign, CampaignTarget
from app.database import db
from app.errors import Conflict, Invalid, NotFound
from app.records.hooks import Campaigns, Choice, Filing, register_campaigns
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor


def _closed(campaign: Campaign) -> Conflict:
    """Return the error for what is filled outside the time of a campaign."""
    title, first, last = campaign.title, campaign.opens_on, campaign.due_on
    if campaign.phase == "closed":
        text = Label(f"填报任务“{title}”已经截止，不能再填报。", f"The campaign “{title}” is closed.")
    else:
        text = Label(
            f"填报任务“{title}”的填报时间为 {first} 至 {last}，现在不能填报。",
            f"The campaign “{title}” is open from {first} to {last}, not now.",
        )
    return Conflict(text, code="campaign_closed")


def begin(actor: Actor, form_key: str, campaign_id: str) -> Filing:
    """Return the filing of a new record. Raises ``NotFound`` for a campaign out of view, ``Conflict`` when not open."""
    statement = sa.select(Campaign).where(Campaign.id == campaign_id)
    if actor.visit is not None and actor.visit.campaign_id == campaign_id:
        statement = tagged(statement, "campaign of the code that a visitor was given")
    # The session shows the present actor's campaigns alone.
    found = db.session.scalar(statement)
    if found is None or found.form_key != form_key or found.state == DRAFT:
        raise NotFound
    if found.phase != "running":
        raise _closed(found)
    return Filing(found.id, found.form_version_no, partial(_admit, found))


def _admit(campaign: Campaign, organization_id: int) -> None:
    target = CampaignTarget.__table__
    named = sa.select(target.c.organization_id).where(
        target.c.campaign_id == campaign.id, target.c.organization_id == organization_id
    )
    if db.session.execute(tagged(named, "whether a campaign in view names an organization")).first() is None:
        text = Label(
            f"该单位不在填报任务“{campaign.title}”的应报名单中",
            f"The organization is not among those that must fill the campaign “{campaign.title}”",
        )
        raise Invalid(text, code="no_target", errors=[Problem("campaign", None, "no_target", text)])


def over(campaign_id: str) -> Conflict | None:
    """Return the error for what is handed in now; ``None`` while the campaign is open."""
    statement = sa.select(Campaign).where(Campaign.id == campaign_id)
    found = db.session.scalar(tagged(statement, "campaign of a record that the actor holds"))
    return None if found is None or found.phase == "running" else _closed(found)


def choices(actor: Actor, form_key: str) -> Sequence[Choice]:
    """Return the open campaigns that name the actor's organization for a form, the first due first."""
    day = today()
    statement = (
        sa.select(Campaign.id, Campaign.title, Campaign.due_on)
        .join(CampaignTarget, CampaignTarget.campaign_id == Campaign.id)
        .where(
            Campaign.form_key == form_key,
            Campaign.state == OPEN,
            Campaign.opens_on <= day,
            Campaign.due_on >= day,
            CampaignTarget.organization_id == actor.organization_id,
        )
        .order_by(Campaign.due_on, Campaign.id)
    )
    return [Choice(row.id, row.title, row.due_on.isoformat()) for row in db.session.execute(statement)]


def title(campaign_id: str) -> str:
    """Return what a campaign in view is called; empty for any other."""
    return db.session.scalar(sa.select(Campaign.title).where(Campaign.id == campaign_id)) or ""


def register() -> None:
    """Join the records slice, which imports none of this."""
    register_campaigns(Campaigns(begin=begin, over=over, choices=choices, title=title))
