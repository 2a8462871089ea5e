"""A form and its workflow: guards that can be read, effects that find their field, states that fit."""

from __future__ import annotations

from collections.abc import Iterator

from forms.checks.issues import error, warning
from forms.definition import Definition
from forms.expressions import typecheck
from forms.files.reading import Issue
from forms.rule_types import types_of
from forms.workflow import Workflow


def workflow(definition: Definition, flow: Workflow) -> Iterator[Issue]:
    """Yield what does not fit between *definition* and its workflow *flow*."""
    types = types_of(definition)
    for verb in flow.verbs:
        place = f"workflow.{verb.key}"
        for message in typecheck(verb.guard.tree, types) if verb.guard else ():
            yield Issue("expression", f"{place}.guard", message)
        for effect in verb.effects:
            field = effect.get("reassign")
            if field is not None and types.get(str(field)) is None:
                yield error(
                    "effect", place, f"没有字段“{field}”可供改派", f"There is no field “{field}” to reassign by"
                )
    first = flow.states[flow.initial]
    for role in definition.fill_roles:
        if role not in first.editable_by:
            yield error(
                "contradiction",
                "fill_roles",
                f"角色“{role}”可填报，但在“{first.label.zh}”状态不能修改",
                f"Role “{role}” fills this form but cannot change it in the state “{first.label.get('en')}”",
            )
    for state in unreachable(flow):
        yield warning(
            "unreachable",
            f"workflow.{state}",
            f"没有动作能到达状态“{flow.states[state].label.zh}”",
            f"No verb leads to the state “{flow.states[state].label.get('en')}”",
        )


def unreachable(flow: Workflow) -> list[str]:
    """Return the states to which no chain of verbs leads."""
    reached, open_ = {flow.initial}, [flow.initial]
    while open_:
        state = open_.pop()
        found = {verb.to for verb in flow.verbs_from(state)} - reached
        reached |= found
        open_ += found
    return [state for state in flow.states if state not in reached]
