"""Reading definitions strictly, checking them, comparing versions; and a new type in one file."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import field_types
from forms.checking import check_definition
from forms.columns import project, projection
from forms.definition import Definition
from forms.difference import definition_changes
from forms.field_types.text import Text
from forms.labels import Label
from forms.loading import DefinitionError, load_yaml, parse_code_list, parse_definition
from forms.wtforms_form import build_form
from tests.forms.sample_form import CONTEXT, ITEMS, LISTS, field, form, raw

FULL = raw(
    field("t", "text", mask="name_m", help="说明", unit={"zh": "个"}, readonly_for=["a"]),
    field("k", "select", options=[{"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B"}]),
    field("r", "reference", form="other", required_when="k = '1'"),
    field("d", "date"),
    ITEMS,
    unique=[{"fields": ["t"], "city_wide": True}],
    published_when={"rows": {"items": "low > 1"}, "states": ["open"], "fields": ["t"]},
    list={"columns": ["t", "k", "_state"], "search": ["t"]},
    organization={"kind": "college", "name": "t", "code": "k", "region": "d"},
    fill_roles=["clerk"],
)


def issues(raw_form, **more):
    return {(issue.code, issue.path) for issue in check_definition(raw_form, LISTS, **more) if issue.level == "error"}


def test_a_whole_definition_is_read():
    definition = parse_definition(FULL, LISTS)
    assert definition.title.get("en") == "Sample"
    assert definition.paths == (
        "t",
        "k",
        "r",
        "d",
        "items",
        "items.name",
        "items.low",
        "items.high",
        "items.proof",
        "items.gap",
    )
    assert definition.field("items.low").type == "integer"
    assert definition.title_field == "t"
    assert definition.section_of("t").key == "main"
    with pytest.raises(KeyError):
        definition.section_of("nowhere")
    assert definition.code_list("k").get("1").label.zh == "甲"
    assert definition.code_list(definition.field("k")).get("2") is not None
    assert definition.unique[0].city_wide
    assert definition.published_when.states == ("open",)
    assert definition.organization.kind == "college"
    assert issues(FULL) == set()


def test_columns_take_the_class_of_their_table():
    column = {"key": "a", "type": "text", "label": "甲"}
    table = field("s", "subtable", fields=[column])
    table["class"] = "personal"
    assert parse_definition(raw(table), LISTS).field("s.a").class_ == "personal"
    assert issues(raw(table)) == set()


def test_code_lists_are_trees():
    places = LISTS["place"]
    assert places.is_tree
    assert [option.code for option in places.children(None)] == ["23", "24"]
    assert [option.code for option in places.path("230203")] == ["23", "2302", "230203"]
    assert places.under("2302") == {"2302", "230203"}
    assert places.path("none") == ()
    assert places.cell_text("none", "zh") == "none"
    with pytest.raises(DefinitionError):
        parse_code_list("x", {"items": [{"code": 1, "zh": "一"}, "x"], "colour": 1})


def changed(path, value):
    copy = deepcopy(FULL)
    target = copy
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copy


FIELDS = ("sections", 0, "fields")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("colour",), 1, "unknown_key"),
        (("sections", 0, "colour"), 1, "unknown_key"),
        ((*FIELDS, 0, "colour"), 1, "unknown_key"),
        ((*FIELDS, 0, "min_rows"), 1, "unknown_key"),
        ((*FIELDS, 0, "type"), "rainbow", "type"),
        ((*FIELDS, 0, "type"), ["text"], "type"),
        ((*FIELDS, 0, "key"), 3, "key"),
        ((*FIELDS, 0, "class"), "odd", "class"),
        ((*FIELDS, 0, "label"), 3, "label"),
        ((*FIELDS, 0, "required"), "yes", "not_bool"),
        ((*FIELDS, 0, "mask"), 3, "not_text"),
        ((*FIELDS, 0, "max_length"), "many", "setting"),
        ((*FIELDS, 0, "word_list"), "nothing", "codelist"),
        ((*FIELDS, 0, "codelist"), [1], "codelist"),
        ((*FIELDS, 0, "visible_when"), "k = = 1", "expression"),
        ((*FIELDS, 0, "checks"), [{"expression": "t = 'a'"}], "message"),
        ((*FIELDS, 0, "checks"), [{"expression": "t = 'a'", "message": "x", "level": "loud"}], "level"),
        ((*FIELDS, 0, "readonly_for"), "clerk", "not_list"),
        ((*FIELDS, 0), "text", "not_object"),
        (("sections",), 3, "not_list"),
        (("sections",), [], "missing"),
        (("published_when",), 3, "not_object"),
        (("published_when", "rows"), [1], "not_object"),
        (("title",), {"de": "x"}, "label"),
        (("list", "columns"), "t", "not_list"),
    ],
)
def test_what_is_not_understood_is_refused(path, value, code):
    with pytest.raises(DefinitionError) as caught:
        parse_definition(changed(path, value), LISTS)
    assert code in {issue.code for issue in caught.value.issues}
    assert caught.value.issues[0].as_dict("en")["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "zh", "code", "fields", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_of(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places_of(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places_of(item, (*path, number))


@given(st.sampled_from([place for place in places_of(FULL) if place]), JSON)
def test_a_malformed_definition_is_refused_never_a_crash(place, value):
    assert isinstance(check_definition(changed(place, value), LISTS), list)


@given(st.dictionaries(st.sampled_from(["t", "k", "r", "d", "items", "x"]), JSON))
def test_malformed_answers_are_problems_never_a_crash(answers):
    compiled = form(sections=FULL["sections"])
    cleaned, _ = compiled.clean(answers)
    again, _ = compiled.clean(cleaned)
    assert again == cleaned
    compiled.validate(answers, context=CONTEXT)
    stored = compiled.submitted(cleaned, context=CONTEXT)
    assert compiled.submitted(stored, context=CONTEXT) == stored
    project(compiled, cleaned)


LOOP = [field("a", "computed", compute="b + 1"), field("b", "computed", compute="a + 1")]


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        ([field("a", "text"), field("a", "text")], {}, "duplicate_key"),
        ([field("_a", "text")], {}, "field_key"),
        ([field("a" * 49, "text")], {}, "field_key"),
        ([field("名", "text")], {}, "field_key"),
        ([field("a__b", "text")], {}, "field_key"),
        ([field("a", "text", visible_when="zz = 1")], {}, "expression"),
        ([field("a", "text", visible_when="false", required=True)], {}, "never_visible"),
        (LOOP, {}, "cycle"),
        ([field("a", "bool", visible_when="b = true"), field("b", "bool", visible_when="a = true")], {}, "cycle"),
        ([field("a", "select")], {}, "options"),
        (
            [field("a", "select", options=[{"code": "1", "zh": "甲"}, {"code": "1", "zh": "乙"}])],
            {},
            "duplicate_option",
        ),
        ([{"key": "a", "type": "text", "label": "甲"}], {}, "class"),
        ([field("a", "text", mask="odd")], {}, "mask"),
        ([field("a", "text", label="")], {}, "label"),
        ([field("a", "subtable")], {}, "no_columns"),
        ([field("a", "text", fields=[field("b", "text")])], {}, "columns"),
        ([field("a", "computed")], {}, "no_formula"),
        ([field("a", "reference")], {}, "no_form"),
        ([field("a", "subtable", totals=["x"], fields=[field("b", "text")])], {}, "totals"),
        ([field("a", "subtable", fields=[field("b", "subtable", fields=[field("c", "text")])])], {}, "nested"),
        ([field("a", "subtable", fields=[field("b", "text"), field("b", "text")])], {}, "duplicate_key"),
        ([field("a", "text", pattern="(?=x)")], {}, "settings"),
        ([field("a", "text", min_length=3, max_length=1)], {}, "settings"),
        ([field("a", "text", normalise="odd")], {}, "settings"),
        ([field("a", "integer", min=3, max=1)], {}, "settings"),
        ([field("a", "money", places=9)], {}, "settings"),
        ([field("a", "money", min=3, max=1)], {}, "settings"),
        ([field("a", "text")], {"unique": [{"fields": ["b"]}]}, "unique"),
        ([ITEMS], {"unique": [{"fields": ["items"]}]}, "unique"),
        ([field("a", "text")], {"list": {"columns": ["b"]}}, "list"),
        ([field("a", "date")], {"list": {"columns": ["a"], "search": ["a"]}}, "search"),
        (
            [field("a", "text")],
            {"organization": {"kind": "college", "name": "x", "code": "a", "region": "a"}},
            "organization",
        ),
        ([field("a", "text")], {"published_when": {"rows": {"a": "a = 'x'"}}}, "published"),
        ([field("a", "text")], {"published_when": {"fields": ["b"]}}, "published"),
        ([field("a", "text")], {"key": "No"}, "form_key"),
        ([], {}, "no_fields"),
    ],
)
def test_the_check_finds(fields, more, code):
    assert code in {found for found, _ in issues(raw(*fields, **more))}


def test_the_check_knows_forms_states_and_roles():
    assert issues(FULL, forms={}) == {("reference", "r")}
    other = Definition(key="other", title=Label("其他"), resource="x", sections=())
    assert issues(FULL, forms={"other": other}) == set()
    assert issues(FULL, states=["draft"]) == {("state", "published_when.states")}
    assert issues(FULL, states=["open"]) == set()
    assert issues(FULL, roles=["other"]) == {("role", "fill_roles")}
    assert issues(FULL, roles=["clerk"], may_create=[]) == {("contradiction", "fill_roles")}
    assert issues(FULL, roles=["clerk"], may_create=["clerk"]) == set()


@pytest.mark.parametrize(
    ("path", "value", "kind", "weight"),
    [
        ((*FIELDS, 0, "label"), "新名", "label_changed", "cosmetic"),
        ((*FIELDS, 0, "required"), True, "required_changed", "tightening"),
        ((*FIELDS, 0, "class"), "secret", "class_changed", "tightening"),
        ((*FIELDS, 0, "mask"), None, "mask_changed", "tightening"),
        ((*FIELDS, 0, "max_length"), 9, "settings_changed", "tightening"),
        ((*FIELDS, 0, "type"), "textarea", "type_changed", "structural"),
        ((*FIELDS, 0, "visible_when"), "k = '1'", "visibility_changed", "tightening"),
        ((*FIELDS, 0, "checks"), [{"expression": "t != 'a'", "message": "x"}], "checks_changed", "tightening"),
        ((*FIELDS, 1, "options", 0, "retired"), True, "option_retired", "tightening"),
        ((*FIELDS, 4, "fields", 4, "compute"), "low", "formula_changed", "tightening"),
        ((*FIELDS, 3), field("n", "text"), "field_retired", "structural"),
        (("unique",), [], "unique_changed", "structural"),
        (("print",), {"paper": "A4"}, "settings_changed", "cosmetic"),
        (("fill_roles",), [], "fill_roles_changed", "tightening"),
        (("published_when",), None, "published_when_changed", "tightening"),
    ],
)
def test_a_change_has_a_class(path, value, kind, weight):
    old, new = parse_definition(FULL, LISTS), parse_definition(changed(path, value), LISTS)
    assert (kind, weight) in {(change.kind, change.change_class) for change in definition_changes(old, new)}
    assert definition_changes(old, old) == []


def test_new_forms_and_fields_only_add():
    definition = parse_definition(FULL, LISTS)
    assert {change.change_class for change in definition_changes(None, definition)} == {"additive"}
    more = changed(FIELDS, [*FULL["sections"][0]["fields"], field("z", "text")])
    assert [(c.path, c.change_class) for c in definition_changes(definition, parse_definition(more, LISTS))] == [
        ("z", "additive")
    ]


SEEDS = Path(__file__).parents[2] / "seeds" / "qiqihar"


@pytest.mark.parametrize("path", sorted((SEEDS / "forms").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_forms_of_the_city_are_sound(path):
    lists = {file.stem: parse_code_list(file.stem, load_yaml(file)) for file in (SEEDS / "code_lists").glob("*.yaml")}
    assert [issue for issue in check_definition(load_yaml(path), lists) if issue.level == "error"] == []


def test_a_new_field_type_is_one_class(monkeypatch):
    class Plate(Text):
        """A licence plate."""

        name = "plate"
        label = Label("车牌号", "Licence plate")
        length = 8

    monkeypatch.setitem(field_types.FIELD_TYPES, "plate", Plate())
    compiled = form(field("p", "plate", required=True))
    assert issues(raw(field("p", "plate"))) == set()
    answers, problems = compiled.clean({"p": " 黑B12345 "})
    assert (answers, problems) == ({"p": "黑B12345"}, [])
    assert [problem.code for problem in compiled.clean({"p": "黑B1234567"})[1]] == ["too_long"]
    assert [problem.code for problem in compiled.validate({}, context=CONTEXT)] == ["required"]
    assert [column.name for column in projection(compiled.definition).main.columns] == ["p", "p__sort"]
    assert project(compiled, answers)[0]["p"] == "黑B12345"
    item = compiled.columns["p"]
    assert item.type.masked(item.field, "黑B12345") == "***"
    assert item.type.excel(item.field, None, "en").note == "Up to 8 characters"
    assert build_form(compiled, "zh")(data={"f-p": "黑B12345"}).validate()
