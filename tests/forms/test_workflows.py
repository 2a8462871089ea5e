"""Workflows are read as strictly as forms."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.files.loading import DefinitionError, load_yaml
from forms.workflow import parse_workflow

FLOW = {
    "key": "wf",
    "title": {"zh": "流程", "en": "Flow"},
    "states": {
        "draft": {"label": "草稿", "editable_by": ["clerk"]},
        "review": {"label": {"zh": "待审核", "en": "In review"}, "tone": "info"},
        "done": {"label": "完成", "final": True},
    },
    "verbs": [
        {"key": "submit", "label": "提交", "from": "draft", "to": "review", "by": ["clerk"], "action": "S", "kind": "submit", "notify": ["N1"]},
        {"key": "return", "label": "退回", "from": ["review"], "to": "draft", "by": ["boss"], "action": "R", "kind": "return"},
        {"key": "approve", "label": "通过", "from": ["review"], "to": "done", "by": ["boss"], "action": "A", "kind": "approve", "guard": "n > 1", "guard_message": "太少", "days": 5, "effects": [{"copy_organization": True}]},
        {"key": "expire", "label": "到期", "from": ["done"], "to": "draft", "kind": "system"},
    ],
}  # fmt: skip


def test_a_whole_workflow_is_read():
    flow = parse_workflow("wf", FLOW)
    assert flow.initial == "draft"
    assert flow.title.get("en") == "Flow"
    submit, back, approve, expire = flow.verbs
    assert (submit.from_, submit.needs_comment, submit.notify) == (("draft",), False, ("N1",))
    assert back.needs_comment
    assert (approve.days, approve.guard.text, approve.guard_message.zh) == (5, "n > 1", "太少")
    assert (expire.kind, expire.action) == ("system", "")
    assert flow.verb("approve") is approve
    assert flow.verb("nothing") is None
    assert flow.verbs_from("review") == (back, approve)
    assert flow.reviewing("boss") == {"review"}
    assert flow.reviewing("clerk") == frozenset()
    assert flow.states["done"].final
    assert flow.states["review"].tone == "info"


def changed(path, value):
    copy = deepcopy(FLOW)
    target = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("colour",), 1, "unknown_key"),
        (("states",), {}, "no_states"),
        (("states",), [], "not_object"),
        (("states", "draft"), "草稿", "not_object"),
        (("states", "draft", "colour"), 1, "unknown_key"),
        (("states", "draft", "tone"), "loud", "tone"),
        (("states", "draft", "final"), "yes", "not_bool"),
        # A word where a list belongs would be read letter by letter.
        (("states", "draft", "editable_by"), "clerk", "not_list"),
        (("verbs",), {}, "not_list"),
        (("verbs", 0), "submit", "not_object"),
        (("verbs", 0, "by"), "clerk", "not_list"),
        (("verbs", 0, "colour"), 1, "unknown_key"),
        (("verbs", 0, "key"), None, "key"),
        (("verbs", 0, "key"), "return", "duplicate_verb"),
        (("verbs", 0, "from"), ["nowhere"], "unknown_state"),
        (("verbs", 0, "to"), "nowhere", "unknown_state"),
        (("verbs", 0, "kind"), "odd", "kind"),
        (("verbs", 0, "action"), "", "action"),
        (("verbs", 0, "guard"), "n >", "expression"),
        (("verbs", 0, "label"), 3, "label"),
        (("verbs", 0, "needs_comment"), "yes", "not_bool"),
        (("verbs", 0, "days"), "5", "not_integer"),
        (("verbs", 0, "effects"), ["copy"], "effect"),
        (("verbs", 0, "effects"), [{"explode": True}], "effect"),
        (("verbs", 0, "notify"), "N1", "not_list"),
    ],
)
def test_what_is_not_understood_is_refused(path, value, code):
    with pytest.raises(DefinitionError) as caught:
        parse_workflow("wf", changed(path, value))
    assert code in {issue.code for issue in caught.value.issues}
    assert all(issue.message.en for issue in caught.value.issues)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["key", "label", "from", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.sampled_from(["states", "verbs", "title"])
    | st.sampled_from([("verbs", 0), ("states", "draft"), ("verbs", 0, "from")]),
    ANYTHING,
)
def test_a_malformed_workflow_is_refused_never_a_crash(place, value):
    path = (place,) if isinstance(place, str) else place
    try:
        parse_workflow("wf", changed(path, value))
    except DefinitionError as error:
        assert error.issues  # noqa: PT017 - either outcome is right
    with pytest.raises(DefinitionError):
        parse_workflow("wf", value if not isinstance(value, dict) else {**value, "x": 1})


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "seeds" / "qiqihar" / "workflows").glob("*.yaml")),
    ids=lambda path: path.stem,
)
def test_the_workflows_of_the_city_are_read(path):
    assert parse_workflow(path.stem, load_yaml(path)).verbs
