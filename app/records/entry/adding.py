"""A new record on the entry page: drawing it, reading its post, answering what went wrong."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from flask_babel import gettext

from app.access.actor import acting_as
from app.access.query import require
from app.builder.service import compiled as compiled_form
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, Invalid, NotAllowed
from app.records import service
from app.records.entry import changing, whose
from app.records.entry.desk import OFFICE, Desk, Outcome
from app.records.entry.drawing import closed_answers, new_page
from app.records.entry.posting import keep_uploads, nobodys, told_above, with_rows
from app.records.entry.renderer import action_of, drawn_with
from app.records.hooks import begin_filing, campaign_choices
from app.records.versions import drafts
from app.records.writing import owners
from app.records.writing.context import context_for
from app.records.writing.creating import starting
from app.records.writing.record import initial_state
from forms.entry_form import read_post

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Request

    from app.access.actor import Actor
    from app.records.hooks import Choice
    from forms.answers.problems import Problem
    from forms.definition import Definition


def version_of(actor: Actor, form_key: str, campaign: str, drawn: int | None) -> int:
    """Return the version that a new record is filled under. Raises ``NotFound``, ``Conflict``.

    :param drawn: that its page was drawn with.
    """
    filing = begin_filing(actor, form_key, campaign)
    return filing.version_no if filing is not None else drafts.opening(form_key, drawn)


def _campaign(actor: Actor, form_key: str, request: Request) -> tuple[str, Sequence[Choice] | None]:
    """Return the campaign that the page is for, and those that it may choose among if they are asked for already."""
    if actor.visit is not None:
        return actor.visit.campaign_id or "", ()
    named = request.values.get("campaign")
    if named is not None:
        return named, None
    choices = campaign_choices(actor, form_key)
    return choices[0].campaign_id if choices else "", choices


def add(actor: Actor, form_key: str, request: Request, desk: Desk = OFFICE) -> Outcome:
    """Draw the page of a new record, or save what was posted: under the version that the page was drawn with."""
    campaign, choices = _campaign(actor, form_key, request)
    drawn = drawn_with(request.form.get("form_version"))
    ended: Conflict | None = None
    try:
        version_no = version_of(actor, form_key, campaign, drawn)
    except Conflict as error:
        if request.method == "GET" or actor.visit is not None:
            raise
        # The campaign ended while the page was being filled: what was typed can still be kept outside of it.
        ended, campaign, version_no = error, "", drafts.opening(form_key, drawn)
    form = compiled_form(form_key, version_no)
    definition = form.definition
    require(actor, definition.resource, "C")
    if definition.fill_roles and actor.role not in definition.fill_roles:
        raise NotAllowed
    behalf = whose.posted(actor, definition, request.values.get("for"))
    if request.method == "GET" and _must_say(actor, definition, request):
        return Outcome(None, address=f"/records/{form_key}/for")
    organization = owners.own(actor, definition, behalf)
    context = context_for(actor, definition, organization, state=initial_state(definition), prefilling=True)
    draw = partial(
        new_page,
        actor,
        form,
        context,
        organization=organization,
        version_no=version_no,
        desk=desk,
        choices=choices,
        campaign=campaign,
    )
    if request.method == "GET":
        return Outcome(draw(starting(actor, form, context)))
    raw = read_post(form, request.form)

    def again(problems: Sequence[Problem], status: int) -> Outcome:
        """Draw the page again with everything that was typed into it."""
        answers, _ = form.clean(raw, context=context)
        return Outcome(draw({**closed_answers(actor, form, context), **answers}, problems=problems), status)

    if ended is not None:
        return again(told_above(ended), ended.status)
    try:
        do = action_of(request.form)
        if do.changes_rows:
            return Outcome(draw({**closed_answers(actor, form, context), **with_rows(form, raw, do, context)}))
    except BadRequest as error:
        return again(told_above(error), error.status)
    refused = keep_uploads(actor, form_key, definition, raw, request)
    if refused:
        return again(refused, Invalid.status)
    unnamed = owners.unnamed(actor, definition, raw) if do.verb == "submit" else None
    submit = do.verb == "submit" and unnamed is None
    try:
        with unit_of_work():
            saved = service.create(
                actor, form_key, raw, submit=submit, on_behalf_of=behalf, campaign=campaign or None, drawn=drawn
            )
    except Invalid as error:
        return again(error.errors or told_above(error), error.status)
    lacking = nobodys(unnamed) if unnamed is not None else saved.problems
    if lacking:
        with _begun(actor, saved.id) as now:
            return changing.lacking(now, form_key, saved.id, Invalid(errors=lacking), desk)
    if submit:
        return changing.handed_in(definition, saved, desk)
    return Outcome(None, address=desk.saved(form_key, saved.id), message=gettext("草稿已保存。"))


def _must_say(actor: Actor, form: Definition, request: Request) -> bool:
    """Tell whether it is asked for whom before anything is filled: who may fill profiles of others has none himself."""
    named = request.args.get("for")
    return not named and form.organization is not None and owners.is_asked_before(actor, form)


@contextmanager
def _begun(actor: Actor, record_id: str) -> Iterator[Actor]:
    """Go on as the actor that a visitor is once his record is there; others stay who they are."""
    if actor.visit is None:
        yield actor
        return
    with acting_as(replace(actor, visit=replace(actor.visit, record_id=record_id))) as now:
        yield now
