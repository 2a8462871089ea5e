"""Workflows: states and the verbs that lead from one to another. Immutable; read from a definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.definition import Expr
from forms.expressions import ExpressionError, parse
from forms.labels import Label
from forms.loading import DefinitionError, Issue

KINDS = ("submit", "return", "approve", "recall", "void", "other", "system")
TONES = ("neutral", "info", "success", "warning", "danger")
ACTIONS = frozenset("VCUSAREPDFX")
EFFECTS = frozenset({"copy_organization", "reassign", "copy", "schedule"})


DEFAULT_GUARD_MESSAGE = Label("现在还不能办理这一步。", "This step is not possible yet.")


@dataclass(frozen=True, slots=True)
class State:
    """Where a record stands. ``editable_by``: roles that may change it there; ``final``: the end that was hoped for."""

    key: str
    label: Label
    editable_by: tuple[str, ...] = ()
    final: bool = False
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Verb:
    """A step. Who may take it is said twice: by role here, and by a grant for ``action``; both must agree.

    ``guard`` is an expression over the answers and ``_role _org_id _region _state``; where it does not hold the verb is
    refused with ``guard_message``. A verb of kind ``recall`` works only while nobody has decided.
    """

    key: str
    label: Label
    from_: tuple[str, ...]
    to: str
    by: tuple[str, ...]
    action: str
    kind: str = "other"
    guard: Expr | None = None
    guard_message: Label = DEFAULT_GUARD_MESSAGE
    effects: tuple[Mapping[str, Any], ...] = ()
    notify: tuple[str, ...] = ()
    needs_comment: bool = False
    days: int | None = None


@dataclass(frozen=True)
class Workflow:
    """States in their order and verbs; the first state is where a record begins."""

    key: str
    title: Label
    states: Mapping[str, State]
    verbs: tuple[Verb, ...]
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def initial(self) -> str:
        """The state of a new record."""
        return next(iter(self.states))

    def verb(self, key: str) -> Verb | None:
        """Return the verb called *key*."""
        return next((verb for verb in self.verbs if verb.key == key), None)

    def verbs_from(self, state: str) -> tuple[Verb, ...]:
        """Return the verbs that lead out of *state*, in their order."""
        return tuple(verb for verb in self.verbs if state in verb.from_)

    def reviewing(self, role: str) -> frozenset[str]:
        """Return the states in which *role* decides about somebody else's record."""
        return frozenset(
            state
            for verb in self.verbs
            if verb.kind in {"approve", "return"} and role in verb.by
            for state in verb.from_
        )


def parse_workflow(key: str, raw: Mapping[str, Any]) -> Workflow:
    """Return the workflow that *raw* describes; raises DefinitionError with every issue found."""
    reader = _Reader(key)
    reader.known(raw, {"key", "title", "states", "verbs", "note"}, key)
    states = {name: reader.state(name, item) for name, item in (raw.get("states") or {}).items()}
    verbs = tuple(reader.verb(item, states) for item in raw.get("verbs") or [])
    if not states:
        reader.report("no_states", key, "流程没有状态", "The workflow has no states")
    names = [verb.key for verb in verbs]
    for name in {name for name in names if names.count(name) > 1}:
        reader.report("duplicate_verb", f"{key}.{name}", f"动作“{name}”重复了", f"The verb “{name}” stands twice")
    if reader.issues:
        raise DefinitionError(reader.issues)
    return Workflow(key, reader.label(raw.get("title", key), key), states, verbs, raw)


class _Reader:
    def __init__(self, key: str) -> None:
        self.key = key
        self.issues: list[Issue] = []

    def report(self, code: str, path: str, zh: str, en: str) -> None:
        self.issues.append(Issue(code, path, Label(zh, en)))

    def known(self, raw: Any, keys: set[str], path: str) -> bool:
        if not isinstance(raw, Mapping):
            self.report("not_object", path, "应为一组键值", "Expected an object")
            return False
        for name in set(raw) - keys:
            self.report("unknown_key", f"{path}.{name}", f"不认识的键“{name}”", f"Unknown key “{name}”")
        return True

    def label(self, raw: Any, path: str) -> Label:
        try:
            return Label.of(raw)
        except ValueError:
            self.report("label", path, "应为文字或 {zh, en}", "Expected text or {zh, en}")
            return Label(str(raw))

    def state(self, name: str, raw: Any) -> State:
        path = f"{self.key}.states.{name}"
        if not self.known(raw, {"label", "editable_by", "final", "tone"}, path):
            return State(name, Label(name))
        tone = raw.get("tone", "neutral")
        if tone not in TONES:
            self.report("tone", path, f"没有色调“{tone}”", f"There is no tone “{tone}”")
        return State(
            name,
            self.label(raw.get("label", name), path),
            tuple(raw.get("editable_by") or ()),
            bool(raw.get("final")),
            tone,
        )

    def verb(self, raw: Any, states: Mapping[str, State]) -> Verb:
        path = f"{self.key}.verbs"
        keys = {
            "key",
            "label",
            "from",
            "to",
            "by",
            "action",
            "kind",
            "guard",
            "guard_message",
            "effects",
            "notify",
            "needs_comment",
            "days",
        }
        if not self.known(raw, keys, path):
            return Verb("", Label(""), (), "", (), "")
        path = f"{path}.{raw.get('key')}"
        source = raw.get("from")
        from_ = (source,) if isinstance(source, str) else tuple(source or ())
        for state in (*from_, raw.get("to")):
            if state not in states:
                self.report("unknown_state", path, f"没有状态“{state}”", f"There is no state “{state}”")
        kind, action = raw.get("kind", "other"), raw.get("action", "")
        if kind not in KINDS:
            self.report("kind", path, f"没有动作类别“{kind}”", f"There is no kind “{kind}”")
        if kind != "system" and action not in ACTIONS:
            self.report("action", path, "动作要写明对应的权限字母", "A verb names the action that a grant must give")
        effects = tuple(raw.get("effects") or ())
        for effect in effects:
            if not isinstance(effect, Mapping) or not set(effect) <= EFFECTS:
                self.report("effect", path, f"没有效果“{effect}”", f"There is no effect “{effect}”")
        guard = None
        if raw.get("guard"):
            try:
                guard = Expr(str(raw["guard"]), parse(str(raw["guard"])))
            except ExpressionError as error:
                self.report(
                    "expression",
                    path,
                    f"条件第 {error.position + 1} 个字符处：{error.message.zh}",
                    f"At character {error.position + 1}: {error.message.en}",
                )
        words = raw.get("guard_message")
        return Verb(
            key=str(raw.get("key", "")),
            label=self.label(raw.get("label", ""), path),
            from_=from_,
            to=str(raw.get("to", "")),
            by=tuple(raw.get("by") or ()),
            action=action,
            kind=kind,
            guard=guard,
            guard_message=self.label(words, path) if words else DEFAULT_GUARD_MESSAGE,
            effects=effects,
            notify=tuple(raw.get("notify") or ()),
            needs_comment=bool(raw.get("needs_comment", kind == "return")),
            days=raw.get("days"),
        )
