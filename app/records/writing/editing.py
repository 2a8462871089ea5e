"""Who may change a record, and in which states: asked before every change, whichever way it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import workflow_of
from app.errors import Conflict, NotAllowed
from app.records.models import VOID
from app.records.writing import owners
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.writing.record import Held


def require_editor(actor: Actor, view: RecordView) -> None:
    """Refuse who may never change this record; who may in another state is told so under the lock."""
    form = view.definition
    if not owners.may(actor, form.resource, "U", view.keys):
        raise NotAllowed
    flow = workflow_of(form)
    if actor.kind == "system":
        return
    if flow is None:
        if form.fill_roles and actor.role not in form.fill_roles:
            raise NotAllowed
    elif not any(actor.role in state.editable_by for state in flow.states.values()):
        raise NotAllowed


def require_editable(actor: Actor, held: Held) -> None:
    """Refuse a change in a state in which the actor's role changes nothing. Raises ``Conflict``."""
    state = held.record.state
    flow = workflow_of(held.definition)
    known = flow.states.get(state) if flow is not None else None
    closed = known is None or (actor.kind != "system" and actor.role not in known.editable_by)
    if state == VOID or (flow is not None and closed):
        raise Conflict(
            Label("该记录在现在的状态下不能修改。", "The record cannot be changed in its present state."),
            code="state",
            state=state,
            lock_version=held.record.lock_version,
        )
