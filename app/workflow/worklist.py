"""What waits for an actor, over all forms: records to decide about, and drafts and returned records to finish.

Two statements at most per form and capacity: groups with their sizes, then the oldest records of those that count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import today
from app.access.query import scope_clause, tagged
from app.builder import service as builder
from app.database import db
from app.records.projection.tables import form_table
from app.workflow import rules
from forms.answers.answer import Context
from forms.expressions import BudgetExceededError, evaluate, variables_of

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.labels import Label
    from forms.workflow import Verb, Workflow

REVIEW, FILL = "review", "fill"
#: Kinds of columns that a guard's answers can be grouped by.
_PLAIN_KINDS = (sa.String, sa.Text, sa.Integer, sa.Boolean, sa.Numeric, sa.Date)


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A record that waits."""

    kind: str
    form_key: str
    form_title: Label
    record_id: str
    serial: str
    organization_name: str
    state: str
    state_label: Label
    tone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class WorkList:
    """The records that wait longest, and how many there are, by kind."""

    items: list[WorkItem]
    counts: dict[str, int]

    @property
    def count(self) -> int:
        """How many wait altogether."""
        return sum(self.counts.values())


def work_list(actor: Actor, limit: int = 50, only: str | None = None) -> WorkList:
    """Return what waits for *actor*: the longest waiting first; with *only*, records of that kind and no others."""
    items: list[WorkItem] = []
    counts = {REVIEW: 0, FILL: 0}
    for head in builder.forms_for(actor):
        form = builder.definition(head.key)
        workflow = builder.workflow_of(form)
        if workflow is None:
            continue
        table = form_table(head.key)
        waiting = _conditions(actor, table, workflow)
        if not waiting:
            continue
        for kind, condition, count in waiting:
            counts[kind] += count
            if only in {None, kind}:
                items += _items(table, workflow, kind, condition, limit)
    items.sort(key=lambda item: (item.kind != FILL, item.since, item.record_id))
    return WorkList(items[:limit], counts)


def _conditions(actor: Actor, table: FormTable, workflow: Workflow) -> list[tuple[str, sa.ColumnElement[bool], int]]:
    """Return kind, condition and count: what the actor decides about, and what he fills."""
    verbs = [v for v in workflow.verbs if v.kind == "approve" and rules.kind_allowed(actor, table.resource, v)]
    waiting = _reviewing(actor, table, verbs) if verbs else []
    states = _filling_states(actor, table.resource, workflow)
    if not states:
        return waiting
    main = table.main
    condition = sa.and_(
        main.c._state.in_(states),
        main.c._organization.in_(sorted(actor.organizations)),
        main.c._batch.is_(None),
        scope_clause(actor, table, "V"),
    )
    statement = tagged(sa.select(sa.func.count()).select_from(main).where(condition), "own drafts, scoped")
    count = db.session.scalar(statement) or 0
    return [*waiting, (FILL, condition, count)] if count else waiting


def _filling_states(actor: Actor, resource: str, workflow: Workflow) -> list[str]:
    """Return the states in which a record waits for its filler: he may change it, and a submission leads out."""
    if not actor.organizations or not (actor.can(resource, "C") or actor.can(resource, "U")):
        return []
    return [
        key
        for key, state in workflow.states.items()
        if actor.role in state.editable_by and any(verb.kind == "submit" for verb in workflow.verbs_from(key))
    ]


def _reviewing(actor: Actor, table: FormTable, verbs: list[Verb]) -> list[tuple[str, sa.ColumnElement[bool], int]]:
    main = table.main
    columns: list[sa.ColumnElement[Any]] = [main.c._state, main.c._region]
    fields = _guard_fields(table, verbs)
    columns += [table.column(key) for key in fields]
    scopes = {verb.action: scope_clause(actor, table, verb.action) for verb in verbs}
    reach = sa.or_(*(sa.and_(main.c._state.in_(verb.from_), scopes[verb.action]) for verb in verbs))
    in_reach = sa.and_(reach, main.c._batch.is_(None), scope_clause(actor, table, "V"))
    # Grouped by name: the expressions hold parameters, which PostgreSQL would not take for the same twice.
    flags = [
        sa.case((scopes[letter], sa.literal_column("1")), else_=sa.literal_column("0")).label(f"granted_{letter}")
        for letter in sorted(scopes)
    ]
    names = [flag.name for flag in flags]
    statement = sa.select(*columns, *flags, sa.func.count()).where(in_reach).group_by(*columns, *names)
    groups = []
    total = 0
    for row in db.session.execute(tagged(statement, "what waits, scoped")):
        values = row[: len(columns)]
        granted = dict(zip(sorted(scopes), row[len(columns) : -1], strict=True))
        answers = dict(zip(fields, values[2:], strict=True))
        if any(
            granted[verb.action] and values[0] in verb.from_ and _may_hold(actor, table, verb, values, answers)
            for verb in verbs
        ):
            total += row[-1]
            groups.append(sa.and_(*(_equals(c, value) for c, value in zip(columns, values, strict=True))))
    return [(REVIEW, sa.and_(in_reach, sa.or_(*groups)), total)] if groups else []


def _equals(column: sa.ColumnElement[Any], value: Any) -> sa.ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _guard_fields(table: FormTable, verbs: list[Verb]) -> list[str]:
    """Return the fields that guards ask for and that a statement can group by."""
    names = {name for verb in verbs if verb.guard for name in variables_of(verb.guard.tree)}
    return [
        name
        for name in sorted(names)
        if name in table.columns and "." not in name and isinstance(table.column(name).type, _PLAIN_KINDS)
    ]


def _may_hold(actor: Actor, table: FormTable, verb: Verb, values: Any, answers: dict[str, Any]) -> bool:
    """Tell whether a guard holds as far as a list can tell; what it cannot work out counts as waiting."""
    if verb.guard is None:
        return True
    known = {key for key in variables_of(verb.guard.tree) if not key.startswith("_")}
    if known - set(answers):
        return True
    variables = {"state": values[0], "region": values[1], "record_region": values[1], "actor_region": actor.region}
    context = Context(today=today(), role=actor.role, variables=variables)
    try:
        found = evaluate(verb.guard.tree, table.compiled.environment(answers, context))
    except BudgetExceededError:
        return True
    return found is True


def _items(
    table: FormTable, workflow: Workflow, kind: str, condition: sa.ColumnElement[bool], limit: int
) -> list[WorkItem]:
    c = table.main.c
    statement = (
        sa.select(c._id, c._serial, c._organization_name, c._state, c._updated_at)
        .where(condition)
        .order_by(c._updated_at, c._id)
        .limit(limit)
    )
    found = []
    for record_id, serial, organization, state, since in db.session.execute(tagged(statement, "what waits, scoped")):
        known = workflow.states[state]
        found.append(
            WorkItem(
                kind, table.form_key, table.definition.title, record_id, serial, organization, state,
                known.label, known.tone, since,
            )
        )  # fmt: skip
    return found
