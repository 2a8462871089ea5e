"""Workflows: states and the verbs that lead from one to another. Immutable; read from a definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.definition import Expr
from forms.files.reading import Reader
from forms.labels import Label

KINDS = ("submit", "return", "approve", "recall", "void", "other", "system")
TONES = ("neutral", "info", "success", "warning", "danger")
ACTIONS = frozenset("VCUSAREPDFX")
EFFECTS = frozenset({"copy_organization", "reassign", "copy", "schedule"})
WORKFLOW_KEYS = frozenset({"key", "title", "states", "verbs", "note"})
STATE_KEYS = frozenset({"label", "editable_by", "final", "tone"})
VERB_KEYS = frozenset(
    [
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
    ]
)

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
    workflow = reader.workflow(raw)
    reader.finish()
    assert workflow is not None  # noqa: S101 - finish() raised otherwise
    return workflow


class _Reader(Reader):
    def __init__(self, key: str) -> None:
        super().__init__({})
        self.key = key

    def workflow(self, raw: Any) -> Workflow | None:
        if not self.known(raw, WORKFLOW_KEYS, self.key):
            return None
        states = {
            str(name): self.state(str(name), item)
            for name, item in self.table(raw.get("states"), f"{self.key}.states").items()
        }
        if not states:
            self.report("no_states", self.key, "流程没有状态", "The workflow has no states")
        verbs = [self.verb(item, number, states) for number, item in enumerate(self.many(raw.get("verbs"), self.key))]
        for name, count in Counter(verb.key for verb in verbs if verb).items():
            if count > 1:
                self.report(
                    "duplicate_verb", f"{self.key}.{name}", f"动作“{name}”重复了", f"The verb “{name}” stands twice"
                )
        title = self.label(raw.get("title", self.key), f"{self.key}.title")
        return Workflow(self.key, title, states, tuple(verb for verb in verbs if verb), raw)

    def state(self, name: str, raw: Any) -> State:
        path = f"{self.key}.states.{name}"
        if not self.known(raw, STATE_KEYS, path):
            return State(name, Label(name))
        return State(
            name,
            self.label(raw.get("label", name), path),
            self.texts(raw.get("editable_by"), f"{path}.editable_by"),
            self.switch(raw.get("final"), f"{path}.final"),
            self.one_of(raw.get("tone", "neutral"), TONES, f"{path}.tone"),
        )

    def verb(self, raw: Any, number: int, states: Mapping[str, State]) -> Verb | None:
        path = f"{self.key}.verbs[{number}]"
        if not self.known(raw, VERB_KEYS, path):
            return None
        key = self.text(raw.get("key"), f"{path}.key")
        if not key:
            self.report("key", path, "动作要有 key", "A verb needs a key")
        path = f"{self.key}.verbs.{key or number}"
        source = raw.get("from")
        from_ = (source,) if isinstance(source, str) else self.texts(source, f"{path}.from")
        to = self.text(raw.get("to"), f"{path}.to")
        for state in (*from_, to):
            if state not in states:
                self.report("unknown_state", path, f"没有状态“{state}”", f"There is no state “{state}”")
        kind = self.one_of(raw.get("kind", "other"), KINDS, f"{path}.kind")
        action = self.text(raw.get("action"), f"{path}.action")
        if kind != "system" and action not in ACTIONS:
            self.report("action", path, "动作要写明对应的权限字母", "A verb names the action that a grant must give")
        guard = self.expression(raw.get("guard"), f"{path}.guard")
        words = raw.get("guard_message")
        return Verb(
            key=key,
            label=self.label(raw.get("label", ""), f"{path}.label"),
            from_=from_,
            to=to,
            by=self.texts(raw.get("by"), f"{path}.by"),
            action=action,
            kind=kind,
            guard=guard,
            guard_message=self.label(words, f"{path}.guard_message") if words else DEFAULT_GUARD_MESSAGE,
            effects=self.effects(raw.get("effects"), f"{path}.effects"),
            notify=self.texts(raw.get("notify"), f"{path}.notify"),
            needs_comment=self.switch(raw.get("needs_comment", kind == "return"), f"{path}.needs_comment"),
            days=self.whole(raw.get("days"), f"{path}.days"),
        )

    def effects(self, raw: Any, path: str) -> tuple[Mapping[str, Any], ...]:
        found = self.many(raw, path)
        for effect in found:
            if not isinstance(effect, Mapping) or not set(effect) <= EFFECTS:
                self.report("effect", path, f"没有效果“{effect}”", f"There is no effect “{effect}”")
        return tuple(found)
