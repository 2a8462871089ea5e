"""Saving a draft while it is being filled, without leaving its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.access.query import require
from app.builder.service import compiled as compiled_form
from app.database import unit_of_work
from app.errors import Conflict, language
from app.records import service
from app.records.entry import whose
from app.records.entry.adding import version_of
from app.records.entry.renderer import draft_conflict, draft_reply, drawn_with, parse_draft
from app.records.versions import drafts

if TYPE_CHECKING:
    from app.access.actor import Actor


def autosave(actor: Actor, form_key: str, record_id: str, body: Any) -> tuple[dict[str, Any], int]:
    """Save changed fields of a draft; return the answer for the page and its status."""
    drawn = drawn_with(body.get("form_version")) if isinstance(body, Mapping) else None
    named = body.get("for") if isinstance(body, Mapping) and record_id == "new" else None
    campaign = str(body.get("campaign") or "") if isinstance(body, Mapping) and record_id == "new" else ""
    if record_id == "new":
        form = compiled_form(form_key, version_of(actor, form_key, campaign, drawn))
    else:
        require(actor, compiled_form(form_key).definition.resource, "U")
        form = drafts.present(actor, form_key, service.read(actor, form_key, record_id), drawn).compiled
    lock_version, changes = parse_draft(form, body)
    try:
        with unit_of_work():
            if record_id == "new":
                behalf = whose.posted(actor, form.definition, named)
                saved = service.create(
                    actor, form_key, changes, on_behalf_of=behalf, campaign=campaign or None, drawn=drawn
                )
            else:
                saved = service.update(actor, form_key, record_id, lock_version, changes, drawn=drawn)
    except Conflict as error:
        data = error.data
        answer = draft_conflict(
            form.definition, data.get("conflicts", ()), data.get("lock_version", lock_version), language()
        )
        return answer, error.status
    return draft_reply(saved, f"/records/{form_key}/edit/{saved.id}", language()), 200
