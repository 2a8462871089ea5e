"""Every form of the pack can be filled, submitted by those who fill it, and published."""

from __future__ import annotations

import pytest

from app.access.grants import parse_grants
from app.builder.catalogue import find_workflow
from app.builder.checking import issues_of
from forms.expressions import variables_of
from forms.workflow import DEFAULT_GUARD_MESSAGE
from seeds.reading import PACK, raw_files, read

FORMS = raw_files("forms")
WORKFLOWS = sorted(raw_files("workflows"))
GRANTS = read(PACK / "roles.yaml", {"roles", "resources", "grants"})["grants"]
CYCLES = {"once", "yearly", "half_year", "quarterly", "monthly", "event"}


def having(resource: str, action: str) -> set[str]:
    """Return the roles with a grant for *action* on *resource*."""
    rules = {role: parse_grants(resource, grants.get(resource, "")) for role, grants in GRANTS.items()}
    return {role for role, found in rules.items() if any(rule.covers(resource, action) for rule in found)}


@pytest.mark.parametrize("key", FORMS)
def test_a_form_says_how_it_is_listed_printed_and_repeated(key):
    raw = FORMS[key]
    assert {"paper", "title"} <= set(raw["print"])
    assert raw["cycle"] in CYCLES
    assert len(raw["list"]["columns"]) >= 4


def expressions(form, flow):
    """Yield every expression of a form and of its workflow, with the sub-table it is written in."""
    for section in form.sections:
        yield section.visible_when, ""
    for path, item in form.walk():
        table = path.rpartition(".")[0]
        for found in (
            item.visible_when,
            item.required_when,
            item.prefill,
            item.compute,
            item.option_filter,
            *item.checks,
        ):
            yield found, table
    for verb in flow.verbs:
        yield verb.guard, ""


@pytest.mark.parametrize("key", FORMS)
def test_what_is_read_of_another_record_is_there(key, pack):
    form = pack.forms[key].definition
    for found, table in expressions(form, pack.workflow(key)):
        for name in variables_of(found.tree) if found else ():
            head, _, rest = name.removeprefix("parent.").partition(".")
            path = f"{table}.{head}" if form.has(f"{table}.{head}") else head
            if head.startswith("_"):
                continue
            assert form.has(path), name
            item = form.field(path)
            if rest and item.type == "reference" and item.form != "organization":
                assert pack.forms[item.form].definition.has(rest), name


@pytest.mark.parametrize("key", WORKFLOWS)
def test_a_step_that_may_be_refused_says_why(key, pack):
    for verb in pack.workflows[key].verbs:
        assert verb.guard is None or verb.guard_message is not DEFAULT_GUARD_MESSAGE, verb.key
        assert (verb.kind == "system") == (not verb.by), verb.key


@pytest.mark.parametrize("key", FORMS)
def test_who_fills_a_form_may_change_it_and_one_of_them_may_submit_it(key, pack):
    flow, raw = pack.workflow(key), FORMS[key]
    verbs = [verb for verb in flow.verbs_from(flow.initial) if verb.kind == "submit"]
    able = {role for verb in verbs for role in verb.by if role in having(raw["resource"], verb.action)}
    assert able & set(raw["fill_roles"])
    assert set(raw["fill_roles"]) <= set(flow.states[flow.initial].editable_by)


@pytest.mark.parametrize("everything", [True, False], ids=["all fields", "required fields"])
@pytest.mark.parametrize("key", FORMS)
def test_a_form_can_be_filled_wherever_it_is_submitted(key, everything, pack):
    form = pack.forms[key]
    for state, role in pack.submits(key):
        context = pack.context(key, state, role)
        answers = pack.fill(key, state=state, everything=everything, role=role)
        assert form.validate(answers, context=context) == [], state
        submitted = form.submitted(answers, context=context)
        assert form.validate(submitted, context=context) == [], state
        shown = {path for path in form.evaluate(answers, context=context).visible if path in form.columns}
        if everything:
            left = {path for path in shown - set(submitted) if form.columns[path].type.stores}
            assert {path for path in left if not _closed(form.definition.field(path), role)} == set(), state


def _closed(item, role):
    return item.readonly or role in item.readonly_for


@pytest.mark.parametrize("key", FORMS)
def test_an_empty_form_cannot_be_submitted(key, pack):
    assert any(problem.level == "error" for problem in pack.forms[key].validate({}, context=pack.context(key)))


def test_a_workflow_keeps_the_order_of_its_states_in_the_database(context, pack):
    kept = {key: list(find_workflow(key).states) for key in WORKFLOWS}
    assert kept == {key: list(pack.workflows[key].states) for key in WORKFLOWS}


def test_the_builder_finds_no_error(templates):
    with templates.app_context():
        errors = {key: [issue for issue in issues_of(raw) if issue.level == "error"] for key, raw in FORMS.items()}
    assert {key: found for key, found in errors.items() if found} == {}
