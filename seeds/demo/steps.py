"""How a record came to where it stands: a way through its workflow that the workflow allows, with who and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from forms.answers import Context
from forms.compiled import CompiledForm, compile_form
from forms.expressions import holds
from forms.workflow import Verb, Workflow, parse_workflow
from seeds.demo.world import CITY, Unit, World
from seeds.reading import definitions, raw_files

#: Which organization a role belongs to: the record's own, or a body of its region or of the city.
BODIES = {
    "ent_admin": "own",
    "school_admin": "own",
    "public_self": "own",
    "county_hr": "BUREAU",
    "county_emp": "AGENCY",
    "city_voc": "BUREAU",
    "city_emp": "AGENCY",
}
CITY_ROLES = frozenset({"city_voc", "city_emp"})


@dataclass(frozen=True, slots=True)
class Note:
    """A reviewer's remark on a field."""

    field: str
    row: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken. ``organization`` is the code of the body that took it; the system has none."""

    verb: str
    to: str
    role: str
    organization: str
    at: datetime
    comment: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A record to load: answers as a person would give them, and the steps from draft to its state."""

    form: str
    organization: str
    region: str
    answers: Mapping[str, Any]
    state: str
    created_at: datetime
    steps: tuple[Step, ...] = field(default=())


class NoWay(ValueError):
    """The workflow does not lead these answers to the state wanted."""


@lru_cache(maxsize=16)
def compiled(form_key: str) -> CompiledForm:
    """Return a form of the pack, made ready."""
    return compile_form(definitions()[form_key])


@lru_cache(maxsize=16)
def workflow_of(form_key: str) -> Workflow:
    """Return the workflow of a form of the pack."""
    key = definitions()[form_key].workflow or ""
    return parse_workflow(key, raw_files("workflows")[key])


def context(world: World, unit: Unit, region: str, role: str = "", state: str = "") -> Context:
    """Return what the rules of a record of *unit* know."""
    variables = {
        "org_name": unit.name,
        "org_code": unit.code,
        "region": region,
        "record_region": region,
        "state": state,
    }
    return Context(today=world.today, role=role, variables=variables)


def role_for(verb: Verb, unit: Unit, region: str) -> str:
    """Return the role that takes a step on a record of *unit*; empty for the system, raises NoWay if nobody can."""
    if verb.kind == "system":
        return ""
    for role in verb.by:
        body = BODIES.get(role)
        kind = role.partition("_")[0]
        if body == "own" and {"ent": "enterprise", "school": "college"}.get(kind, unit.kind) == unit.kind:
            return role
        if body in {"BUREAU", "AGENCY"} and (role in CITY_ROLES or region != CITY):
            return role
    raise NoWay(f"{verb.key}: no role for {unit.code}")


def way(world: World, form_key: str, unit: Unit, region: str, answers: Mapping[str, Any], state: str) -> list[Verb]:
    """Return the shortest way to *state* whose guards hold for *answers*. Raises NoWay."""
    workflow = workflow_of(form_key)
    form = compiled(form_key)
    queue: deque[tuple[str, list[Verb]]] = deque([(workflow.initial, [])])
    seen = {workflow.initial}
    while queue:
        here, path = queue.popleft()
        if here == state:
            return path
        for verb in workflow.verbs_from(here):
            if verb.to in seen or verb.to == here or any("copy" in effect for effect in verb.effects):
                continue
            try:
                role = role_for(verb, unit, region)
            except NoWay:
                continue
            known = context(world, unit, region, role, here)
            effective = form.evaluate(answers, context=known).effective
            if verb.guard is not None and not holds(verb.guard.tree, form.environment(effective, known)):
                continue
            seen.add(verb.to)
            queue.append((verb.to, [*path, verb]))
    raise NoWay(f"{form_key}: no way to {state} for {unit.code}")


def plan(
    world: World, form_key: str, unit: Unit, answers: Mapping[str, Any], state: str, *, begun: int, region: str = ""
) -> Planned:
    """Return the record with the steps that led it to *state*, begun so many days ago. Raises NoWay."""
    region = region or unit.region
    verbs = way(world, form_key, unit, region, answers, state)
    moment = _moment(world, begun)
    pace = begun / (len(verbs) + 1)
    steps: list[Step] = []
    last = moment
    for number, verb in enumerate(verbs, 1):
        role = role_for(verb, unit, region)
        last = max(_moment(world, int(begun - number * pace)), last + timedelta(minutes=25))
        comment, notes = _words(world, form_key, verb)
        steps.append(Step(verb.key, verb.to, role, _body(role, unit, region), last, comment, notes))
    return Planned(form_key, unit.code, region, answers, state, moment, tuple(steps))


def _moment(world: World, ago: int) -> datetime:
    """Return a moment in office hours so many days ago."""
    day = world.today - timedelta(days=max(ago, 1))
    minutes = world.chance.randrange(9 * 60)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)


def _body(role: str, unit: Unit, region: str) -> str:
    if not role:
        return ""
    body = BODIES[role]
    return unit.code if body == "own" else f"{body}-{CITY if role in CITY_ROLES else region}"


def _words(world: World, form_key: str, verb: Verb) -> tuple[str, tuple[Note, ...]]:
    comments = world.words["comments"]
    if verb.kind == "return":
        text = world.pick(comments["return"])
        path = world.pick(world.words["notes"][form_key])
        return text, (Note(path, 1 if "." in path else None, text),)
    if verb.key == "withdraw":
        return world.pick(comments["withdraw"]), ()
    return (world.pick(comments["other"]) if verb.needs_comment else ""), ()
