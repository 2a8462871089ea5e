"""Who may change a record, and in which states: asked before every change, whichever way it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder import ends
from app.builder.catalogue import workflow_of
from app.errors import Conflict, Invalid, NotAllowed
from app.records.models import VOID
from app.records.writing import owners
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.writing.record import Held

SEALED = Label(
    "以前的版本已封存，这条记录升级到新版本后才能修改。",
    "Earlier versions are sealed: the record can be changed after an upgrade to the present version.",
)


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


def is_sealed(view: RecordView) -> bool:
    """Tell whether a record was handed in under a version that is sealed: only an upgrade changes it.

    A campaign names its version and has an end of its own.
    """
    mine = view.submitted_at is not None and view.campaign is None
    return mine and ends.sealed(view.definition.key, view.form_version)


def require_unsealed(held: Held) -> None:
    """Refuse a change of what was handed in under a version that is sealed. Raises ``Conflict``."""
    record = held.record
    mine = record.submitted_at is not None and record.campaign_id is None
    if mine and ends.sealed(record.form_key, record.form_version_no):
        raise Conflict(SEALED, code="sealed", form_version=record.form_version_no, lock_version=record.lock_version)


def require_current(form_key: str, version_no: int) -> None:
    """Refuse to hand in a draft under a version whose day is over. Raises ``Invalid``."""
    day = ends.last_day(form_key, version_no)
    if day is not None and ends.ended(form_key, version_no):
        text = Label(
            f"第 {version_no} 版只能填报到 {day.isoformat()}，请升级到新版本后提交，已填内容保留",
            f"Version {version_no} could be filled until {day.isoformat()}; upgrade, then submit: nothing is lost",
        )
        raise Invalid(errors=[Problem("", None, "version_ended", text)])


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
