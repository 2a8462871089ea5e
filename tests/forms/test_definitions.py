"""Reading definitions strictly: what is not understood is refused, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.prefill import prefill
from forms.checking import check_definition
from forms.columns import project, projection
from forms.compiled import compile_form
from forms.files.loading import DefinitionError, load_yaml, parse_definition
from forms.labels import Label
from tests.forms.sample_form import CONTEXT, FIELDS, FULL, LISTS, changed, errors, field, form, raw


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
    assert errors(FULL) == set()


def test_columns_take_the_class_of_their_table():
    column = {"key": "a", "type": "text", "label": "甲"}
    table = field("s", "subtable", fields=[column])
    table["class"] = "personal"
    assert parse_definition(raw(table), LISTS).field("s.a").class_ == "personal"
    assert errors(raw(table)) == set()


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
        (("list",), {"colour": 1}, "unknown_key"),
        (("list", "order"), 3, "not_text"),
        (("resource",), 3, "not_text"),
        (("key",), 3, "not_text"),
        (("unique", 0, "city_wide"), "no", "not_bool"),
        (("sections", 0, "key"), 3, "not_text"),
        (("sections", 0), "main", "not_object"),
        ((*FIELDS, 0, "pattern_message"), {"de": "x"}, "setting"),
        ((*FIELDS, 0, "checks"), [{"expression": "t = 'a'", "message": "x", "if": 1}], "unknown_key"),
        ((*FIELDS, 0, "checks"), [{"expression": "", "message": "x"}], "no_rule"),
        ((*FIELDS, 0, "checks"), ["t = 'a'"], "not_object"),
        ((*FIELDS, 1, "options", 0, "code"), 1, "option_code"),
        ((*FIELDS, 1, "options", 0, "code"), "2", "duplicate_option"),
        ((*FIELDS, 1, "options", 0, "parent"), "9", "option_parent"),
    ],
)
def test_what_is_not_understood_is_refused(path, value, code):
    with pytest.raises(DefinitionError) as caught:
        parse_definition(changed(path, value), LISTS)
    assert code in {issue.code for issue in caught.value.issues}
    assert caught.value.issues[0].as_dict("en")["message"]


def test_a_definition_is_an_object():
    assert {issue.code for issue in check_definition([], LISTS)} == {"not_object"}


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


@given(st.sampled_from([place for place in places_of(FULL) if place]), JSON)
def test_what_the_check_accepts_works(place, value):
    definition = changed(place, value)
    if errors(definition):
        return
    compiled = compile_form(parse_definition(definition, LISTS))
    answers, _ = compiled.clean(
        {"t": "a", "k": "1", "d": "2026-03-01", "items": [{"name": "a", "low": 1, "high": "?"}]}
    )
    compiled.validate(answers, context=CONTEXT)
    compiled.submitted(answers, context=CONTEXT)
    prefill(compiled, CONTEXT)
    projection(compiled.definition)
    project(compiled, answers)
    compiled.clean({"t": "a"})
    for column in compiled.by_path.values():
        column.type.excel(column.field, column.code_list, "en")


def test_yaml_is_read_safely_and_without_lost_keys(tmp_path):
    file = tmp_path / "form.yaml"
    file.write_text("key: 甲\nbase: &base {a: 1}\nmore: {<<: *base, b: 2}\n", encoding="utf-8")
    assert load_yaml(file) == {"key": "甲", "base": {"a": 1}, "more": {"a": 1, "b": 2}}
    for text, line in (
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4"),
        ("a: [", "line 2"),
        ("? [1]\n: 2", "line 1"),
        ("a: \x00", "line 1"),
        ("!!python/object:os.system {}", "line 1"),
    ):
        with pytest.raises(DefinitionError) as caught:
            load_yaml(text)
        assert line in caught.value.issues[0].message.en
        assert "无法读取" in caught.value.issues[0].message.zh


def test_yaml_says_no_more_than_its_text():
    """Aliases may repeat what stands there, not blow it up; and what no database keeps is refused."""
    lines = ["base: &base {zh: 甲, en: A}", *(f"t{number}: *base" for number in range(500))]
    assert load_yaml("\n".join(lines))["t499"] == {"zh": "甲", "en": "A"}
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]
    for text in (
        "\n".join(bomb),
        "a: &a [*a]",
        "a: &a {b: *a}",
        "t: &t " + "长" * 9000 + "\nl: [" + "*t, " * 9000 + "]",
    ):
        with pytest.raises(DefinitionError) as caught:
            load_yaml(text)
        assert "别名" in caught.value.issues[0].message.zh
        assert "aliases" in caught.value.issues[0].message.en
    for value in (r'"a\0b"', r'"\ud800"', r'{"\0": 1}', ".nan", "[-.inf]", "9" * 30):
        with pytest.raises(DefinitionError):
            load_yaml(f"a: {value}")


def test_labels():
    assert Label.of({"en": "Only English"}) == Label("Only English", "Only English")
    assert Label.of(Label("甲", "A")) == Label("甲", "A")
    assert Label("甲").as_dict() == {"zh": "甲"}
    assert Label("甲", "A").as_dict() == {"zh": "甲", "en": "A"}
    assert Label("第 {n}", "No. {n}").format(n=3) == Label("第 3", "No. 3")
    for wrong in (3, {}, {"zh": 1}, {"de": "x"}):
        with pytest.raises(ValueError, match="not a label"):
            Label.of(wrong)
