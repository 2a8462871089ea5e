"""How a record came to where it stands: a way through its workflow that the workflow allows, with who and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from forms.answers.answer import Context
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
FRIDAY, OFFICE_OPENS = 4, 8


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
    #: What the filler had changed by then.
    answers: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """What a record said before a reviewer returned it once, and his remark."""

    note: Note
    before: Mapping[str, Any]


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


def role_for(verb: Verb, unit: Unit, region: str, helper: str = "") -> str:
    """Return the role that takes a step on a record of *unit*; empty for the system, raises NoWay if nobody can.

    :param helper: the role that hands in for the unit, if somebody does.
    """
    if verb.kind == "system":
        return ""
    roles = (helper, *verb.by) if helper in verb.by and verb.kind == "submit" else verb.by
    for role in roles:
        body = BODIES.get(role)
        kind = role.partition("_")[0]
        if body == "own" and {"ent": "enterprise", "school": "college"}.get(kind, unit.kind) == unit.kind:
            return role
        if body in {"BUREAU", "AGENCY"} and (role in CITY_ROLES or region != CITY):
            return role
    raise NoWay(f"{verb.key}: no role for {unit.code}")


@dataclass(frozen=True, slots=True)
class Course:
    """Where a record goes: its state, by way of another one, begun so many days ago, returned once, helped by whom."""

    state: str
    begun: int
    through: str = ""
    mended: Mended | None = None
    helper: str = ""


def plan(world: World, form_key: str, unit: Unit, answers: Mapping[str, Any], course: Course) -> Planned:
    """Return the record with the steps that led it to where it stands. Raises NoWay."""
    verbs = _verbs(world, form_key, unit, answers, course)
    moment = _moment(world, course.begun)
    pace = course.begun / (len(verbs) + 1)
    steps: list[Step] = []
    last = moment
    mended = course.mended
    for number, verb in enumerate(verbs, 1):
        role = role_for(verb, unit, unit.region, course.helper)
        last = max(_moment(world, int(course.begun - number * pace)), last + timedelta(minutes=25))
        comment, notes = _words(world, form_key, verb, mended)
        again = verb.kind == "submit" and mended is not None and any(step.notes for step in steps)
        changed = {key: answers[key] for key in mended.before} if again and mended is not None else None
        steps.append(Step(verb.key, verb.to, role, _body(role, unit), last, comment, notes, changed))
    first = answers if mended is None else {**answers, **mended.before}
    return Planned(form_key, unit.code, unit.region, first, course.state, moment, tuple(steps))


def _verbs(world: World, form_key: str, unit: Unit, answers: Mapping[str, Any], course: Course) -> list[Verb]:
    way = _Way(world, form_key, unit, answers)
    start = workflow_of(form_key).initial
    stops = [stop for stop in (course.through, course.state) if stop]
    verbs: list[Verb] = []
    for stop in stops:
        verbs += way.to(stop, start)
        start = stop
    if course.mended is None:
        return verbs
    place = next(number for number, verb in enumerate(verbs) if verb.kind == "submit")
    back = next(verb for verb in way.workflow.verbs_from(verbs[place].to) if verb.kind == "return")
    return [*verbs[: place + 1], back, *verbs[place:]]


class _Way:
    """Finds ways that a record's workflow allows it."""

    def __init__(self, world: World, form_key: str, unit: Unit, answers: Mapping[str, Any]) -> None:
        self.world, self.unit, self.workflow = world, unit, workflow_of(form_key)
        self.form = compiled(form_key)
        # What is shown depends on nobody's role in these forms: worked out once.
        self.effective = self.form.evaluate(answers, context=context(world, unit, unit.region)).effective

    def to(self, state: str, start: str) -> list[Verb]:
        """Return the shortest way from one state to another whose guards hold. Raises NoWay."""
        queue: deque[tuple[str, list[Verb]]] = deque([(start, [])])
        seen = {start}
        while queue:
            here, path = queue.popleft()
            if here == state:
                return path
            for verb in self.workflow.verbs_from(here):
                copies = any("copy" in effect for effect in verb.effects)
                if verb.to not in seen and not copies and self._open(verb, here):
                    seen.add(verb.to)
                    queue.append((verb.to, [*path, verb]))
        raise NoWay(f"{self.workflow.key}: no way to {state} for {self.unit.code}")

    def _open(self, verb: Verb, here: str) -> bool:
        try:
            role = role_for(verb, self.unit, self.unit.region)
        except NoWay:
            return False
        if verb.guard is None:
            return True
        known = context(self.world, self.unit, self.unit.region, role, here)
        return holds(verb.guard.tree, self.form.environment(self.effective, known))


def _moment(world: World, ago: int) -> datetime:
    """Return a moment in office hours here so many days ago, or on the Friday before."""
    day = world.today - timedelta(days=max(ago, 1))
    day -= timedelta(days=max(day.weekday() - FRIDAY, 0))
    minutes = world.chance.randrange(9 * 60)
    opening = datetime(day.year, day.month, day.day, OFFICE_OPENS).astimezone()
    return (opening + timedelta(minutes=minutes)).astimezone(UTC)


def _body(role: str, unit: Unit) -> str:
    if not role:
        return ""
    body = BODIES[role]
    return unit.code if body == "own" else f"{body}-{CITY if role in CITY_ROLES else unit.region}"


def _words(world: World, form_key: str, verb: Verb, mended: Mended | None) -> tuple[str, tuple[Note, ...]]:
    comments = world.words["comments"]
    if verb.kind == "return":
        if mended is not None:
            return world.pick(comments["return"]), (mended.note,)
        path, text = world.pick(list(world.words["notes"][form_key].items()))
        return world.pick(comments["return"]), (Note(path, 1 if "." in path else None, text),)
    if verb.key == "withdraw":
        return world.pick(comments["withdraw"]), ()
    return (world.pick(comments["other"]) if verb.needs_comment else ""), ()
