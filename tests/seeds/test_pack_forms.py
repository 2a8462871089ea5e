"""Every form, code list and workflow of the pack is sound, bilingual, allowed by the grants and can be filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.access.grants import parse_grants
from app.builder.checking import issues_of
from forms.checking import check_definition
from forms.workflow import DEFAULT_GUARD_MESSAGE
from seeds.reading import PACK, code_lists, raw_files, read

FORMS = raw_files("forms")
LISTS = raw_files("code_lists")
WORKFLOWS = raw_files("workflows")
ROLES = read(PACK / "roles.yaml", {"roles", "resources", "grants"})
MESSAGES = read(PACK / "messages.yaml", {"messages"})["messages"]
#: Keys whose value is a text for readers.
TEXTS = {"title", "label", "help", "unit", "message", "pattern_message", "guard_message", "text"}
#: Types of which a mask shows a part; all others are masked whole.
PARTLY_SHOWN = {"text", "textarea", "phone", "tel", "email", "id_card", "bank_card"}
#: Kinds of texts that the first forms still have in Chinese alone; this may only shrink.
CHINESE_ONLY = dict.fromkeys(
    ("enterprise_profile", "labor_demand_survey", "pt_teacher_register", "school_profile", "training_base_register"),
    frozenset({"help", "unit"}),
)


def having(resource: str, action: str) -> set[str]:
    """Return the roles with a grant for *action* on *resource*."""
    found = {role: parse_grants(resource, grants[resource]) for role, grants in ROLES["grants"].items() if resource in grants}
    return {role for role, rules in found.items() if any(rule.covers(resource, action) for rule in rules)}


def users_of(workflow: str) -> list[str]:
    return [key for key, raw in FORMS.items() if raw.get("workflow") == workflow]


def texts_of(raw: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield path, key and value of everything that is a text, and of everything that has a Chinese one."""
    if isinstance(raw, list):
        for number, item in enumerate(raw):
            yield from texts_of(item, f"{path}[{number}]")
    elif isinstance(raw, dict):
        if "zh" in raw:
            yield path, path.rpartition(".")[2], raw
            yield from texts_of(raw.get("children", []), f"{path}.children")
            return
        for key, value in raw.items():
            if key in TEXTS and not isinstance(value, dict):
                yield f"{path}.{key}", key, value
            elif key != "print":
                yield from texts_of(value, f"{path}.{key}")


def untranslated(raw: Any, spared: frozenset[str] = frozenset()) -> list[str]:
    """Return the places of texts that are missing in one of the languages, or have Chinese where English belongs."""
    return [path for path, key, value in texts_of(raw) if key not in spared and not bilingual(value)]


def bilingual(value: Any) -> bool:
    if not isinstance(value, dict) or not value.get("zh") or not value.get("en"):
        return False
    return not any("\u4e00" <= character <= "\u9fff" for character in value["en"])


def test_the_pack_is_whole():
    assert len(FORMS) == 29
    assert len(LISTS) >= 74
    assert len(WORKFLOWS) >= 26


@pytest.mark.parametrize("key", FORMS)
def test_a_form_is_sound(key, pack):
    raw = FORMS[key]
    found = check_definition(
        raw,
        code_lists(),
        {name: form.definition for name, form in pack.forms.items()},
        states=set(pack.workflow(key).states),
        roles=set(ROLES["roles"]),
        may_create=having(raw["resource"], "C"),
    )
    assert [issue.as_dict("en") for issue in found] == []
    assert raw["resource"] in ROLES["resources"]
    assert {"paper", "title"} <= set(raw["print"])
    assert raw["cycle"] in {"once", "yearly", "half_year", "quarterly", "monthly", "event"}
    assert raw["list"]["columns"]


def test_serial_numbers_tell_forms_apart():
    prefixes = [raw["serial"] for raw in FORMS.values()]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("key", FORMS)
def test_a_form_speaks_both_languages(key):
    assert untranslated(FORMS[key], CHINESE_ONLY.get(key, frozenset())) == []


@pytest.mark.parametrize("key", LISTS)
def test_a_code_list_speaks_both_languages(key):
    assert untranslated(LISTS[key]) == []


@pytest.mark.parametrize("key", WORKFLOWS)
def test_a_workflow_speaks_both_languages(key):
    assert untranslated(WORKFLOWS[key]) == []


def test_messages_speak_both_languages():
    assert untranslated(MESSAGES) == []


@pytest.mark.parametrize("key", FORMS)
def test_what_is_personal_has_a_mask(key, pack):
    for path, item in pack.forms[key].definition.walk():
        if item.class_ == "personal" and item.type in PARTLY_SHOWN:
            assert item.mask, path
        assert item.class_ == "personal" or item.mask is None, path


@pytest.mark.parametrize("key", WORKFLOWS)
def test_a_workflow_hangs_together(key, pack):
    found = pack.workflows[key]
    assert {verb.to for verb in found.verbs} | {found.initial} == set(found.states), "a state that nothing leads to"
    roles = {role for state in found.states.values() for role in state.editable_by}
    roles |= {role for verb in found.verbs for role in verb.by}
    assert roles <= set(ROLES["roles"])
    for verb in found.verbs:
        assert (verb.kind == "system") == (not verb.by), verb.key
        assert set(verb.notify) <= set(MESSAGES), verb.key
        assert verb.guard is None or verb.guard_message is not DEFAULT_GUARD_MESSAGE, verb.key
        for effect in verb.effects:
            assert "reassign" not in effect or all(effect["reassign"] in pack.forms[form].columns for form in users_of(key))


@pytest.mark.parametrize("key", WORKFLOWS)
def test_a_workflow_agrees_with_the_grants(key, pack):
    forms = users_of(key)
    for verb in pack.workflows[key].verbs:
        if not forms or verb.kind == "system":
            continue
        allowed = {form: having(FORMS[form]["resource"], verb.action) & set(verb.by) for form in forms}
        assert all(allowed.values()), f"nobody may {verb.key}: {allowed}"
        # A workflow that serves several forms may name a role for the sake of one of them.
        assert set().union(*allowed.values()) == set(verb.by), verb.key


@pytest.mark.parametrize("key", FORMS)
def test_who_fills_a_form_can_submit_it_or_works_with_one_who_can(key, pack):
    flow, resource = pack.workflow(key), FORMS[key]["resource"]
    verbs = [verb for verb in flow.verbs_from(flow.initial) if verb.kind == "submit"]
    able = {role for verb in verbs for role in verb.by if role in having(resource, verb.action)}
    assert able & set(FORMS[key]["fill_roles"])
    assert set(FORMS[key]["fill_roles"]) <= set(flow.states[flow.initial].editable_by)


@pytest.mark.parametrize("everything", [True, False], ids=["all fields", "required fields"])
@pytest.mark.parametrize("key", FORMS)
def test_a_form_can_be_filled(key, everything, pack):
    form = pack.forms[key]
    for state, role in pack.submits(key):
        context = pack.context(key, state, role)
        answers = pack.fill(key, state=state, everything=everything, role=role)
        assert form.validate(answers, context=context) == [], state
        submitted = form.submitted(answers, context=context)
        assert form.validate(submitted, context=context) == [], state
        if everything:
            visible = form.evaluate(answers, context=context).visible & set(form.columns)
            left = {path for path in visible - set(submitted) if form.columns[path].type.stores}
            assert all(form.definition.field(path).readonly or role in form.definition.field(path).readonly_for for path in left), left


@pytest.mark.parametrize("key", FORMS)
def test_an_empty_form_cannot_be_submitted(key, pack):
    form, context = pack.forms[key], pack.context(key)
    assert any(problem.level == "error" for problem in form.validate({}, context=context))


def test_the_builder_finds_no_error(context):
    errors = {key: [issue for issue in issues_of(raw) if issue.level == "error"] for key, raw in FORMS.items()}
    assert {key: found for key, found in errors.items() if found} == {}
