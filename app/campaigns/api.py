"""Campaigns by the API: list, make, open, close, discard, and who has filed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, operation
from app.campaigns import progress, service
from app.campaigns.models import RESOURCE
from app.campaigns.targets import Selection
from app.database import unit_of_work
from app.errors import BadRequest, Invalid
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.campaigns.models import Campaign

COUNT = schema.shape(total=schema.INTEGER, filed=schema.INTEGER, begun=schema.INTEGER, missing=schema.INTEGER)
CAMPAIGN = schema.shape(
    id=schema.STRING,
    form=schema.STRING,
    form_version=schema.INTEGER,
    title=schema.STRING,
    opens_on=schema.STRING,
    due_on=schema.STRING,
    state={"type": "string", "enum": ["draft", "open", "closed"]},
    progress=COUNT,
)
TARGETS = schema.record(
    (), kinds=schema.listing(schema.STRING), regions=schema.listing(schema.STRING), codes=schema.listing(schema.STRING)
)


def _shown(campaign: Campaign, count: progress.Count | None) -> dict[str, Any]:
    found = count or progress.Count()
    return {
        "id": campaign.id,
        "form": campaign.form_key,
        "form_version": campaign.form_version_no,
        "title": campaign.title,
        "opens_on": campaign.opens_on.isoformat(),
        "due_on": campaign.due_on.isoformat(),
        "state": campaign.state,
        "progress": {"total": found.total, "filed": found.filed, "begun": found.begun, "missing": found.missing},
    }


def _one(actor: Actor, campaign_id: str) -> dict[str, Any]:
    return _shown(service.read(actor, campaign_id), progress.counts(actor, [campaign_id]).get(campaign_id))


@operation(
    "GET",
    "/campaigns",
    tag="campaigns",
    needs="V",
    resource=RESOURCE,
    summary="Campaigns in view, the newest first; progress counts the organizations in scope",
    answer=schema.shape(campaigns=schema.listing(CAMPAIGN)),
)
def page(actor: Actor) -> Answer:
    """Return the campaigns in view."""
    found = service.campaigns(actor)
    counts = progress.counts(actor, [item.id for item in found])
    return {"campaigns": [_shown(item, counts.get(item.id)) for item in found]}


@operation(
    "POST",
    "/campaigns",
    tag="campaigns",
    needs="C",
    resource=RESOURCE,
    summary="Make a draft over the present version of a form",
    status=201,
    body=schema.record(
        ("form", "title", "opens_on", "due_on", "targets"),
        form=schema.STRING,
        title=schema.STRING,
        opens_on=schema.STRING,
        due_on=schema.STRING,
        targets=TARGETS,
    ),
    answer=CAMPAIGN,
)
def create(actor: Actor, body: dict[str, Any]) -> Answer:
    """Make a draft."""
    with unit_of_work():
        made = service.create(
            actor,
            body["form"],
            body["title"],
            opens_on=_day(body, "opens_on"),
            due_on=_day(body, "due_on"),
            selection=_selection(body["targets"]),
        )
    return _shown(made, None)


def _day(body: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(body[name])
    except ValueError:
        text = Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01")
        raise Invalid(errors=[Problem(name, None, "not_date", text)]) from None


def _selection(raw: dict[str, Any]) -> Selection:
    chosen = [raw.get(name, []) for name in ("kinds", "regions", "codes")]
    if set(raw) - {"kinds", "regions", "codes"} or any(
        not isinstance(listed, list) or any(not isinstance(item, str) for item in listed) for listed in chosen
    ):
        raise BadRequest(code="body")
    return Selection(*(tuple(dict.fromkeys(listed)) for listed in chosen))


@operation(
    "GET",
    "/campaigns/<campaign_id>",
    tag="campaigns",
    needs="V",
    resource=RESOURCE,
    summary="One campaign",
    answer=CAMPAIGN,
)
def read(actor: Actor, campaign_id: str) -> Answer:
    """Return a campaign."""
    return _one(actor, campaign_id)


@operation(
    "GET",
    "/campaigns/<campaign_id>/assignments",
    tag="campaigns",
    needs="V",
    resource=RESOURCE,
    summary="Who must fill and how far they are, within the actor's scope",
    query=(
        schema.Parameter("status", "Only these", {"type": "string", "enum": list(progress.STATUSES)}),
        schema.Parameter("after", "`next` of the page before", schema.INTEGER),
    ),
    answer=schema.shape(next=schema.nullable(schema.INTEGER), assignments=schema.listing(schema.OBJECT)),
)
def assignments(actor: Actor, campaign_id: str) -> Answer:
    """Return a page of assignments."""
    status, after = argument("status"), argument("after", "0")
    if (status and status not in progress.STATUSES) or not after.isascii() or not after.isdecimal() or len(after) > 9:
        raise BadRequest(code="query")
    service.read(actor, campaign_id)
    rows, following = progress.assignments(actor, campaign_id, status=status, after=int(after))
    return {
        "next": following,
        "assignments": [
            {
                "organization": {"id": row.organization_id, "name": row.organization},
                "region": row.region,
                "status": row.status,
                "filed_at": row.filed_at.isoformat() if row.filed_at else None,
                "records": row.records,
            }
            for row in rows
        ],
    }


@operation(
    "POST",
    "/campaigns/<campaign_id>/open",
    tag="campaigns",
    needs="P",
    resource=RESOURCE,
    summary="Open a draft; its targets are frozen",
    answer=CAMPAIGN,
)
def open_(actor: Actor, campaign_id: str) -> Answer:
    """Open a draft."""
    with unit_of_work():
        service.open_(actor, campaign_id)
    return _one(actor, campaign_id)


@operation(
    "POST",
    "/campaigns/<campaign_id>/close",
    tag="campaigns",
    needs="P",
    resource=RESOURCE,
    summary="Close an open campaign: nothing more is handed in",
    answer=CAMPAIGN,
)
def close(actor: Actor, campaign_id: str) -> Answer:
    """Close a campaign."""
    with unit_of_work():
        service.close(actor, campaign_id)
    return _one(actor, campaign_id)


@operation(
    "DELETE",
    "/campaigns/<campaign_id>",
    tag="campaigns",
    needs="U",
    resource=RESOURCE,
    summary="Remove a draft",
    answer=schema.shape(discarded=schema.BOOLEAN),
)
def discard(actor: Actor, campaign_id: str) -> Answer:
    """Remove a draft."""
    with unit_of_work():
        service.discard(actor, campaign_id)
    return {"discarded": True}
