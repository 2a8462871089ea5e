"""Writing a new record: as a draft, or handed in with the same stroke where it lacks nothing."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app import audit
from app.access.law import Mode
from app.access.query import require
from app.audit.models import AuditEvent
from app.builder.catalogue import compiled
from app.database import db
from app.errors import Conflict, Invalid, NotAllowed
from app.records.hooks import Step, begin_filing, handing_in
from app.records.projection.tables import form_table
from app.records.projection.together import Part
from app.records.versions import drafts
from app.records.writing import computing, owners, receipts
from app.records.writing import record as writing
from app.records.writing.context import context_for
from app.records.writing.editing import require_current
from app.records.writing.preparing import attach, changes_of
from forms.answers.prefill import prefill
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from app.identity.models import Organization
    from app.records.projection.tables import FormTable
    from app.records.writing.record import Draft, Saved
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition


ONE_RECORD = Label("这个填报码已经开始填写，请继续填写原来的那份。", "This code has a draft already: go on with it.")
AT_ONCE = Label("匿名填报不保存草稿，请填好后直接提交。", "Anonymous answers are not kept as drafts: submit at once.")


def create(
    actor: Actor,
    form_key: str,
    answers: Mapping[str, Any],
    *,
    submit: bool = False,
    on_behalf_of: int | None = None,
    origin: str = "web",
    idempotency_key: str | None = None,
    campaign: str | None = None,
    drawn: int | None = None,
) -> Saved:
    """Write a new draft or, if asked, a submitted record; what that lacks stands in ``problems``, a draft is kept.

    What *answers* leave out starts as the form says (defaults, prefilled fields); ``None`` leaves it empty.

    :param on_behalf_of: id of the organization that it is filled for, recorded as such.
    :param campaign: id of the campaign that it is filled in, under the version of the form that this names.
    :param drawn: the version that the page was drawn with which is saved; see :mod:`app.records.versions.drafts`.
    :param idempotency_key: a second call of the same actor with the same key and content answers as the first did.

    Raises ``NotAllowed``, ``NotFound`` (no such form or campaign; an organization out of scope), ``Invalid`` (what
    :func:`~app.records.writing.preparing.changes_of` refuses; an organization that the campaign does not name)
    and ``Conflict`` (the key was used for something else; the campaign is not open).
    """
    visit = actor.visit
    if visit is not None:
        on_behalf_of, campaign = None, visit.campaign_id
        if visit.record_id is not None:
            raise Conflict(ONE_RECORD, code="visit_begun")
        if visit.anonymous:
            # Nothing is kept by which a second request would be told from a second person.
            idempotency_key = None
            if not submit:
                raise Invalid(AT_ONCE, code="anonymous_draft")
    body = {"form": form_key, "answers": answers, "submit": submit, "on_behalf_of": on_behalf_of}
    if campaign:
        body["campaign"] = campaign
    if idempotency_key and (known := receipts.find(actor, idempotency_key, body)):
        return known
    writing.hold_form(form_key)
    table = form_table(form_key)
    filing = begin_filing(actor, form_key, campaign)
    version_no = drafts.opening(form_key, drawn) if filing is None else filing.version_no
    form = compiled(form_key, version_no)
    owners.require_filler(actor, form.definition)
    if submit and form.definition.workflow is None:
        require(actor, form.definition.resource, "S")
    organization = owners.own(actor, form.definition, on_behalf_of)
    rights = owners.modes(actor, table, "C", owners.keys_of_new(organization), form=form.definition)
    start = _start(actor, form, organization)
    state = writing.initial_state(form.definition)
    around = partial(context_for, actor, form.definition, organization, state=state)
    changes = changes_of(actor, form, answers, current=start, rights=rights, context=around)
    owner = owners.named(actor, form.definition, changes)
    if owner is not None and owner.id != organization.id:
        if on_behalf_of is not None:
            raise _two_owners(form.definition)
        # What the form takes from an organization comes from the one that it is filled for.
        organization, start = owner, _start(actor, form, owner)
    if filing is not None:
        filing.admit(organization.id)
    behalf = organization.id not in actor.organizations
    around = partial(context_for, actor, form.definition, organization, state=state)
    content = computing.filled(form, form.merge(start, changes), around)
    new = writing.draft(actor, table, organization, content, on_behalf=behalf, version_no=version_no, filing=filing)
    new.masked = _masked(actor, table, new, changes)
    saved = _handed_in(actor, table, new, origin) if submit else _written(actor, table, new, origin)
    warnings = form.warnings(content, context=replace(around(), masked=new.masked))
    saved = replace(saved, warnings=warnings)
    attach(form, content, saved.id)
    if idempotency_key:
        receipts.keep(actor, idempotency_key, body, saved)
    return saved


def _masked(actor: Actor, table: FormTable, new: Draft, typed: Mapping[str, Any]) -> frozenset[str]:
    """Return the paths that the author of a new record neither typed nor sees in plain: the form filled them in."""
    form, organization = new.compiled.definition, new.organization
    modes = owners.modes(actor, table, "V", owners.keys_of_new(organization), form=form)
    return frozenset(
        path
        for path, _ in form.walk()
        if modes.get(path, Mode.HIDE) is not Mode.PLAIN and path.partition(".")[0] not in typed
    )


def _two_owners(form: Definition) -> Invalid:
    field = owners.owner_field(form)
    text = Label("与代填的单位不一致，请核对", "This is not the organization that it is filled on behalf of")
    return Invalid(errors=[Problem(field.key if field is not None else "", None, "other_owner", text)])


def _start(actor: Actor, form: CompiledForm, organization: Organization) -> dict[str, Any]:
    state = writing.initial_state(form.definition)
    known = context_for(actor, form.definition, organization, state=state, prefilling=True)
    return starting(actor, form, known)


def starting(actor: Actor, form: CompiledForm, known: Context) -> dict[str, Any]:
    """Return what a new record begins with: what the form says, and what a visitor's code fixes."""
    fixed = actor.visit.fixed if actor.visit is not None else {}
    return {**prefill(form, known), **{key: value for key, value in fixed.items() if form.definition.has(key)}}


def _written(actor: Actor, table: FormTable, new: Draft, origin: str, step: Step | None = None) -> Saved:
    if actor.visit is not None and actor.visit.anonymous:
        # A line of the trail stands between others, which tell the time.
        return writing.create(actor, table, new, origin=origin, step=step)
    detail = {"form": table.form_key, "on_behalf": new.on_behalf, "origin": origin}
    line = audit.event_row(actor, "record_created", object_type="record", object_id=new.id, detail=detail)
    return writing.create(actor, table, new, origin=origin, step=step, also=[Part(AuditEvent.__table__, [line])])


def _handed_in(actor: Actor, table: FormTable, new: Draft, origin: str) -> Saved:
    """Write and submit at once; where the submission lacks something, keep the draft and tell what."""
    # A duplicate is found while writing: it undoes the submission, and nothing else.
    alone = db.session.begin_nested() if table.definition.unique else nullcontext()
    try:
        with alone:
            if new.campaign is None:
                require_current(table.form_key, new.version_no)
            step = _step(actor, new)
            saved = _written(actor, table, new, origin, step)
            step.taken()
            return saved
    except Invalid as error:
        if actor.visit is not None and actor.visit.anonymous:
            raise
        problems = error.errors or (Problem("", None, error.code, error.message),)
        return replace(_written(actor, table, new, origin), problems=tuple(problems))


def _step(actor: Actor, new: Draft) -> Step:
    decide = handing_in()
    if new.compiled.definition.workflow is not None and decide is not None:
        return decide(actor, new)
    form, organization = new.compiled.definition, new.organization
    if not owners.may(actor, form.resource, "S", owners.keys_of_new(organization)):
        raise NotAllowed
    owners.require_named(actor, form, organization, new.answers)
    known = context_for(actor, form, organization, state=writing.initial_state(form))
    known = replace(known, masked=new.masked)
    problems = [item for item in new.compiled.validate(new.answers, context=known) if item.level == "error"]
    if problems:
        raise Invalid(errors=problems)
    return Step("submitted", "submit", new.compiled.submitted(new.answers, context=known))
