"""A new form with what it needs around it, from a few plain answers: resource, grants, workflow, unique key, list."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import require
from app.builder.catalogue import find_workflow
from app.builder.models import Form, WorkflowRow
from app.builder.service import DESIGN, save_workflow
from app.builder.travel.files import take_in
from app.database import db
from app.errors import Conflict, Invalid
from app.identity.models import Resource
from app.identity.resources import open_resource, role_homes, roles_with
from forms.answers.problems import Problem
from forms.checks.settings import KINDS
from forms.field_types import FIELD_TYPES
from forms.files.bundle import Bundle
from forms.labels import Label
from forms.plain_workflow import plain_workflow
from forms.workflow import parse_workflow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.access.actor import Actor
    from app.builder.models import FormDraft
    from app.identity.resources import RoleHome

#: Words that stand in addresses where a form's key stands.
TAKEN = frozenset({"new", "upload", "lists", "requests", "blocks", "read"})
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
#: Types whose answers are personal data, whatever the form.
_PERSONAL_TYPES = frozenset({"id_card", "phone", "bank_card", "email", "signature"})
_PERSONAL_WORDS = re.compile("姓名|住址|家庭|出生|联系人|电话|手机|身份证")
NONE, ONE, TWO, EXISTING = "none", "one", "two", "existing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the author of a new form has answered."""

    key: str
    title: Mapping[str, str]
    kind: str = "register"
    #: An existing resource; empty: one of its own is opened, with the grants that follow from the roles.
    resource: str = ""
    fill_roles: Sequence[str] = ()
    view_roles: Sequence[str] = ()
    #: ``none``, ``one`` or ``two`` steps of review, or ``existing``: the workflow named below.
    review: str = NONE
    reviewers: Sequence[Sequence[str]] = ()
    workflow: str = ""
    unique: Sequence[str] = ()
    city_wide: bool = False
    columns: Sequence[str] = ()
    code_lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def create(actor: Actor, raw: Mapping[str, Any], plan: Plan) -> FormDraft:
    """Create the form *raw* as *plan* says; everything or, where it raises, nothing once rolled back.

    Raises ``NotAllowed``, ``Conflict`` (key, resource or workflow in use) and ``Invalid`` with a problem per answer.
    """
    require(actor, DESIGN, "F")
    problems = list(_problems(plan))
    if problems:
        raise Invalid(errors=problems)
    if db.session.get(Form, plan.key) is not None:
        text = Label(
            f"表单标识“{plan.key}”已被使用，请换一个。", f"The form key {plan.key!r} is in use; choose another."
        )
        raise Conflict(text, code="form_exists", errors=[Problem("key", None, "form_exists", text)])
    form = _completed(raw, plan)
    if not plan.resource:
        open_resource(actor, plan.key, Label.of(plan.title), grants_for(plan))
    if plan.review in {ONE, TWO}:
        _add_workflow(actor, plan)
    draft, _kept = take_in(actor, Bundle(form, plan.code_lists))
    return draft


def _problems(plan: Plan) -> Iterator[Problem]:
    def wrong(name: str, zh: str, en: str) -> Problem:
        return Problem(name, None, name, Label(zh, en))

    if not _KEY.fullmatch(plan.key) or plan.key in TAKEN:
        yield wrong(
            "key",
            "标识须为 2 至 40 个小写字母、数字或下划线，以字母开头",
            "A key has 2 to 40 small letters, digits or _",
        )
    if not plan.title.get("zh", "").strip():
        yield wrong("title", "请填表单名称", "Give the form a title")
    if plan.kind not in KINDS:
        yield wrong("kind", "请选择类别", "Choose a kind")
    if not plan.fill_roles:
        yield wrong("fill_roles", "请选择谁来填报", "Choose who fills it in")
    if plan.resource:
        yield from _of_resource(plan, wrong)
    steps = {ONE: 1, TWO: 2}.get(plan.review, 0)
    if plan.review not in {NONE, ONE, TWO, EXISTING}:
        yield wrong("review", "请选择审核方式", "Choose how it is reviewed")
    if len(plan.reviewers) < steps or any(not roles for roles in plan.reviewers[:steps]):
        yield wrong("reviewers", "请选择每一步由谁审核", "Choose who reviews at each step")
    if plan.review == EXISTING:
        flow = find_workflow(plan.workflow)
        if flow is None:
            yield wrong("workflow", "请选择流程", "Choose a workflow")
        elif outside := [role for role in plan.fill_roles if role not in flow.states[flow.initial].editable_by]:
            names = "、".join(_names(outside))
            yield wrong(
                "workflow", f"这个流程里，{names}不能填写草稿", f"In this workflow {names} cannot change drafts"
            )


def _of_resource(plan: Plan, wrong: Any) -> Iterator[Problem]:
    if db.session.get(Resource, plan.resource) is None:
        yield wrong("resource", "没有这个权限资源", "There is no such resource")
        return
    outside = [role for role in plan.fill_roles if role not in roles_with(plan.resource, "C")]
    if outside:
        names = "、".join(_names(outside))
        yield wrong("fill_roles", f"{names}在所选权限资源上没有新增权限", f"{names} may not create under this resource")


def _names(keys: Sequence[str]) -> list[str]:
    known = {home.key: home.name.zh for home in role_homes()}
    return [known.get(key, key) for key in keys]


def grants_for(plan: Plan) -> dict[str, str]:
    """Return the grants that a form of its own resource needs, by role: each on the rows that are its business.

    Who fills it views, creates and changes, and submits and exports if the role does so anywhere; who reviews it views,
    approves and returns, and those of the last step may declare void what they may elsewhere.
    """
    homes = {home.key: home for home in role_homes()}
    letters: dict[str, set[str]] = {}
    for role in plan.fill_roles:
        letters.setdefault(role, set()).update("VCU", _held(homes, role, "SE"))
    steps = plan.reviewers[: {ONE: 1, TWO: 2}.get(plan.review, 0)]
    for number, roles in enumerate(steps, 1):
        for role in roles:
            letters.setdefault(role, set()).update("VAR", _held(homes, role, "ED" if number == len(steps) else "E"))
    if plan.review == EXISTING and (flow := find_workflow(plan.workflow)) is not None:
        for verb in flow.verbs:
            for role in verb.by:
                if role in homes and verb.kind in {"approve", "return"}:
                    letters.setdefault(role, set()).update("V", verb.action)
    for role in plan.view_roles:
        letters.setdefault(role, set()).add("V")
    return {role: _written(homes[role], found) for role, found in sorted(letters.items()) if role in homes}


def _held(homes: Mapping[str, RoleHome], role: str, letters: str) -> set[str]:
    return set(letters) & homes[role].actions if role in homes else set()


def _written(home: RoleHome, letters: set[str]) -> str:
    mode = "" if home.scope == "own" else "[m1]"
    return f"{''.join(sorted(letters))}@{home.scope}{mode}"


def _add_workflow(actor: Actor, plan: Plan) -> None:
    key = f"wf_{plan.key}"[:48]
    if db.session.get(WorkflowRow, key) is not None:
        raise Conflict(Label(f"流程“{key}”已经存在。", f"There is a workflow {key!r} already."), code="workflow_exists")
    homes = {home.key: home for home in role_homes()}
    fillers = list(plan.fill_roles)
    # Where no role that fills it ever submits anything, all of them do.
    submitters = [role for role in fillers if role in homes and "S" in homes[role].actions] or fillers
    steps = plan.reviewers[: {ONE: 1, TWO: 2}[plan.review]]
    title = {
        name: f"{text}（审核）" if name == "zh" else f"Review of {text}" for name, text in plan.title.items() if text
    }
    save_workflow(actor, key, {"key": key, **plain_workflow(title, fillers, submitters, steps, _usual_notices())})


def _usual_notices() -> dict[str, list[str]]:
    """Return the message that most workflows here send when something is submitted, approved, returned."""
    counts: dict[str, Counter[str]] = {}
    for row in db.session.execute(sa.select(WorkflowRow.key, WorkflowRow.definition)):
        for verb in parse_workflow(row.key, row.definition).verbs:
            counts.setdefault(verb.kind, Counter()).update(verb.notify)
    return {kind: [counted.most_common(1)[0][0]] for kind, counted in counts.items() if counted}


def _completed(raw: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Return the definition with the answers in it, and a class on every field that had none."""
    form = deepcopy(dict(raw))
    keys = {item["key"] for section in form.get("sections") or [] for item in section.get("fields") or []}
    form.update(
        key=plan.key,
        title={name: text for name, text in plan.title.items() if text},
        kind=plan.kind,
        resource=plan.resource or plan.key,
        fill_roles=list(plan.fill_roles),
    )
    form["workflow"] = plan.workflow if plan.review == EXISTING else f"wf_{plan.key}"[:48]
    if plan.review == NONE:
        del form["workflow"]
    unique = [key for key in plan.unique if key in keys]
    form["unique"] = [{"fields": unique, **({"city_wide": True} if plan.city_wide else {})}] if unique else []
    columns = [key for key in plan.columns if key in keys]
    known = form.get("list") or {}
    form["list"] = {**known, "columns": [*columns, "_state", "_organization", "_updated_at"]}
    for section in form.get("sections") or []:
        for item in section.get("fields") or []:
            _classify(item)
    return form


def _classify(item: dict[str, Any]) -> None:
    """Give a field a class: personal where its type or its name says so, internal else; its author may change it."""
    kind = FIELD_TYPES.get(str(item.get("type")))
    label = item.get("label") or {}
    text = label.get("zh", "") if isinstance(label, dict) else str(label)
    if kind is not None and kind.stores and not item.get("class"):
        personal = item["type"] in _PERSONAL_TYPES or _PERSONAL_WORDS.search(text)
        item["class"] = "personal" if personal else "internal"
    for column in item.get("fields") or []:
        _classify(column)
