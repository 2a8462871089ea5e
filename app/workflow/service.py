"""Steps: which an actor may take now, and taking one. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.access.query import require
from app.builder import service as builder
from app.errors import Invalid, NotAllowed, NotFound
from app.records import service as records
from app.records.writing import owners
from app.workflow import effects, events, judging, rules
from app.workflow import notes as review
from app.workflow.handing_in import choose, open_verbs
from app.workflow.noting import note_step
from app.workflow.worklist import WorkItem, WorkList, work_list
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.writing.record import Saved
    from app.workflow.models import ReviewNote, WorkflowEvent
    from app.workflow.rules import Standing
    from forms.definition import Definition
    from forms.workflow import Verb

__all__ = [
    "Action",
    "WorkItem",
    "WorkList",
    "available",
    "history",
    "notes",
    "perform",
    "submit",
    "submit_verb",
    "work_list",
]

#: Tone of the button, by kind.
TONES = {"submit": "primary", "approve": "success", "return": "warning", "void": "danger"}


@dataclass(frozen=True, slots=True)
class Action:
    """A step that the actor may take now."""

    verb: str
    label: Label
    kind: str
    needs_comment: bool
    tone: str


def available(actor: Actor, form_key: str, view: RecordView) -> list[Action]:
    """Return the steps that the actor may take on a record that he has read, in the order of the workflow."""
    at = rules.standing(form_key, view)
    if at is None:
        return []
    verbs = _open_verbs(actor, at)
    known = rules.context(actor, at)
    fitting = [verb for verb in verbs if rules.guard_holds(verb, at, known)]
    submits = [verb for verb in verbs if verb.kind == "submit"]
    if submits and not any(verb in fitting for verb in submits):
        # Pressing it tells what is missing; without it nothing would.
        fitting = [verb for verb in verbs if verb in fitting or verb is submits[0]]
    return [
        Action(verb.key, verb.label, verb.kind, verb.needs_comment, TONES.get(verb.kind, "secondary"))
        for verb in fitting
    ]


def _open_verbs(actor: Actor, at: Standing) -> list[Verb]:
    return [
        verb
        for verb in at.workflow.verbs_from(at.state)
        if verb.kind != "system"
        and rules.kind_allowed(actor, at.definition.resource, verb)
        and rules.row_allowed(actor, at, verb)
        and not rules.own_submission(actor, at, verb)
        and (verb.kind != "recall" or rules.undecided(at))
    ]


def submit_verb(actor: Actor, form: Definition, state: str) -> Verb | None:
    """Return a verb of kind *submit* that the actor's role may use from *state*, or ``None``; guards not asked."""
    workflow = builder.workflow_of(form)
    if workflow is None:
        return None
    verbs = (verb for verb in workflow.verbs_from(state) if verb.kind == "submit")
    return next((verb for verb in verbs if rules.kind_allowed(actor, form.resource, verb)), None)


def notes(actor: Actor, form_key: str, record_id: str) -> Sequence[ReviewNote]:
    """Return the notes on a record, oldest first; the session shows none of records out of view."""
    require(actor, builder.head(form_key).resource, "V")
    return review.of_record(record_id)


def history(actor: Actor, form_key: str, record_id: str) -> Sequence[WorkflowEvent]:
    """Return the steps that a record has taken, oldest first; none of records out of view."""
    require(actor, builder.head(form_key).resource, "V")
    return events.of_record(record_id)


def submit(actor: Actor, form_key: str, record_id: str, lock_version: int) -> Saved:
    """Submit a record by the one verb of kind *submit* that the actor may use and whose guard holds.

    Raises what :func:`perform` raises; ``NotAllowed`` where no such verb is the actor's at all.
    """
    records.hold_form(form_key)
    mine = open_verbs(actor, builder.definition(form_key))
    at = _standing(actor, form_key, record_id)
    return _take(actor, at, choose(actor, at, mine), lock_version=lock_version)


def _standing(actor: Actor, form_key: str, record_id: str) -> Standing:
    at = rules.standing(form_key, records.read(actor, form_key, record_id))
    if at is None:
        raise NotFound
    return at


def perform(
    actor: Actor,
    form_key: str,
    record_id: str,
    verb_key: str,
    *,
    lock_version: int | None,
    comment: str = "",
    notes: Iterable[Any] = (),
    system: bool = False,
) -> Saved:
    """Take a step on the revision that the actor saw.

    :param lock_version: of that revision; ``None`` only for the system's own steps.
    :param notes: ``{"field", "row", "text", "severity"}``; a return needs at least one.
    Raises ``NotFound`` (no such verb; no such record within view), ``NotAllowed`` (never this kind of step; not
    on this record; one's own submission), ``Conflict`` (another state, a moved head, already decided) and
    ``Invalid`` (what a submission lacks, the guard, a missing comment or note).
    """
    verb = _verb(form_key, verb_key)
    if not rules.kind_allowed(actor, builder.head(form_key).resource, verb) or (verb.kind == "system" and not system):
        raise NotAllowed
    records.hold_form(form_key)
    at = _standing(actor, form_key, record_id)
    return _take(actor, at, verb, lock_version=lock_version, comment=comment, notes=notes, system=system)


def _take(
    actor: Actor,
    at: Standing,
    verb: Verb,
    *,
    lock_version: int | None,
    comment: str = "",
    notes: Iterable[Any] = (),
    system: bool = False,
) -> Saved:
    if not rules.row_allowed(actor, at, verb) or rules.own_submission(actor, at, verb):
        raise NotAllowed
    judging.check_moment(at, verb, lock_version, system=system)
    comment = comment.strip()
    parsed = review.parse(notes, at.definition)
    judging.check_words(verb, comment, parsed)
    if verb.kind == "submit":
        owners.require_named(
            actor, at.definition, at.organization, at.answers, id=at.record_id, lock_version=at.lock_version
        )
    known = rules.context(actor, at)
    judging.check_answers(at, verb, known)
    if verb.kind == "void":
        return _void(actor, at, verb, comment)
    if effects.effect(verb, "copy"):
        return _copy(actor, at, verb, comment)
    record_id, seen = at.record_id, events.head(at.record_id)
    region = effects.new_region(actor, at, verb)
    answers = at.compiled.submitted(at.answers, context=known) if verb.kind == "submit" else None
    saved = records.transition(
        actor,
        record_id,
        at.form_key,
        expected_lock=at.lock_version,
        to_state=verb.to,
        verb=verb.key,
        comment=comment,
        answers=answers,
        set_submitted=verb.kind == "submit",
        reassign_region=region,
    )
    if verb.kind == "submit":
        saved = replace(saved, warnings=at.compiled.warnings(at.answers, context=known))
        review.answered(record_id)
    elif verb.kind == "approve":
        review.resolved(record_id)
    review.keep(actor, record_id, seen, parsed, at.answers)
    note_step(actor, at, verb, state=verb.to, comment=comment)
    return saved


def _verb(form_key: str, verb_key: str) -> Verb:
    workflow = builder.workflow_of(builder.definition(form_key))
    verb = workflow.verb(verb_key) if workflow else None
    if verb is None:
        raise NotFound
    return verb


def _void(actor: Actor, at: Standing, verb: Verb, comment: str) -> Saved:
    if not comment:
        raise Invalid(errors=[Problem("comment", None, "required", Label("请填写作废理由", "Give the reason"))])
    saved = records.void(actor, at.form_key, at.record_id, comment, lock_version=at.lock_version)
    note_step(actor, at, verb, state=saved.state, comment=comment)
    return saved


def _copy(actor: Actor, at: Standing, verb: Verb, comment: str) -> Saved:
    """Make a new draft of the record's answers; the record itself stays as it is."""
    own = at.organization.id in actor.organizations
    saved = records.create(
        actor, at.form_key, effects.answers_for_copy(at), on_behalf_of=None if own else at.organization.id
    )
    note_step(actor, at, verb, state=at.state, comment=comment or saved.serial)
    return saved
