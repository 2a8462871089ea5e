"""Workflows are read strictly, and know what leads where."""

from __future__ import annotations

import pytest

from forms.files.loading import DefinitionError
from forms.workflow import parse_workflow

RAW = {
    "title": "t",
    "states": {"draft": {"label": "草稿", "editable_by": ["clerk"]}, "done": {"label": "办结", "final": True}},
    "verbs": [
        {
            "key": "go",
            "label": "提交",
            "from": ["draft"],
            "to": "done",
            "by": ["clerk"],
            "action": "S",
            "kind": "submit",
        }
    ],
}


def changed(**verb):
    return {**RAW, "verbs": [{**RAW["verbs"][0], **verb}]}


def test_a_workflow_begins_in_its_first_state_and_knows_its_verbs():
    found = parse_workflow("w", RAW)
    assert found.initial == "draft"
    assert [verb.key for verb in found.verbs_from("draft")] == ["go"]
    assert found.verbs_from("done") == ()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (changed(to="gone"), "unknown_state"),
        (changed(guard="1 +"), "expression"),
        (changed(action="Z"), "action"),
        (changed(kind="leap"), "kind"),
        (changed(effects=[{"explode": True}]), "effect"),
        (changed(colour="red"), "unknown_key"),
        ({**RAW, "verbs": RAW["verbs"] * 2}, "duplicate_verb"),
        ({**RAW, "states": {}}, "no_states"),
        ({**RAW, "surprise": 1}, "unknown_key"),
    ],
)
def test_a_mistake_is_named(raw, code):
    with pytest.raises(DefinitionError) as raised:
        parse_workflow("w", raw)
    assert code in {issue.code for issue in raised.value.issues}
