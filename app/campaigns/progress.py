"""Who has filed in a campaign and who has not, within the actor's scope; and what an organization has yet to fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.actor import today
from app.access.query import tagged
from app.campaigns.models import OPEN, Campaign, CampaignTarget, in_scope
from app.database import db
from app.identity.models import Organization
from app.records.models import VOID, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from app.access.actor import Actor

FILED, BEGUN, MISSING = "filed", "begun", "missing"
STATUSES = (FILED, BEGUN, MISSING)
PAGE = 100

_target, _record = CampaignTarget.__table__, Record.__table__
#: Records of an assignment that count.
_OF_TARGET = sa.and_(
    _record.c.campaign_id == _target.c.campaign_id,
    _record.c.organization_id == _target.c.organization_id,
    _record.c.state != VOID,
    _record.c.batch.is_(None),
)
_FILED = sa.exists().where(_OF_TARGET, _record.c.submitted_at.is_not(None)).correlate(_target)
_BEGUN = sa.exists().where(_OF_TARGET).correlate(_target)
_STATUS = sa.case((_FILED, sa.literal(FILED)), (_BEGUN, sa.literal(BEGUN)), else_=sa.literal(MISSING))
_REASON = "assignments in scope, and whether something was filed for them"


@dataclass(frozen=True, slots=True)
class Count:
    """How many must fill, have filed, have begun."""

    total: int = 0
    filed: int = 0
    begun: int = 0

    @property
    def missing(self) -> int:
        """How many have not begun."""
        return self.total - self.filed - self.begun

    @property
    def percent(self) -> int:
        """How many of a hundred have filed, rounded down."""
        return self.filed * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """An organization that must fill, and how far it is."""

    organization_id: int
    organization: str
    region: str
    status: str
    filed_at: datetime | None
    records: int


@dataclass(frozen=True, slots=True)
class Due:
    """Something that the actor's organization must fill."""

    campaign_id: str
    title: str
    form_key: str
    due_on: date
    status: str
    late: bool


def counts(actor: Actor, campaign_ids: Iterable[str]) -> dict[str, Count]:
    """Return the progress of campaigns by id, of the assignments in the actor's scope alone."""
    status = _STATUS.label("status")
    each = (
        sa.select(_target.c.campaign_id, status)
        .where(_target.c.campaign_id.in_(list(campaign_ids)), in_scope(actor, "V"))
        .subquery()
    )
    statement = sa.select(
        each.c.campaign_id,
        sa.func.count(),
        sa.func.sum(sa.case((each.c.status == FILED, 1), else_=0)),
        sa.func.sum(sa.case((each.c.status == BEGUN, 1), else_=0)),
    ).group_by(each.c.campaign_id)
    return {row[0]: Count(*map(int, row[1:])) for row in db.session.execute(tagged(statement, _REASON))}


def assignments(
    actor: Actor, campaign_id: str, *, status: str = "", after: int = 0, limit: int = PAGE
) -> tuple[list[Assignment], int | None]:
    """Return a page of the assignments in scope by organization, and after which the next page begins.

    :param status: only those that are so far; all by default.
    """
    organization = Organization.__table__
    records = sa.select(sa.func.count()).where(_OF_TARGET).correlate(_target).scalar_subquery()
    filed_at = sa.select(sa.func.max(_record.c.submitted_at)).where(_OF_TARGET).correlate(_target).scalar_subquery()
    statement = (
        sa.select(_target.c.organization_id, organization.c.name, _target.c.region, _STATUS, filed_at, records)
        .join(organization, organization.c.id == _target.c.organization_id)
        .where(_target.c.campaign_id == campaign_id, _target.c.organization_id > after, in_scope(actor, "V"))
        .order_by(_target.c.organization_id)
        .limit(limit + 1)
    )
    if status:
        statement = statement.where(sa.literal(status) == _STATUS)
    rows = [Assignment(*row) for row in db.session.execute(tagged(statement, _REASON))]
    return rows[:limit], rows[limit - 1].organization_id if len(rows) > limit else None


def due(actor: Actor, limit: int = 20) -> list[Due]:
    """Return what the actor's organization must fill in open campaigns: what is due first, what is filed last."""
    if actor.organization_id is None:
        return []
    campaign, day = Campaign.__table__, today()
    status = _STATUS.label("status")
    statement = (
        sa.select(campaign.c.id, campaign.c.title, campaign.c.form_key, campaign.c.due_on, status)
        .join(_target, _target.c.campaign_id == campaign.c.id)
        .where(
            _target.c.organization_id == actor.organization_id,
            campaign.c.state == OPEN,
            campaign.c.opens_on <= day,
            in_scope(actor, "V"),
        )
        .order_by(sa.case((_FILED, 1), else_=0), campaign.c.due_on, campaign.c.id)
        .limit(limit)
    )
    rows = db.session.execute(tagged(statement, _REASON))
    return [
        Due(row.id, row.title, row.form_key, row.due_on, row.status, late=row.due_on < day and row.status != FILED)
        for row in rows
    ]
