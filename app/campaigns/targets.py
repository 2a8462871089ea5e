"""Which organizations a campaign names: chosen by kind and region, or one by one; frozen when it opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.law import KeyColumns, any_scope
from app.access.query import tagged
from app.campaigns.models import CampaignTarget, scopes
from app.database import db
from app.errors import Invalid
from app.identity.models import Organization
from app.identity.service import KINDS, regions
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.campaigns.models import Campaign

#: Single organizations that one campaign may name by their codes.
MOST_CODES = 2_000

KIND_LABELS = {
    "bureau": Label("人社局", "Bureaus"),
    "agency": Label("就业服务机构", "Service agencies"),
    "college": Label("技工院校", "Colleges"),
    "enterprise": Label("企业", "Enterprises"),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Organizations of these kinds in these regions (none named: all in scope), and those of these codes."""

    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """Return what a campaign keeps."""
        return {"kinds": list(self.kinds), "regions": list(self.regions), "codes": list(self.codes)}

    @classmethod
    def of(cls, raw: dict[str, list[str]]) -> Selection:
        """Return what a campaign kept."""
        return cls(tuple(raw.get("kinds", ())), tuple(raw.get("regions", ())), tuple(raw.get("codes", ())))


def _reach(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition of the organizations that the actor's campaigns may name."""
    table = Organization.__table__.c
    return sa.and_(table.active, any_scope(actor, scopes(actor, "C"), KeyColumns(table.id, table.region)))


def _chosen(actor: Actor, selection: Selection) -> sa.Select[tuple[int, str]]:
    table = Organization.__table__.c
    clauses: list[sa.ColumnElement[bool]] = []
    if selection.kinds:
        by_kind = table.kind.in_(selection.kinds)
        clauses.append(sa.and_(by_kind, table.region.in_(selection.regions)) if selection.regions else by_kind)
    if selection.codes:
        clauses.append(table.code.in_(selection.codes))
    return sa.select(table.id, table.region).where(_reach(actor), sa.or_(sa.false(), *clauses))


def check(actor: Actor, selection: Selection) -> None:
    """Raise ``Invalid`` for a selection that names nobody, or organizations that are not there for the actor."""
    problems = []
    if not selection.kinds and not selection.codes:
        text = Label(
            "请选择应报单位的类别，或填写单位代码", "Choose kinds of organizations, or name some by their codes"
        )
        problems.append(Problem("kinds", None, "required", text))
    if unknown := sorted(set(selection.kinds) - set(KINDS)):
        text = Label(f"没有这个单位类别：{unknown[0][:40]}", f"There is no such kind: {unknown[0][:40]}")
        problems.append(Problem("kinds", None, "choice", text))
    if len(selection.regions) > MOST_CODES:
        text = Label(f"地区最多 {MOST_CODES} 个", f"At most {MOST_CODES} regions")
        problems.append(Problem("regions", None, "too_many", text))
    elif strange := sorted(set(selection.regions) - {row.code for row in regions()}):
        text = Label(f"没有这个地区：{strange[0][:40]}", f"There is no such region: {strange[0][:40]}")
        problems.append(Problem("regions", None, "choice", text))
    if len(selection.codes) > MOST_CODES:
        text = Label(f"单位代码最多 {MOST_CODES} 个", f"At most {MOST_CODES} codes")
        problems.append(Problem("codes", None, "too_many", text))
    elif missing := _missing(actor, selection.codes):
        listed = "、".join(missing[:5])
        text = Label(
            f"没有找到或不在您的范围内：{listed}", f"Not found, or not within your scope: {', '.join(missing[:5])}"
        )
        problems.append(Problem("codes", None, "unknown", text))
    if problems:
        raise Invalid(errors=problems)


def _missing(actor: Actor, codes: Sequence[str]) -> list[str]:
    table = Organization.__table__.c
    known = (
        set(db.session.scalars(sa.select(table.code).where(_reach(actor), table.code.in_(codes)))) if codes else set()
    )
    return [code for code in codes if code not in known]


def count(actor: Actor, selection: Selection) -> int:
    """Return how many organizations a selection names now."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(_chosen(actor, selection).subquery())) or 0


def freeze(actor: Actor, campaign: Campaign) -> int:
    """Write down the organizations that the selection names now; return how many."""
    chosen = _chosen(actor, Selection.of(campaign.targets)).add_columns(sa.literal(campaign.id))
    columns = ["organization_id", "region", "campaign_id"]
    target = CampaignTarget.__table__
    db.session.execute(tagged(sa.insert(target).from_select(columns, chosen), "targets of a campaign that opens"))
    # Not every driver tells how many rows such an INSERT has made.
    named = sa.select(sa.func.count()).where(target.c.campaign_id == campaign.id)
    return db.session.scalar(tagged(named, "targets of a campaign that opens")) or 0
