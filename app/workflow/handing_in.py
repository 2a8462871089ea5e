"""Submitting by the one verb that the actor may use, also a record that is only now written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.service import workflow_of
from app.errors import NotAllowed
from app.records.hooks import Step
from app.records.writing import owners
from app.workflow import announcing, effects, judging, rules
from app.workflow.noting import step_of_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from app.records.writing.record import Draft
    from app.workflow.rules import Standing
    from forms.definition import Definition
    from forms.workflow import Verb


def open_verbs(actor: Actor, form: Definition) -> list[Verb]:
    """Return the verbs of kind *submit* that are the actor's at all. Raises ``NotAllowed`` where there is none."""
    flow = workflow_of(form)
    submits = [verb for verb in flow.verbs if verb.kind == "submit"] if flow else []
    mine = [verb for verb in submits if rules.kind_allowed(actor, form.resource, verb)]
    if not mine:
        raise NotAllowed
    return mine


def choose(actor: Actor, at: Standing, mine: Sequence[Verb]) -> Verb:
    """Return the one of the actor's verbs that fits the record's state and whose guard holds, or else the first."""
    here = [verb for verb in mine if at.state in verb.from_]
    if len(here) > 1:
        known = rules.context(actor, at)
        here = [verb for verb in here if rules.guard_holds(verb, at, known)] or here
    return (here or mine)[0]


def hand_in(actor: Actor, new: Draft) -> Step:
    """Decide on a record that is to be submitted as it is written.

    Raises ``NotAllowed``, ``Conflict`` (no submission leads out of the first state) and ``Invalid`` (what it lacks).
    """
    mine = open_verbs(actor, new.compiled.definition)
    at = rules.standing_of_new(new)
    verb = choose(actor, at, mine)
    if not rules.row_allowed(actor, at, verb):
        raise NotAllowed
    owners.require_named(actor, at.definition, at.organization, at.answers)
    judging.check_moment(at, verb, at.lock_version)
    judging.check_words(verb, "", ())
    known = rules.context(actor, at)
    judging.check_answers(at, verb, known)
    return Step(
        state=verb.to,
        verb=verb.key,
        answers=at.compiled.submitted(at.answers, context=known),
        region=effects.new_region(actor, at, verb),
        parts=step_of_new(actor, at, verb, state=verb.to),
        taken=lambda: announcing.announce(actor, at, verb, verb.to, ""),
    )
