"""A record that is there, on the entry page: drawing it, reading its post, answering what went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.database import unit_of_work
from app.errors import BadRequest, Conflict, Invalid, NotAllowed, language
from app.records import service
from app.records.entry.desk import OFFICE, Desk, Outcome
from app.records.entry.drawing import page
from app.records.entry.posting import keep_uploads, nobodys, told_above, with_rows
from app.records.entry.renderer import action_of, drawn_with, posted_lock
from app.records.reading.context import reading_context
from app.records.reading.record_page import may_edit
from app.records.reading.show_page import place_of
from app.records.versions import drafts
from app.records.writing import owners
from app.records.writing.editing import SEALED, is_sealed, require_editor
from forms.entry_form import read_post
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.writing.record import Saved
    from forms.definition import Definition

CLOSED = Label(
    "这份表在您填写期间已被提交或办理，现在不能修改，您的修改没有保存。",
    "This was handed in or dealt with while you were filling it and cannot be changed now; your changes are not saved.",
)


def edit(actor: Actor, form_key: str, record_id: str, request: Request, desk: Desk = OFFICE) -> Outcome:
    """Draw the page of a record, or save what was posted."""
    drawn = drawn_with(request.form.get("form_version"))
    view = drafts.present(actor, form_key, service.read(actor, form_key, record_id), drawn)
    if request.method == "GET":
        if not may_edit(actor, view):
            raise NotAllowed
        if is_sealed(view) and desk is OFFICE:
            return Outcome(None, address=f"/records/{form_key}/upgrade/{record_id}", message=SEALED.get(language()))
        return Outcome(page(actor, view, desk=desk))
    raw = read_post(view.compiled, request.form)
    if not may_edit(actor, view):
        require_editor(actor, view)
        closed = Conflict(CLOSED, code="state")
        return _again(actor, view, raw, desk, closed.status, problems=told_above(closed))
    try:
        do = action_of(request.form)
        if do.changes_rows:
            answers = with_rows(view.compiled, {**view.answers, **raw}, do, reading_context(actor, view))
            return Outcome(page(actor, view, answers, desk=desk))
    except BadRequest as error:
        return _again(actor, view, raw, desk, error.status, problems=told_above(error))
    refused = keep_uploads(actor, form_key, view.definition, raw, request)
    if refused:
        return _again(actor, view, raw, desk, Invalid.status, problems=refused)
    try:
        with unit_of_work():
            saved = service.update(actor, form_key, record_id, posted_lock(request.form) or 0, raw, drawn=drawn)
    except Conflict as error:
        now = error.data.get("lock_version", view.lock_version)
        conflicts = error.data.get("conflicts", ())
        told = () if conflicts else told_above(error)
        return _again(actor, view, raw, desk, error.status, conflicts=conflicts, problems=told, lock_version=now)
    except Invalid as error:
        return _again(actor, view, raw, desk, error.status, problems=error.errors or told_above(error))
    if do.verb == "submit":
        return _submit(actor, form_key, record_id, saved, desk)
    return Outcome(None, address=desk.saved(form_key, record_id), message=gettext("草稿已保存。"))


def _again(actor: Actor, view: RecordView, raw: Mapping[str, Any], desk: Desk, status: int, **more: Any) -> Outcome:
    """Draw the page again with everything that was typed into it."""
    answers, _ = view.compiled.clean(raw, context=reading_context(actor, view))
    return Outcome(page(actor, view, {**view.answers, **answers}, desk=desk, **more), status)


def _submit(actor: Actor, form_key: str, record_id: str, draft: Saved, desk: Desk) -> Outcome:
    """Submit a saved draft; what is missing leads back to its page, the draft kept."""
    view = service.read(actor, form_key, record_id)
    unnamed = owners.unnamed(actor, view.definition, view.answers)
    if unnamed is not None:
        return lacking(actor, form_key, record_id, Invalid(errors=nobodys(unnamed)), desk)
    try:
        with unit_of_work():
            saved = service.submit(actor, form_key, record_id, draft.lock_version)
    except Invalid as error:
        return lacking(actor, form_key, record_id, error, desk)
    # Of what was typed into the page the draft's warnings tell more.
    told = {(item.field, item.row) for item in draft.warnings}
    others = [item for item in saved.warnings if (item.field, item.row) not in told]
    return handed_in(view.definition, replace(saved, warnings=(*draft.warnings, *others)), desk)


def lacking(actor: Actor, form_key: str, record_id: str, error: Invalid, desk: Desk) -> Outcome:
    """Return the page of a draft that was kept, with what it lacks."""
    view = service.read(actor, form_key, record_id)
    return Outcome(page(actor, view, desk=desk, problems=error.errors), error.status)


def handed_in(form: Definition, saved: Saved, desk: Desk) -> Outcome:
    """Return where it goes on once a record is handed in, with what is to be looked at again all the same."""
    message = gettext("已提交。")
    if saved.warnings:
        lang = language()
        told = [
            place_of(form, item.field, item.row, lang) + gettext("：") + item.message.get(lang)
            for item in saved.warnings
        ]
        message += gettext("请核实（不影响办理）：%(what)s", what=gettext("；").join(told))
    return Outcome(None, address=desk.done(form.key, saved.id), message=message)


def refused(actor: Actor, form_key: str, record_id: str, error: Invalid) -> Outcome | None:
    """Return the entry page with what a step was refused for; ``None`` where no field is at fault or it is closed."""
    view = service.read(actor, form_key, record_id)
    if not any(item.field and view.definition.has(item.field) for item in error.errors) or not may_edit(actor, view):
        return None
    return Outcome(page(actor, view, problems=error.errors), error.status)
