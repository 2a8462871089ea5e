"""The workflows that a new form is given without anybody drawing one: filled in, reviewed in one step or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ONE, TWO = 1, 2


def plain_workflow(
    title: Mapping[str, str],
    fillers: Sequence[str],
    submitters: Sequence[str],
    steps: Sequence[Sequence[str]],
    notices: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return a workflow as it is written.

    :param fillers: roles that fill and change drafts.
    :param submitters: those of them that hand in, and take back while nobody has decided.
    :param steps: the roles that review, step by step; one or two steps.
    :param notices: the messages to send at verbs of a kind (``submit``, ``approve``, ``return``).
    """
    told = {kind: {"notify": list(keys)} for kind, keys in (notices or {}).items() if keys}
    names = [("review", "待审核", "Awaiting review")]
    if len(steps) == TWO:
        names = [("first_review", "待初审", "Awaiting first review"), ("second_review", "待复审", "Awaiting review")]
    states: dict[str, Any] = {
        "draft": {"label": {"zh": "草稿", "en": "Draft"}, "editable_by": list(fillers)},
        **{key: {"label": {"zh": zh, "en": en}, "tone": "info"} for key, zh, en in names},
        "approved": {"label": {"zh": "已通过", "en": "Approved"}, "final": True, "tone": "success"},
        "returned": {"label": {"zh": "退回修改", "en": "Returned"}, "editable_by": list(fillers), "tone": "danger"},
    }
    first, by = names[0][0], list(submitters)
    verbs: list[dict[str, Any]] = [
        {"key": "submit", "label": {"zh": "提交", "en": "Submit"}, "from": ["draft", "returned"], "to": first,
         "by": by, "action": "S", "kind": "submit", **told.get("submit", {})},
        {"key": "recall", "label": {"zh": "撤回", "en": "Recall"}, "from": [first], "to": "draft",
         "by": by, "action": "S", "kind": "recall"},
    ]  # fmt: skip
    for number, (state, _, _) in enumerate(names):
        last = number == len(names) - 1
        mark = "" if len(names) == ONE else f"_{number + 1}"
        label = {"zh": "通过", "en": "Approve"} if last else {"zh": "初审通过", "en": "Pass on"}
        # Whoever filled it is told when it is through; after the first of two steps the next reviewers are.
        notice = told.get("approve" if last else "submit", {})
        verbs += [
            {"key": f"approve{mark}", "label": label, "from": [state], "to": "approved" if last else names[1][0],
             "by": list(steps[number]), "action": "A", "kind": "approve", **notice},
            {"key": f"return{mark}", "label": {"zh": "退回", "en": "Return"}, "from": [state], "to": "returned",
             "by": list(steps[number]), "action": "R", "kind": "return", **told.get("return", {})},
        ]  # fmt: skip
    return {"title": dict(title), "states": states, "verbs": verbs}
