"""The published JSON Schema says what the loader says."""

import random
from copy import deepcopy

import pytest
from jsonschema import Draft202012Validator

from forms import field_types
from forms.field_types.base import FieldType, Setting
from forms.files.json_schema import definition_schema
from forms.files.loading import parse_definition
from forms.files.reading import DefinitionError
from forms.labels import Label
from seeds.reading import code_lists, raw_files

FORMS = raw_files("forms")
#: What no schema can know: which code lists there are, and the grammar of expressions.
BEYOND = {"codelist", "expression"}


def accepted(raw):
    try:
        parse_definition(raw, code_lists())
    except DefinitionError as error:
        return {issue.code for issue in error.issues} <= BEYOND
    return True


@pytest.fixture(scope="module")
def schema():
    found = definition_schema()
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


@pytest.mark.parametrize("key", FORMS)
def test_every_form_of_the_pack_fits(schema, key):
    assert [error.message for error in schema.iter_errors(FORMS[key])] == []


WRONG = {
    "unknown key of the form": lambda raw: raw.update(colour="red"),
    "unknown key of a section": lambda raw: raw["sections"][0].update(colour="red"),
    "unknown key of a field": lambda raw: raw["sections"][0]["fields"][0].update(colour="red"),
    "setting of another type": lambda raw: raw["sections"][0]["fields"][0].update(max_rows=3),
    "unknown type": lambda raw: raw["sections"][0]["fields"][0].update(type="telepathy"),
    "no type": lambda raw: raw["sections"][0]["fields"][0].pop("type"),
    "no key": lambda raw: raw["sections"][0]["fields"][0].pop("key"),
    "no title": lambda raw: raw.pop("title"),
    "empty title": lambda raw: raw.update(title=""),
    "no sections": lambda raw: raw.update(sections=[]),
    "label in a third language": lambda raw: raw.update(title={"zh": "甲", "fr": "a"}),
    "required is text": lambda raw: raw["sections"][0]["fields"][0].update(required="yes"),
    "unknown class": lambda raw: raw["sections"][0]["fields"][0].update({"class": "cosmic"}),
    "option without code": lambda raw: raw["sections"][0]["fields"][0].update(options=[{"zh": "甲"}]),
    "check without message": lambda raw: raw["sections"][0]["fields"][0].update(checks=[{"expression": "true"}]),
    "check of a third level": lambda raw: raw["sections"][0]["fields"][0].update(checks=[{"expression": "true", "message": "甲", "level": "mild"}]),
    "roles as text": lambda raw: raw.update(fill_roles="ent_admin"),
    "unique with more": lambda raw: raw.update(unique=[{"fields": ["a"], "why": "b"}]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_the_loader_refuses_is_refused(schema, name):
    raw = deepcopy(FORMS["labor_demand_survey"])
    WRONG[name](raw)
    assert not accepted(raw)
    assert not schema.is_valid(raw)


VALUES = [None, "", "text", 0, 3, 1.5, True, False, [], ["a"], [1], {}, {"zh": "甲"}, {"zh": 1}, {"code": "1"}]


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for number in range(min(len(value), 3)):
            yield from places(value[number], (*path, number))


def test_random_mistakes_that_the_loader_refuses_are_refused(schema):
    dice = random.Random(7)
    verdicts = set()
    for _ in range(150):
        raw = deepcopy(FORMS[dice.choice(sorted(FORMS))])
        spots = [path for path in places(raw) if path]
        path = dice.choice(spots)
        holder = raw
        for step in path[:-1]:
            holder = holder[step]
        what = dice.choice(["replace", "remove", "add"])
        if what == "add" and isinstance(holder, dict):
            holder[dice.choice(["colour", "min", "help", "options", "fields"])] = dice.choice(VALUES)
        elif what == "remove" and isinstance(holder, dict):
            del holder[path[-1]]
        else:
            holder[path[-1]] = dice.choice(VALUES)
        try:
            verdict = accepted(raw)
        except (AttributeError, TypeError, KeyError):
            continue
        fits = schema.is_valid(raw)
        assert verdict or not fits, (path, what, holder)
        verdicts.add((verdict, fits))
    assert {(True, True), (False, False)} <= verdicts


def test_a_new_type_extends_the_schema_by_itself(monkeypatch):
    class Stars(FieldType):
        name = "stars"
        label = Label("星级", "Stars")
        settings = (Setting("highest", "integer", Label("最高", "Highest")),)

    raw = deepcopy(FORMS["labor_demand_survey"])
    raw["sections"][0]["fields"].append({"key": "s", "type": "stars", "label": "星", "highest": 5})
    assert not Draft202012Validator(definition_schema()).is_valid(raw)
    monkeypatch.setitem(field_types.FIELD_TYPES, "stars", Stars())
    assert Draft202012Validator(definition_schema()).is_valid(raw)
    raw["sections"][0]["fields"][-1]["highest"] = "five"
    assert not Draft202012Validator(definition_schema()).is_valid(raw)
