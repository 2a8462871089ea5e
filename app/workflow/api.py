"""Steps by the API, and what waits for the actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.api import schema
from app.api.routing import Answer, argument, operation
from app.database import unit_of_work
from app.errors import BadRequest, language
from app.records import service as records
from app.records import told
from app.workflow import service
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

LARGEST = 200


@operation(
    "GET",
    "/forms/<form>/records/<record_id>/actions",
    tag="workflow",
    needs="V",
    summary="What the actor may do with a record now",
    visitors=True,
    answer=schema.shape(
        actions=schema.listing(
            schema.shape(
                verb=schema.STRING,
                label=schema.STRING,
                kind=schema.STRING,
                needs_comment=schema.BOOLEAN,
                needs_note=schema.BOOLEAN,
            )
        ),
        lock_version=schema.INTEGER,
    ),
)
def actions(actor: Actor, form: str, record_id: str) -> Answer:
    """Return the steps that are open to the actor."""
    view = records.read(actor, form, record_id)
    lang = language()
    return {
        "actions": [
            {
                "verb": action.verb,
                "label": action.label.get(lang),
                "kind": action.kind,
                "needs_comment": action.needs_comment,
                "needs_note": action.kind == "return",
            }
            for action in service.available(actor, form, view)
        ],
        "lock_version": view.lock_version,
    }


@operation(
    "POST",
    "/forms/<form>/records/<record_id>/actions/<verb>",
    tag="workflow",
    needs="V",
    summary="Take a step on the revision that the actor saw",
    body=schema.record(
        ("lock_version",),
        lock_version=schema.INTEGER,
        comment=schema.nullable(schema.STRING),
        notes=schema.nullable(schema.listing(schema.OBJECT)),
    ),
    answer=schema.record(
        ("id", "state", "lock_version"),
        id=schema.STRING,
        state=schema.STRING,
        lock_version=schema.INTEGER,
        warnings=schema.listing(schema.OBJECT),
    ),
    visitors=True,
)
def act(actor: Actor, form: str, record_id: str, verb: str, body: dict[str, Any]) -> Answer:
    """Take a step; a step that copies answers with the new record."""
    with unit_of_work():
        saved = service.perform(
            actor,
            form,
            record_id,
            verb,
            lock_version=body["lock_version"],
            comment=body.get("comment") or "",
            notes=body.get("notes") or (),
        )
    return {"id": saved.id, "state": saved.state, "lock_version": saved.lock_version, **told.warnings(saved)}


@operation(
    "GET",
    "/work",
    tag="workflow",
    summary="What waits for the actor over all forms",
    query=(schema.Parameter("limit", f"1 to {LARGEST}, 50 by default", schema.INTEGER),),
    answer=schema.shape(count=schema.INTEGER, counts=schema.OBJECT, items=schema.listing(schema.OBJECT)),
)
def work(actor: Actor) -> Answer:
    """Return what waits, the longest waiting first."""
    limit = argument("limit", "50")
    if not limit.isdecimal() or len(limit) > 3 or not 1 <= int(limit) <= LARGEST:
        raise BadRequest(Label(f"limit 应为 1 到 {LARGEST}。", f"limit should be 1 to {LARGEST}."), code="query")
    found = service.work_list(actor, int(limit))
    lang = language()
    return {
        "count": found.count,
        "counts": found.counts,
        "items": [
            {
                "kind": item.kind,
                "form": item.form_key,
                "form_title": item.form_title.get(lang),
                "id": item.record_id,
                "serial": item.serial,
                "organization": item.organization_name,
                "state": item.state,
                "state_label": item.state_label.get(lang),
                "since": item.since.isoformat(),
            }
            for item in found.items
        ],
    }
