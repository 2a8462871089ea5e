"""Campaigns, and the list of those who must fill, frozen when a campaign opens."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.access.actor import today
from app.access.law import KeyColumns, RowKeys, any_scope, scope_matches
from app.access.protected import protect
from app.database import JsonDocument, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from app.access.actor import Actor

#: The fixed resource that grants on campaigns speak of.
RESOURCE = "campaign"
DRAFT, OPEN, CLOSED = "draft", "open", "closed"


class Campaign(Model):  # type: ignore[misc]
    """Who must fill which version of a form, from one day to another (both count)."""

    __tablename__ = "campaign"
    __table_args__ = (sa.Index("ix_campaign_form", "form_key", "state"),)

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    form_key: Mapped[str] = mapped_column(sa.ForeignKey("form.key"))
    #: Records of the campaign are filled under this version, whatever is published meanwhile.
    form_version_no: Mapped[int] = mapped_column(sa.Integer)
    title: Mapped[str] = mapped_column(sa.String(200))
    opens_on: Mapped[date] = mapped_column(sa.Date)
    due_on: Mapped[date] = mapped_column(sa.Date)
    #: What a draft says of its targets: kinds of organizations, regions (none: all in scope), single ones by code.
    targets: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    state: Mapped[str] = mapped_column(sa.String(8), default=DRAFT)
    #: Whose campaign it is.
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"))
    region: Mapped[str] = mapped_column(sa.String(12))
    created_by: Mapped[int | None] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def phase(self) -> str:
        """``draft``, ``coming``, ``running``, ``over`` (its time is up) or ``closed``."""
        if self.state != OPEN:
            return self.state
        if today() < self.opens_on:
            return "coming"
        return "running" if today() <= self.due_on else "over"


class CampaignTarget(Model):  # type: ignore[misc]
    """An organization that must fill; its region as it was when the campaign opened."""

    __tablename__ = "campaign_target"
    __table_args__ = (
        sa.Index("ix_campaign_target_organization", "organization_id", "campaign_id"),
        sa.Index("ix_campaign_target_region", "campaign_id", "region"),
    )

    campaign_id: Mapped[str] = mapped_column(sa.ForeignKey("campaign.id"), primary_key=True)
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"), primary_key=True)
    region: Mapped[str] = mapped_column(sa.String(12))


def scopes(actor: Actor, action: str) -> list[str]:
    """Return the scopes of the actor's grants for an action on campaigns."""
    return [rule.scope for rule in actor.rules(RESOURCE, action)]


def in_scope(actor: Actor, action: str) -> sa.ColumnElement[bool]:
    """Return the condition that an assignment lies where the actor may do *action*."""
    table = CampaignTarget.__table__.c
    return any_scope(actor, scopes(actor, action), KeyColumns(table.organization_id, table.region))


def _read_campaign(actor: Actor) -> sa.ColumnElement[bool]:
    table, target = Campaign.__table__.c, CampaignTarget.__table__
    keys = KeyColumns(table.organization_id, table.region)
    # A draft is seen by those who make campaigns there, an open one also by those whom it concerns.
    mine = sa.and_(table.state != DRAFT, any_scope(actor, scopes(actor, "V"), keys))
    named = sa.select(target.c.campaign_id).where(in_scope(actor, "V"))
    return sa.or_(any_scope(actor, scopes(actor, "C"), keys), mine, sa.and_(table.state != DRAFT, table.id.in_(named)))


def _write_campaign(actor: Actor, row: Any, _session: Any) -> bool:
    keys = RowKeys(row.organization_id, row.region)
    return any(scope_matches(actor, scope, keys) for action in "CUP" for scope in scopes(actor, action))


def _write_target(actor: Actor, row: Any, _session: Any) -> bool:
    return any(scope_matches(actor, scope, RowKeys(row.organization_id, row.region)) for scope in scopes(actor, "P"))


protect(Campaign, read=_read_campaign, write=_write_campaign)
protect(CampaignTarget, read=lambda actor: in_scope(actor, "V"), write=_write_target)
