"""Visits and codes by the API."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, address, operation, site
from app.builder.service import head
from app.database import unit_of_work
from app.errors import Invalid
from app.visitors import arriving, attempts, codes, issuing
from app.visitors.models import VisitBatch
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

BATCH = schema.shape(
    id=schema.STRING,
    form=schema.STRING,
    campaign=schema.nullable(schema.STRING),
    note=schema.STRING,
    valid_until=schema.STRING,
    revoked=schema.BOOLEAN,
    codes=schema.INTEGER,
    spent=schema.INTEGER,
)


@operation(
    "POST",
    "/visits",
    tag="visits",
    public=True,
    errors=(429,),
    summary="Begin a visit with a one-time code: a bearer token for filling its form, until it is handed in",
    status=201,
    body=schema.record(("code",), code=schema.STRING),
    answer=schema.shape(token=schema.STRING, expires_at=schema.STRING, form=schema.STRING),
)
def begin(body: dict[str, Any]) -> Answer:
    """Begin a visit."""
    attempt = attempts.begin(address())
    with unit_of_work():
        arrival = arriving.open_visit(body["code"])
    attempts.succeeded(attempt)
    return {
        "token": arriving.MARK + arrival.secret,
        "expires_at": arrival.until.isoformat(),
        "form": arrival.form_key,
    }


def _shown(batch: VisitBatch, count: issuing.Count | None) -> dict[str, Any]:
    found = count or issuing.Count()
    return {
        "id": batch.id,
        "form": batch.form_key,
        "campaign": batch.campaign_id,
        "note": batch.note,
        "valid_until": batch.valid_until.isoformat(),
        "revoked": batch.revoked_at is not None,
        "codes": found.total,
        "spent": found.spent,
    }


@operation(
    "GET",
    "/codes",
    tag="visits",
    summary="Batches of one-time codes of the own organization",
    answer=schema.shape(batches=schema.listing(BATCH)),
)
def page(actor: Actor) -> Answer:
    """Return the batches of the actor's organization."""
    found = issuing.batches(actor)
    counts = issuing.counts(found)
    return {"batches": [_shown(item, counts.get(item.id)) for item in found]}


@operation(
    "POST",
    "/forms/<form>/codes",
    tag="visits",
    needs="C",
    summary="Issue one-time codes for a form; they are answered this once, and kept as hashes",
    status=201,
    body=schema.record(
        ("count", "valid_until"),
        count=schema.INTEGER,
        valid_until=schema.STRING,
        fixed=schema.OBJECT,
        campaign=schema.nullable(schema.STRING),
        note=schema.STRING,
    ),
    answer=schema.shape(batch=BATCH, codes=schema.listing(schema.OBJECT)),
)
def issue(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Issue codes."""
    head(form)
    try:
        until = date.fromisoformat(body["valid_until"])
    except ValueError:
        text = Label("请填日期，如 2026-03-01", "Enter a date such as 2026-03-01")
        raise Invalid(errors=[Problem("valid_until", None, "not_date", text)]) from None
    with unit_of_work():
        issued = issuing.issue(
            actor,
            form,
            body["count"],
            fixed=body.get("fixed", {}),
            valid_until=until,
            campaign_id=body.get("campaign"),
            note=body.get("note", ""),
        )
    shown = [codes.spaced(code) for code in issued.codes]
    return {
        "batch": _shown(issued.batch, issuing.Count(len(shown))),
        "codes": [{"code": code, "address": f"{site()}v/c/{code}"} for code in shown],
    }


@operation(
    "POST",
    "/codes/<batch_id>/revoke",
    tag="visits",
    summary="Make the codes of a batch that are not spent worthless",
    answer=schema.shape(revoked=schema.BOOLEAN),
)
def revoke(actor: Actor, batch_id: str) -> Answer:
    """Revoke a batch."""
    with unit_of_work():
        issuing.revoke(actor, batch_id)
    return {"revoked": True}
