"""Adding and changing a record on the entry page: drawing it, reading its post, answering what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.access.actor import acting_as
from app.access.query import require
from app.builder.service import compiled as compiled_form
from app.builder.service import workflow_of
from app.database import db, unit_of_work, utcnow
from app.errors import BadRequest, Conflict, Invalid, NotAllowed, language
from app.identity.models import Organization
from app.records import files, service
from app.records.entry.renderer import (
    RecordHead,
    Urls,
    action_of,
    attach,
    change_rows,
    draft_conflict,
    draft_reply,
    drawn_with,
    entry_page,
    parse_draft,
    parse_post,
    posted_lock,
    uploads_of,
)
from app.records.hooks import begin_filing, campaign_choices, campaign_title
from app.records.labels import moment, state_of
from app.records.reading.context import reading_context
from app.records.reading.opinions import opinions, returned
from app.records.reading.record_page import attachments, may_edit
from app.records.versions import drafts
from app.records.versions.newer import new_version
from app.records.writing import owners, references
from app.records.writing.context import context_for
from app.records.writing.creating import starting
from app.workflow import service as workflow
from forms.field_types import get as field_type
from forms.prefill import prefill_row
from forms.problems import Problem

if TYPE_CHECKING:
    from flask import Request

    from app.access.actor import Actor
    from app.records.entry.renderer import Action, EntryPage
    from app.records.hooks import Choice
    from app.records.reading.record import RecordView
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition, Field

#: How many choices a reference field offers without JavaScript: in every row of a sub-table, and for itself.
_OFFERED, _OFFERED_ALONE = 20, 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page to draw, or where to go with what message."""

    page: EntryPage | None
    status: int = 200
    address: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the entry page posts to, and where it leads once a draft was saved or handed in.

    Each takes form key and record id, which is empty for a new record.
    """

    urls: Callable[[str, str], Urls]
    saved: Callable[[str, str], str]
    done: Callable[[str, str], str]


def _urls(form_key: str, record_id: str) -> Urls:
    base = f"/records/{form_key}"
    return Urls(
        f"{base}/edit/{record_id}" if record_id else f"{base}/add",
        draft=f"{base}/draft/{record_id or 'new'}",
        files=f"{base}/files",
        lookup=f"{base}/lookup/",
        file=f"{base}/file/",
        back=f"{base}/show/{record_id}" if record_id else f"{base}/list",
        print=f"{base}/print/{record_id}" if record_id else "",
        list=f"{base}/list",
    )


#: The desk of whoever has an account.
OFFICE = Desk(
    _urls,
    saved=lambda form_key, record_id: f"/records/{form_key}/edit/{record_id}",
    done=lambda form_key, record_id: f"/records/{form_key}/show/{record_id}",
)


def _offers(actor: Actor, form: Definition) -> dict[str, list[dict[str, str]]]:
    paths = [path for path, item in form.walk() if field_type(item.type).refers]
    return {
        path: references.lookup(actor, form.key, path, "", limit=_OFFERED if "." in path else _OFFERED_ALONE)
        for path in paths
    }


def _no_button(error: BadRequest) -> tuple[Problem, ...]:
    """Return what is said above the page when its post names a button or a table that it does not have."""
    return (Problem("", None, "action", error.message),)


def _whose(item: Field) -> Invalid:
    return Invalid(errors=[Problem(item.key, None, "required", owners.WHOSE)])


def _submit_label(actor: Actor, form: Definition, state: str, lang: str) -> str:
    verb = workflow.submit_verb(actor, form, state)
    if verb is not None:
        return verb.label.get(lang)
    return gettext("提交") if form.workflow is None and actor.can(form.resource, "S") else ""


def _initial_state(form: Definition) -> str:
    flow = workflow_of(form)
    return flow.initial if flow is not None else "draft"


def _new_page(
    actor: Actor,
    form: CompiledForm,
    context: Context,
    answers: Mapping[str, Any],
    *,
    version_no: int,
    choices: Sequence[Choice] | None,
    desk: Desk,
    **more: Any,
) -> EntryPage:
    """Return the page of a new record; *choices* are the campaigns that it can be filled in, if they are known."""
    lang = language()
    definition = form.definition
    unnamed = owners.unnamed(actor, definition, answers) is not None
    return entry_page(
        form,
        answers,
        context=context,
        urls=desk.urls(definition.key, ""),
        closed=owners.closed_to(actor, definition),
        keeps=actor.visit is None or not actor.visit.anonymous,
        mode="add",
        lang=lang,
        record=RecordHead(organization="" if unnamed else actor.organization_name, form_version=version_no),
        references=_offers(actor, definition),
        submit_label=_submit_label(actor, definition, _initial_state(definition), lang),
        campaigns=campaign_choices(actor, definition.key) if choices is None else choices,
        **more,
    )


def _own_organization(actor: Actor) -> Organization:
    found: Organization | None = db.session.get(Organization, actor.organization_id) if actor.organization_id else None
    if found is None:
        raise NotAllowed
    return found


def version_of(actor: Actor, form_key: str, campaign: str, drawn: int | None) -> int:
    """Return the version that a new record is filled under. Raises ``NotFound``, ``Conflict``.

    :param drawn: that its page was drawn with.
    """
    filing = begin_filing(actor, form_key, campaign)
    return filing.version_no if filing is not None else drafts.opening(form_key, drawn)


def add(actor: Actor, form_key: str, request: Request, desk: Desk = OFFICE) -> Outcome:
    """Draw the page of a new record, or save what was posted: under the version that the page was drawn with."""
    campaign = request.values.get("campaign") if actor.visit is None else actor.visit.campaign_id or ""
    choices: Sequence[Choice] | None = None if actor.visit is None else ()
    if campaign is None:
        choices = campaign_choices(actor, form_key)
        campaign = choices[0].campaign_id if choices else ""
    drawn = drawn_with(request.form.get("form_version"))
    version_no = version_of(actor, form_key, campaign, drawn)
    form = compiled_form(form_key, version_no)
    draw = partial(_new_page, version_no=version_no, desk=desk, choices=choices, campaign=campaign)
    definition = form.definition
    require(actor, definition.resource, "C")
    if definition.fill_roles and actor.role not in definition.fill_roles:
        raise NotAllowed
    organization = _own_organization(actor)
    context = context_for(actor, definition, organization, state=_initial_state(definition), prefilling=True)
    if request.method == "GET":
        return Outcome(draw(actor, form, context, starting(actor, form, context)))
    raw = parse_post(definition, request.form)
    try:
        do = action_of(request.form)
        if do.changes_rows:
            answers = {**_closed(actor, form, context), **_with_rows(form, raw, do, context)}
            return Outcome(draw(actor, form, context, answers))
    except BadRequest as error:
        answers, _ = form.clean(raw, context=context)
        answers = {**_closed(actor, form, context), **answers}
        return Outcome(draw(actor, form, context, answers, problems=_no_button(error)), error.status)
    unnamed = owners.unnamed(actor, definition, raw) if do.verb == "submit" else None
    try:
        with unit_of_work():
            _attach_uploads(actor, form_key, definition, raw, request)
            submit = do.verb == "submit" and unnamed is None
            saved = service.create(actor, form_key, raw, submit=submit, campaign=campaign or None, drawn=drawn)
    except Invalid as error:
        answers, _ = form.clean(raw, context=context)
        answers = {**_closed(actor, form, context), **answers}
        return Outcome(draw(actor, form, context, answers, problems=error.errors), error.status)
    if do.verb == "submit" and unnamed is None and not saved.problems:
        return _handed_in(form_key, saved.id, desk)
    if unnamed is not None or saved.problems:
        lacking = _whose(unnamed) if unnamed is not None else Invalid(errors=saved.problems)
        with _begun(actor, saved.id) as now:
            return _lacking(now, form_key, saved.id, lacking, desk)
    return Outcome(None, address=desk.saved(form_key, saved.id), message=gettext("草稿已保存。"))


def _closed(actor: Actor, form: CompiledForm, context: Context) -> dict[str, Any]:
    """Return the answers that a visitor's page shows and does not send."""
    closed = owners.closed_to(actor, form.definition)
    return {key: value for key, value in starting(actor, form, context).items() if key in closed} if closed else {}


@contextmanager
def _begun(actor: Actor, record_id: str) -> Iterator[Actor]:
    """Go on as the actor that a visitor is once his record is there; others stay who they are."""
    if actor.visit is None:
        yield actor
        return
    with acting_as(replace(actor, visit=replace(actor.visit, record_id=record_id))) as now:
        yield now


def _with_rows(form: CompiledForm, raw: Mapping[str, Any], do: Action, context: Context) -> dict[str, Any]:
    """Return the answers with a row added, copied or removed; nothing is saved."""
    known = any(item.key == do.table for item in form.definition.subtables)
    start = prefill_row(form, do.table, raw, context) if do.verb == "add-row" and known else None
    answers, _ = form.clean(change_rows(form.definition, raw, do, start), context=context)
    return answers


def _attach_uploads(actor: Actor, form_key: str, form: Definition, raw: dict[str, Any], request: Request) -> None:
    for upload in uploads_of(form, request.form, request.files):
        name = upload.file.filename or "file"
        attach(raw, upload, files.store(actor, form_key, upload.path, upload.file.stream, name).id)


def _submit(actor: Actor, form_key: str, record_id: str, lock_version: int, desk: Desk) -> Outcome:
    """Submit a saved draft; what is missing leads back to its page, the draft kept."""
    view = service.read(actor, form_key, record_id)
    unnamed = owners.unnamed(actor, view.definition, view.answers)
    if unnamed is not None:
        return _lacking(actor, form_key, record_id, _whose(unnamed), desk)
    try:
        with unit_of_work():
            service.submit(actor, form_key, record_id, lock_version)
    except Invalid as error:
        return _lacking(actor, form_key, record_id, error, desk)
    return _handed_in(form_key, record_id, desk)


def _lacking(actor: Actor, form_key: str, record_id: str, error: Invalid, desk: Desk) -> Outcome:
    view = service.read(actor, form_key, record_id)
    return Outcome(_page(actor, view, desk=desk, problems=error.errors), error.status)


def _handed_in(form_key: str, record_id: str, desk: Desk) -> Outcome:
    return Outcome(None, address=desk.done(form_key, record_id), message=gettext("已提交。"))


def refused(actor: Actor, form_key: str, record_id: str, error: Invalid) -> Outcome | None:
    """Return the entry page with what a step was refused for; ``None`` where no field is at fault or it is closed."""
    view = service.read(actor, form_key, record_id)
    if not any(item.field and view.definition.has(item.field) for item in error.errors) or not may_edit(actor, view):
        return None
    return Outcome(_page(actor, view, problems=error.errors), error.status)


def _page(actor: Actor, view: RecordView, answers: Mapping[str, Any] | None = None, **more: Any) -> EntryPage:
    lang = language()
    form = view.definition
    text, tone, _ = state_of(workflow_of(form), view.state, lang)
    mode = more.pop("mode", "edit")
    said = workflow.notes(actor, form.key, view.id) if mode == "edit" else ()
    return entry_page(
        view.compiled,
        view.answers if answers is None else answers,
        context=reading_context(actor, view),
        urls=more.pop("desk", OFFICE).urls(form.key, view.id),
        closed=owners.closed_to(actor, form),
        mode=mode,
        lang=lang,
        record=RecordHead(
            view.id,
            view.serial,
            text,
            tone,
            more.pop("lock_version", view.lock_version),
            view.organization["name"],
            campaign_title(view.campaign),
            view.form_version,
        ),
        new_version=new_version(actor, form.key, view) if mode == "edit" else None,
        notes=opinions(view, [note for note in said if note.state == "open"], lang),
        returned=returned(actor, form.key, view) if mode == "edit" else None,
        masked=view.masked,
        hidden=view.hidden,
        references=_offers(actor, form) if mode == "edit" else {},
        files={
            key: {"name": item.name, "size": item.size, "type": item.media_type}
            for key, item in attachments(view).items()
        },
        submit_label=_submit_label(actor, form, view.state, lang),
        **more,
    )


def paper(actor: Actor, view: RecordView) -> EntryPage:
    """Return the print sheet of a record, as it is and as the actor sees it now."""
    page = _page(actor, view, mode="print")
    if page.paper is None:
        return page
    foot = replace(
        page.paper,
        version=view.form_version,
        printed_at=moment(utcnow()),
        printed_by=actor.name,
        masked=any(path.partition(".")[0] in view.answers for path in view.masked),
    )
    return replace(page, paper=foot)


def edit(actor: Actor, form_key: str, record_id: str, request: Request, desk: Desk = OFFICE) -> Outcome:
    """Draw the page of a record, or save what was posted."""
    drawn = drawn_with(request.form.get("form_version"))
    view = drafts.present(actor, form_key, service.read(actor, form_key, record_id), drawn)
    if not may_edit(actor, view):
        raise NotAllowed
    if request.method == "GET":
        return Outcome(_page(actor, view, desk=desk))
    form = view.definition
    raw = parse_post(form, request.form)
    try:
        do = action_of(request.form)
        if do.changes_rows:
            answers = _with_rows(view.compiled, {**view.answers, **raw}, do, reading_context(actor, view))
            return Outcome(_page(actor, view, answers, desk=desk))
    except BadRequest as error:
        answers, _ = view.compiled.clean(raw, context=reading_context(actor, view))
        page = _page(actor, view, {**view.answers, **answers}, desk=desk, problems=_no_button(error))
        return Outcome(page, error.status)
    try:
        with unit_of_work():
            _attach_uploads(actor, form_key, form, raw, request)
            saved = service.update(actor, form_key, record_id, posted_lock(request.form) or 0, raw, drawn=drawn)
    except Conflict as error:
        answers, _ = view.compiled.clean(raw, context=reading_context(actor, view))
        page = _page(
            actor,
            view,
            {**view.answers, **answers},
            desk=desk,
            conflicts=error.data.get("conflicts", ()),
            lock_version=error.data.get("lock_version", view.lock_version),
        )
        return Outcome(page, error.status)
    except Invalid as error:
        answers, _ = view.compiled.clean(raw, context=reading_context(actor, view))
        page = _page(actor, view, {**view.answers, **answers}, desk=desk, problems=error.errors)
        return Outcome(page, error.status)
    if do.verb == "submit":
        return _submit(actor, form_key, record_id, saved.lock_version, desk)
    return Outcome(None, address=desk.saved(form_key, record_id), message=gettext("草稿已保存。"))


def autosave(actor: Actor, form_key: str, record_id: str, body: Any) -> tuple[dict[str, Any], int]:
    """Save changed fields of a draft; return the answer for the page and its status."""
    drawn = drawn_with(body.get("form_version")) if isinstance(body, Mapping) else None
    campaign = str(body.get("campaign") or "") if isinstance(body, Mapping) and record_id == "new" else ""
    if record_id == "new":
        form = compiled_form(form_key, version_of(actor, form_key, campaign, drawn)).definition
    else:
        require(actor, compiled_form(form_key).definition.resource, "U")
        form = drafts.present(actor, form_key, service.read(actor, form_key, record_id), drawn).definition
    lock_version, changes = parse_draft(form, body)
    try:
        with unit_of_work():
            if record_id == "new":
                saved = service.create(actor, form_key, changes, campaign=campaign or None, drawn=drawn)
            else:
                saved = service.update(actor, form_key, record_id, lock_version, changes, drawn=drawn)
    except Conflict as error:
        data = error.data
        answer = draft_conflict(form, data.get("conflicts", ()), data.get("lock_version", lock_version), language())
        return answer, error.status
    return draft_reply(saved.id, saved.lock_version, f"/records/{form_key}/edit/{saved.id}"), 200
