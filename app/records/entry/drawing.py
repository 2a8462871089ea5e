"""Draws the entry page of a record, or of a new one, with everything that its filler is to see on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.builder.service import workflow_of
from app.database import utcnow
from app.errors import language
from app.records.entry.desk import OFFICE, Desk
from app.records.entry.renderer import RecordHead, Whose, entry_page
from app.records.hooks import campaign_choices, campaign_title
from app.records.labels import moment, state_of
from app.records.reading.context import reading_context
from app.records.reading.opinions import opinions, returned
from app.records.reading.record_page import files_named
from app.records.versions.newer import new_version
from app.records.writing import owners, references
from app.records.writing.creating import starting
from app.records.writing.record import initial_state
from app.workflow import service as workflow
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.identity.models import Organization
    from app.records.entry.renderer import EntryPage
    from app.records.hooks import Choice
    from app.records.reading.record import RecordView
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition

#: How many choices a reference field offers without JavaScript: in every row of a sub-table, and for itself.
_OFFERED, _OFFERED_ALONE = 20, 200


def new_page(
    actor: Actor,
    form: CompiledForm,
    context: Context,
    answers: Mapping[str, Any],
    *,
    organization: Organization,
    version_no: int,
    choices: Sequence[Choice] | None,
    desk: Desk,
    **more: Any,
) -> EntryPage:
    """Return the page of a new record; *choices* are the campaigns that it can be filled in, if they are known.

    :param organization: whose it will be, unless a field says another.
    """
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
        record=RecordHead(organization="" if unnamed else organization.name, form_version=version_no),
        whose=_whose(actor, definition, organization) if owners.is_asked_before(actor, definition) else None,
        references=_offers(actor, definition),
        files=_files(definition, answers),
        submit_label=_submit_label(actor, definition, initial_state(definition), lang),
        campaigns=campaign_choices(actor, definition.key) if choices is None else choices,
        **more,
    )


def page(actor: Actor, view: RecordView, answers: Mapping[str, Any] | None = None, **more: Any) -> EntryPage:
    """Return the page of a record; *answers* are those that were typed, if they are not the record's own.

    :param more: ``desk``, ``mode``, and what :func:`~app.records.entry.page.entry_page` takes besides.
    """
    lang = language()
    form = view.definition
    text, tone, _ = state_of(workflow_of(form), view.state, lang)
    mode = more.pop("mode", "edit")
    said = workflow.notes(actor, form.key, view.id) if mode == "edit" else ()
    shown = view.answers if answers is None else answers
    known = reading_context(actor, view)
    problems = tuple(more.pop("problems", ()))
    if mode == "edit":
        unseen = replace(known, masked=view.hidden.union(view.masked))
        problems += view.compiled.warnings(shown, context=unseen)
    return entry_page(
        view.compiled,
        shown,
        context=known,
        problems=problems,
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
        files=_files(form, shown, view.masked),
        submit_label=_submit_label(actor, form, view.state, lang),
        **more,
    )


def paper(actor: Actor, view: RecordView) -> EntryPage:
    """Return the print sheet of a record, as it is and as the actor sees it now."""
    sheet = page(actor, view, mode="print")
    if sheet.paper is None:
        return sheet
    foot = replace(
        sheet.paper,
        version=view.form_version,
        printed_at=moment(utcnow()),
        printed_by=actor.name,
        masked=any(path.partition(".")[0] in view.answers for path in view.masked),
    )
    return replace(sheet, paper=foot)


def closed_answers(actor: Actor, form: CompiledForm, context: Context) -> dict[str, Any]:
    """Return the answers that a visitor's page shows and does not send."""
    closed = owners.closed_to(actor, form.definition)
    return {key: value for key, value in starting(actor, form, context).items() if key in closed} if closed else {}


def _offers(actor: Actor, form: Definition) -> dict[str, list[dict[str, str]]]:
    paths = [path for path, item in form.walk() if field_type(item.type).refers]
    return {
        path: references.lookup(actor, form.key, path, "", limit=_OFFERED if "." in path else _OFFERED_ALONE)
        for path in paths
    }


def _whose(actor: Actor, form: Definition, organization: Organization) -> Whose:
    return Whose(organization.id, organization.id != actor.organization_id, f"/records/{form.key}/for")


def _files(form: Definition, answers: Mapping[str, Any], masked: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    return {
        key: {"name": item.name, "size": item.size, "type": item.media_type}
        for key, item in files_named(form, answers, masked).items()
    }


def _submit_label(actor: Actor, form: Definition, state: str, lang: str) -> str:
    verb = workflow.submit_verb(actor, form, state)
    if verb is not None:
        return verb.label.get(lang)
    return gettext("提交") if form.workflow is None and actor.can(form.resource, "S") else ""
