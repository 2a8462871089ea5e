"""Drafts that were open when their form changed: what asks for nothing and takes nothing away reaches them by itself.

A page is saved under the version that it was drawn with, so that nothing that was typed is without a place. Whatever
tightens or takes away waits for somebody to say so (see :mod:`app.records.versions.upgrading`), or for the day that the
publisher has set (see :mod:`app.builder.ends`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.access.query import mask_answers, modes_in
from app.builder import ends
from app.builder.catalogue import catalogue, compiled, definition, head
from app.records.projection.tables import form_table
from app.records.reading.record import RecordView
from app.records.versions import carrying
from app.records.writing.record import Held, initial_state
from forms.answers.difference import CHANGE_CLASSES, definition_changes

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.versions.carrying import Plan
    from forms.compiled import CompiledForm

#: Classes of changes that reach a draft with its next save.
LIGHT = frozenset({"cosmetic", "additive"})


def heaviest(form_key: str, from_no: int, to_no: int) -> str:
    """Return the class of what changed from one version to another, all versions between taken together."""

    def ask() -> str:
        changes = definition_changes(definition(form_key, from_no), definition(form_key, to_no))
        return max((item.change_class for item in changes), key=CHANGE_CLASSES.index, default=CHANGE_CLASSES[0])

    return catalogue().keep(("heaviest", form_key, from_no, to_no), ask)


def is_light(form_key: str, from_no: int, to_no: int) -> bool:
    """Tell whether an answer under one version is an answer under a later one, and nothing more is asked."""
    return from_no == to_no or heaviest(form_key, from_no, to_no) in LIGHT


def opening(form_key: str, drawn: int | None) -> int:
    """Return the version that a new record is written under whose page was drawn with version *drawn*."""
    present = head(form_key).no
    if drawn is None or not 1 <= drawn <= present or is_light(form_key, drawn, present):
        return present
    return drawn


def target(form_key: str, version_no: int, drawn: int | None = None) -> int:
    """Return the version that a draft is saved under by itself.

    :param drawn: that its page was drawn with, where there is a page.
    """
    present = head(form_key).no
    if drawn in {None, present} and ends.ended(form_key, version_no):
        return present
    known = drawn is not None and version_no <= drawn <= present
    # What was typed into a page of a version that the present one takes something from has a place in that version.
    wanted = drawn if drawn is not None and known and not is_light(form_key, drawn, present) else present
    return wanted if is_light(form_key, version_no, wanted) else version_no


def is_draft(form: CompiledForm, state: str, submitted_at: Any) -> bool:
    """Tell whether a record was never handed in: what came back keeps the version that it was judged by."""
    return submitted_at is None and state == initial_state(form.definition)


def present(actor: Actor, form_key: str, view: RecordView, drawn: int | None = None) -> RecordView:
    """Return a draft as its next save will find it, for its page; any other record as it is."""
    number = target(form_key, view.form_version, drawn) if view.campaign is None else view.form_version
    if number == view.form_version or not is_draft(view.compiled, view.state, view.submitted_at):
        return view
    plan = carrying.plans(actor, form_key, [carrying.bare(view)], number)[0]
    return seen(actor, form_key, view, plan)


def seen(actor: Actor, form_key: str, view: RecordView, plan: Plan) -> RecordView:
    """Return *view* as its record will be once a plan is written, each answer in the mode of its reader."""
    form, answers, number = plan.new, plan.answers, plan.version_no
    modes = modes_in(actor, form_table(form_key), "V", view.scopes, definition=form.definition)
    shown, masked = mask_answers(form, answers, modes)
    return replace(
        view,
        form_version=number,
        answers=shown,
        masked=tuple(masked),
        hidden=frozenset(path for path, mode in modes.items() if mode is Mode.HIDE),
        modes=modes,
        compiled=form,
    )


def freshened(actor: Actor, form_key: str, view: RecordView, held: Held, drawn: int | None) -> tuple[RecordView, Held]:
    """Return a draft that is held and about to be changed under the version that the change is written under."""
    record = held.record
    # A campaign names the version that is filled in it.
    number = target(form_key, record.form_version_no, drawn) if record.campaign_id is None else record.form_version_no
    if number == record.form_version_no or not is_draft(held.compiled, record.state, record.submitted_at):
        return view, held
    plan = carrying.plans(actor, form_key, [record], number)[0]
    fresh = Held(record, plan.answers, held.organization, compiled(form_key, number), number)
    return seen(actor, form_key, view, plan), fresh
