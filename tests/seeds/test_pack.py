"""The files of the solution pack: complete, in both languages, and without contradiction."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pytest
import yaml

from app.access.grants import parse_grants
from forms.answers.answer import Context
from forms.checking import check_definition
from forms.compiled import compile_form
from forms.definition import Definition
from forms.files.loading import DefinitionError, parse_code_list, parse_definition
from forms.labels import Label
from forms.workflow import Workflow, parse_workflow
from seeds import reading
from seeds.reading import PACK, SeedError, code_lists, definitions, raw_files, read
from tests import samples

RAW = {folder: raw_files(folder) for folder in ("forms", "workflows", "code_lists")}
FORMS = sorted(RAW["forms"])
WORKFLOWS = sorted(RAW["workflows"])
ROLES = read(PACK / "roles.yaml", {"roles", "resources", "grants"})
#: Workflows of what is not a record: campaigns and the forms themselves.
OF_SCREENS = {"wf_batch", "wf_form_def"}
#: Code lists that no field names: they are for steps, statistics and the marks of ratings.
NOT_OF_FIELDS = {
    "return_reason", "yes_no", "score5", "assess_grade", "industry_4567_prov", "occupation_major", "major_occupation_map",
    "school_sample",
}  # fmt: skip
#: States in which nothing more happens.
ENDS = {
    "wf_base_review": {"passed", "failed"},
    "wf_base_usage": {"rated", "cancelled"},
    "wf_batch": {"archived"},
    "wf_class_student": {"completed", "rejected"},
    "wf_course": {"retired"},
    "wf_evaluation": {"submitted"},
    "wf_evaluation_anonymous": {"closed"},
    "wf_graduate": {"closed", "transferred"},
    "wf_internship": {"finished", "stopped"},
    "wf_labor_demand": {"filled"},
    "wf_major_adjust": {"filed_prov", "rejected"},
    "wf_order_class": {"archived", "terminated"},
    "wf_pt_assessment": {"filed"},
    "wf_pt_engagement": {"renewed", "ended", "dismissed"},
    "wf_publicity": {"published", "rejected"},
    "wf_push": {"confirmed", "declined"},
    "wf_record": {"recorded"},
    "wf_subsidy": {"locked"},
    "wf_survey_simple": {"collected"},
    "wf_task": {"done", "cancelled"},
    "wf_training_base": {"revoked"},
    "wf_visit": {"closed"},
}
MESSAGES = read(PACK / "messages.yaml", {"messages"})["messages"]


def workflow(key: str) -> Workflow:
    return parse_workflow(key, RAW["workflows"][key])


def users(key: str) -> list[Definition]:
    """Return the forms that use a workflow."""
    return [form for form in definitions().values() if form.workflow == key]


def granted(role: str, resource: str) -> set[str]:
    """Return the actions that a role has on a resource, on whichever rows."""
    text = ROLES["grants"].get(role, {}).get(resource, "")
    return {action for rule in parse_grants(resource, text) for action in rule.actions}


def labels(value: Any, path: str = "") -> Iterator[tuple[str, Label]]:
    """Yield every label inside a parsed definition, with its place."""
    if isinstance(value, Label):
        yield path, value
    elif is_dataclass(value):
        for part in fields(value):
            if part.name not in {"source", "tree", "print", "settings"}:
                yield from labels(getattr(value, part.name), f"{path}.{part.name}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from labels(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from labels(item, f"{path}[{getattr(item, 'key', number)}]")


def untranslated(value: Any) -> list[str]:
    return [path for path, label in labels(value) if not label.zh or not label.en]


def test_the_pack_has_every_form_and_its_workflow():
    assert len(FORMS) == 29
    assert {form.workflow for form in definitions().values()} == set(WORKFLOWS) - OF_SCREENS
    prefixes = [form.serial for form in definitions().values()]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("key", FORMS)
def test_a_form_has_no_error_and_no_warning(key):
    others = {name: form for name, form in definitions().items() if name != key}
    raw = RAW["forms"][key]
    issues = check_definition(
        raw,
        code_lists(),
        others,
        states=set(workflow(raw["workflow"]).states),
        roles=set(ROLES["roles"]),
        may_create={role for role in ROLES["roles"] if "C" in granted(role, raw["resource"])},
    )
    assert [(issue.level, issue.path, issue.message.zh) for issue in issues] == []


def test_the_check_would_find_what_is_missing():
    raw = deepcopy(RAW["forms"]["labor_demand_survey"])
    raw["sections"][0]["fields"][0]["form"] = "no_such_form"
    raw["fill_roles"] = [*raw["fill_roles"], "leader_ro"]
    issues = check_definition(raw, code_lists(), definitions(), may_create={"ent_admin"})
    assert {"reference", "contradiction"} <= {issue.code for issue in issues}


@pytest.mark.parametrize("key", FORMS)
def test_every_text_of_a_form_is_in_both_languages(key):
    assert untranslated(definitions()[key]) == []


@pytest.mark.parametrize("key", WORKFLOWS)
def test_every_text_of_a_workflow_is_in_both_languages(key):
    assert untranslated(workflow(key)) == []


def test_every_code_list_is_in_both_languages_and_used():
    assert [path for key, found in code_lists().items() for path in untranslated(found)] == []
    named = {
        item.codelist or item.settings.get("word_list") for form in definitions().values() for _, item in form.walk()
    }
    assert set(code_lists()) - named == NOT_OF_FIELDS


def test_roles_resources_regions_and_messages_are_in_both_languages():
    named = [*ROLES["roles"].items(), *ROLES["resources"].items()]
    assert [key for key, row in named if not row.get("zh") or not row.get("en")] == []
    regions = read(PACK / "regions.yaml", {"regions"})["regions"]
    assert [row["code"] for row in regions if not row.get("name_zh") or not row.get("name_en")] == []
    assert len([row for row in regions if row.get("parent")]) == 16
    assert [key for key, row in MESSAGES.items() if set(row["text"]) != {"zh", "en"}] == []


def test_the_search_for_missing_texts_finds_one():
    raw = deepcopy(RAW["forms"]["school_profile"])
    raw["sections"][0]["fields"][0]["help"] = "只有中文"
    assert untranslated(parse_definition(raw, code_lists())) == [".sections[sec_base].fields[uscc].help"]


@pytest.mark.parametrize("key", FORMS)
def test_every_field_says_its_class_and_what_is_personal_is_masked(key):
    written = {}
    for section in RAW["forms"][key]["sections"]:
        for field in section["fields"]:
            written[field["key"]] = field
            written |= {f"{field['key']}.{column['key']}": column for column in field.get("fields", [])}
    assert [path for path, field in written.items() if "class" not in field] == []
    form = definitions()[key]
    # Of a region and an age no part can be shown; they are masked as a whole.
    bare = {
        path
        for path, field in form.walk()
        if field.class_ == "personal" and not field.mask and field.type not in {"region", "computed"}
    }
    assert bare == set()


def _places(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a form in which a key can be written wrongly."""
    yield raw
    yield raw["list"]
    yield raw["sections"][0]
    for section in raw["sections"]:
        for field in section["fields"]:
            yield field
            yield from field.get("checks", [])[:1]
            yield from field.get("options", [])[:1]
            yield from field.get("fields", [])[:1]


@pytest.mark.parametrize("key", FORMS)
def test_unknown_keys_of_a_form_are_refused_wherever_they_stand(key):
    count = len(list(_places(RAW["forms"][key])))
    assert count > 10
    for number in range(count):
        raw = deepcopy(RAW["forms"][key])
        list(_places(raw))[number]["colour"] = "red"
        with pytest.raises(DefinitionError, match=r"."):
            parse_definition(raw, code_lists())


def test_unknown_keys_of_code_lists_and_workflows_are_refused():
    raw = deepcopy(RAW["code_lists"]["gender"])
    raw["items"][0]["colour"] = "red"
    with pytest.raises(DefinitionError):
        parse_code_list("gender", raw)
    for place in ("states", "verbs"):
        flow = deepcopy(RAW["workflows"]["wf_pt_teacher"])
        (flow["verbs"][0] if place == "verbs" else flow["states"]["draft"])["colour"] = "red"
        with pytest.raises(DefinitionError):
            parse_workflow("wf_pt_teacher", flow)


def test_files_that_do_not_say_what_they_should_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "regions.yaml"
    path.write_text(yaml.safe_dump({"regions": [], "colour": "red"}))
    with pytest.raises(SeedError, match="colour"):
        read(path, {"regions"})
    path.write_text("regions: [")
    with pytest.raises(SeedError, match=r"regions\.yaml"):
        read(path, {"regions"})
    (tmp_path / "code_lists").mkdir()
    (tmp_path / "code_lists" / "one.yaml").write_text("key: another")
    monkeypatch.setattr(reading, "PACK", tmp_path)
    with pytest.raises(SeedError, match=r"one\.yaml"):
        raw_files("code_lists")


@pytest.mark.parametrize("key", sorted(set(WORKFLOWS) - OF_SCREENS))
def test_roles_and_grants_agree_with_a_workflow(key):
    flow, forms = workflow(key), users(key)
    assert forms
    for verb in flow.verbs:
        assert verb.kind == "system" or verb.by, verb.key
        for role in verb.by:
            # A workflow that several forms share names the roles of all of them.
            assert any(verb.action in granted(role, form.resource) for form in forms), f"{verb.key}: {role}"
        for form in forms:
            assert verb.kind == "system" or any(verb.action in granted(role, form.resource) for role in verb.by)
    for state in flow.states.values():
        for role in state.editable_by:
            assert any(granted(role, form.resource) & {"C", "U"} for form in forms), f"{state.key}: {role}"


@pytest.mark.parametrize("key", WORKFLOWS)
def test_every_state_of_a_workflow_can_be_reached_and_left(key):
    flow = workflow(key)
    reached, waiting = {flow.initial}, [flow.initial]
    while waiting:
        for verb in flow.verbs_from(waiting.pop()):
            if verb.to not in reached:
                reached.add(verb.to)
                waiting.append(verb.to)
    assert reached == set(flow.states)
    assert {state for state in flow.states if not flow.verbs_from(state)} == ENDS.get(key, set())


@pytest.mark.parametrize("key", WORKFLOWS)
def test_a_workflow_sends_messages_that_exist(key):
    assert {message for verb in workflow(key).verbs for message in verb.notify} <= set(MESSAGES)


def test_the_demand_is_as_the_issue_wants_it():
    form = definitions()["labor_demand_survey"]
    assert len(form.field("positions").fields) == 31
    assert [(unique.fields, unique.city_wide) for unique in form.unique] == [(("period_type", "period_start"), False)]
    assert set(form.field("ent_id").readonly_for) == {"ent_admin", "ent_clerk"}
    assert not form.field("ent_id").readonly
    assert form.published_when is not None
    assert set(form.published_when.rows) == {"positions"}


def test_a_teacher_has_an_employer_from_the_list_or_by_name():
    form = compile_form(definitions()["pt_teacher_register"])
    context = _context("ent_admin")
    by_name = {**samples.teacher(), "employer_name": "甲机床厂"}
    from_list = {**samples.teacher(), "employer_id": {"id": "R1", "label": "甲机床厂"}}
    from_list.pop("employer_name")
    neither = {**samples.teacher()}
    neither.pop("employer_name")
    retired = {**neither, "is_retired": True, "employer_consent": "3"}

    def missing(answers: dict[str, Any]) -> set[str]:
        found = form.validate(form.clean(answers)[0], context=context)
        return {problem.field for problem in found if problem.code == "required"}

    assert missing(by_name) == missing(from_list) == missing(retired) == set()
    assert missing(neither) == {"employer_id", "employer_name"}


def test_sample_answers_could_be_submitted_but_for_their_attachments():
    for key, answers in (("labor_demand_survey", samples.demand()), ("pt_teacher_register", samples.teacher())):
        form = compile_form(definitions()[key])
        cleaned, misfits = form.clean(answers)
        found = form.validate(cleaned, context=_context("ent_admin"))
        assert misfits == []
        assert {problem.code for problem in found} <= {"attachment_due"}, key


def _context(role: str) -> Context:
    return Context(today=date(2026, 11, 26), role=role, variables={"org_name": "甲", "region": "230203"})
