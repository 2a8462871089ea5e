"""May this actor take this step on this record now? Role, grant, state, guard; no side effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.access.actor import system_actor
from app.access.law import RowKeys, row_rules, scope_matches
from app.builder.service import workflow_of
from app.database import db
from app.errors import NotFound
from app.identity.models import Organization
from app.records.writing.context import answers_of, context_for, reference_reader
from app.records.writing.owners import keys_of_new
from app.workflow import events
from forms.expressions import BudgetExceededError, holds

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.writing.record import Draft
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition
    from forms.workflow import Verb, Workflow


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as rules see it: past the masks, for an actor who may view it.

    ``masked`` are the paths that he does not see in plain, so that no message tells of them.
    """

    form_key: str
    record_id: str
    serial: str
    state: str
    region: str
    organization: Organization
    lock_version: int
    definition: Definition
    compiled: CompiledForm
    workflow: Workflow
    answers: dict[str, Any]
    #: What scopes ask of the record.
    keys: RowKeys
    masked: frozenset[str] = frozenset()


def standing(form_key: str, view: RecordView) -> Standing | None:
    """Return what rules know of a record that the actor has been shown; ``None`` without a workflow."""
    workflow = workflow_of(view.definition)
    if workflow is None:
        return None
    organization = db.session.get(Organization, view.organization["id"])
    if organization is None:
        raise NotFound
    return Standing(
        form_key=form_key,
        record_id=view.id,
        serial=view.serial,
        state=view.state,
        region=view.region,
        organization=organization,
        lock_version=view.lock_version,
        definition=view.definition,
        compiled=view.compiled,
        workflow=workflow,
        answers=answers_of(view.id),
        keys=view.keys,
        masked=view.hidden.union(view.masked),
    )


def standing_of_new(new: Draft) -> Standing:
    """Return the same of a record that is about to be written; its first revision and lock are 1.

    Raises ``NotFound`` without a workflow.
    """
    definition = new.compiled.definition
    workflow = workflow_of(definition)
    if workflow is None:
        raise NotFound
    return Standing(
        form_key=definition.key,
        record_id=new.id,
        serial=new.serial,
        state=workflow.initial,
        region=new.organization.region,
        organization=new.organization,
        lock_version=1,
        definition=definition,
        compiled=new.compiled,
        workflow=workflow,
        answers=new.answers,
        masked=new.masked,
        keys=keys_of_new(new.organization),
    )


def kind_allowed(actor: Actor, resource: str, verb: Verb) -> bool:
    """Tell whether the actor may take this step on any record at all: role list and grants both say so."""
    if verb.kind == "system":
        return actor.kind == "system"
    if actor.kind == "system":
        return actor.can(resource, verb.action)
    return actor.role in verb.by and actor.can(resource, verb.action)


def row_allowed(actor: Actor, at: Standing, verb: Verb) -> bool:
    """Tell whether a grant for the step reaches this record."""
    if actor.kind == "system":
        return True
    rules = row_rules(actor, at.definition.resource, verb.action)
    return any(scope_matches(actor, rule.scope, at.keys) for rule in rules)


def own_submission(actor: Actor, at: Standing, verb: Verb) -> bool:
    """Tell whether the actor would approve what he submitted himself: four eyes are wanted."""
    return verb.kind == "approve" and actor.user_id is not None and events.last_submitter(at.record_id) == actor.user_id


def undecided(at: Standing) -> bool:
    """Tell whether nothing has happened since the submission, so that it can be recalled."""
    found = events.last(at.record_id)
    return found is None or found[0] == "submit"


def context(actor: Actor, at: Standing) -> Context:
    """Return what the expressions of a step know: the record's answers, and ``_role _org_id _region _state``.

    ``_region`` (and ``_record_region``) is the record's, ``_actor_region`` the actor's. Fields of referenced
    records are read for the rule, not for the actor, who learns no more than whether it holds.
    """
    found = context_for(actor, at.definition, at.organization, state=at.state)
    variables = {
        **found.variables,
        "region": at.region,
        "record_region": at.region,
        "actor_region": actor.region,
        "actor_org_id": "" if actor.organization_id is None else str(actor.organization_id),
    }
    reference = reference_reader(system_actor("workflow"))
    return replace(found, variables=variables, reference=reference, masked=at.masked)


def guard_holds(verb: Verb, at: Standing, known: Context) -> bool:
    """Tell whether the step's condition holds; a condition that cannot be worked out does not."""
    if verb.guard is None:
        return True
    answers = at.compiled.evaluate(at.answers, context=known).effective
    try:
        return holds(verb.guard.tree, at.compiled.environment(answers, known))
    except BudgetExceededError:
        return False
