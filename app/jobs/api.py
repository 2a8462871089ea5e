"""Jobs by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.api import schema
from app.api.routing import Answer, operation
from app.jobs import service

if TYPE_CHECKING:
    from app.access.actor import Actor


@operation(
    "GET",
    "/jobs/<job_id>",
    tag="jobs",
    summary="How far a job is; 404 for anybody but who started it",
    answer=schema.shape(
        id=schema.STRING,
        kind=schema.STRING,
        state={"type": "string", "enum": ["queued", "running", "done", "failed", "cancelled"]},
        done=schema.INTEGER,
        total=schema.nullable(schema.INTEGER),
        error=schema.nullable(schema.STRING),
        result=schema.nullable(schema.OBJECT),
    ),
)
def job(actor: Actor, job_id: str) -> Answer:
    """Return the state of a job."""
    found = service.get(actor, job_id)
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state,
        "done": found.done,
        "total": found.total,
        "error": found.error,
        "result": found.result,
    }
