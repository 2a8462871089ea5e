"""What a new version of a form changes, and how grave it is."""

from __future__ import annotations

from copy import deepcopy

import pytest

from forms.answers.difference import definition_changes
from forms.files.loading import parse_code_list, parse_definition
from forms.versions.changes import CHANGE_CLASSES
from tests.forms.sample_form import FIELDS, FULL, ITEMS, LISTS, changed, field, raw


def changes(old, new, lists=LISTS):
    return definition_changes(parse_definition(old, lists), parse_definition(new, lists))


def found(old, new):
    return {(change.path, change.kind, change.change_class) for change in changes(old, new)}


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        ((*FIELDS, 0, "label"), "新名", ("t", "label_changed", "cosmetic")),
        ((*FIELDS, 0, "help"), "新说明", ("t", "label_changed", "cosmetic")),
        ((*FIELDS, 0, "required"), True, ("t", "required_changed", "tightening")),
        ((*FIELDS, 0, "required_when"), "k = '1'", ("t", "required_changed", "tightening")),
        ((*FIELDS, 2, "required_when"), None, ("r", "required_changed", "additive")),
        ((*FIELDS, 2, "required_when"), "k = '2'", ("r", "required_changed", "tightening")),
        ((*FIELDS, 2, "form"), "sample", ("r", "reference_changed", "structural")),
        ((*FIELDS, 0, "class"), "secret", ("t", "class_changed", "tightening")),
        ((*FIELDS, 0, "mask"), None, ("t", "mask_changed", "tightening")),
        ((*FIELDS, 0, "readonly"), True, ("t", "readonly_changed", "tightening")),
        ((*FIELDS, 0, "readonly_for"), [], ("t", "readonly_changed", "additive")),
        ((*FIELDS, 0, "max_length"), 9, ("t", "settings_changed", "tightening")),
        ((*FIELDS, 0, "min_length"), 2, ("t", "settings_changed", "tightening")),
        ((*FIELDS, 0, "type"), "textarea", ("t", "type_changed", "structural")),
        ((*FIELDS, 0, "visible_when"), "k = '1'", ("t", "visibility_changed", "tightening")),
        ((*FIELDS, 0, "default"), "x", ("t", "start_changed", "cosmetic")),
        ((*FIELDS, 0, "prefill"), "_org_name", ("t", "start_changed", "cosmetic")),
        ((*FIELDS, 0, "checks"), [{"expression": "t != 'a'", "message": "x"}], ("t", "checks_changed", "tightening")),
        ((*FIELDS, 4, "fields", 2, "checks"), [], ("items.high", "checks_changed", "additive")),
        ((*FIELDS, 4, "fields", 2, "checks", 0, "message"), "太低", ("items.high", "label_changed", "cosmetic")),
        ((*FIELDS, 4, "fields", 2, "checks", 0, "level"), "warning", ("items.high", "checks_changed", "tightening")),
        ((*FIELDS, 1, "option_filter"), "_code = '1'", ("k", "option_filter_changed", "tightening")),
        ((*FIELDS, 1, "options", 0, "retired"), True, ("k", "option_retired", "tightening")),
        ((*FIELDS, 1, "options", 0, "zh"), "子", ("k", "option_text_changed", "cosmetic")),
        ((*FIELDS, 1, "options", 0, "code"), "9", ("k", "option_added", "additive")),
        ((*FIELDS, 4, "fields", 4, "compute"), "low", ("items.gap", "formula_changed", "tightening")),
        ((*FIELDS, 4, "min_rows"), 2, ("items", "settings_changed", "tightening")),
        ((*FIELDS, 4, "max_rows"), 9, ("items", "settings_changed", "additive")),
        ((*FIELDS, 4, "max_rows"), 2, ("items", "settings_changed", "tightening")),
        ((*FIELDS, 4, "unique_columns"), [], ("items", "settings_changed", "additive")),
        ((*FIELDS, 3), field("n", "text"), ("d", "field_retired", "structural")),
        (("unique",), [], ("unique", "unique_changed", "structural")),
        (("unique", 0, "city_wide"), False, ("unique", "unique_changed", "structural")),
        (("print",), {"paper": "A4"}, ("print", "print_changed", "cosmetic")),
        (("title",), "新表", ("title", "title_changed", "cosmetic")),
        (("list", "search"), [], ("list", "list_changed", "cosmetic")),
        (("sections", 0, "title"), "新组", ("main", "label_changed", "cosmetic")),
        (("sections", 0, "visible_when"), "false", ("main", "visibility_changed", "tightening")),
        (("sections", 0, "key"), "other", ("main", "section_changed", "cosmetic")),
        (("fill_roles",), [], ("fill_roles", "fill_roles_changed", "tightening")),
        (("published_when",), None, ("published_when", "published_when_changed", "tightening")),
        (("organization",), None, ("organization", "organization_changed", "tightening")),
        (("workflow",), "wf", ("workflow", "workflow_changed", "tightening")),
    ],
)
def test_a_change_has_a_place_a_kind_and_a_class(path, value, change):
    new = changed(path, value)
    assert change in found(FULL, new)
    assert change[2] in CHANGE_CLASSES
    assert changes(new, new) == []
    # No change hides another: the form's own settings are told beside those of its fields.
    new["serial"] = "XQ"
    assert {change, ("serial", "serial_changed", "cosmetic")} <= found(FULL, new)


@pytest.mark.parametrize(
    ("kind", "old", "new", "weight"),
    [
        ("text", {"max_length": 9}, {"max_length": 20}, "additive"),
        ("text", {"max_length": 9}, {}, "additive"),
        ("text", {"min_length": 3}, {"min_length": 2}, "additive"),
        ("text", {"pattern": "a"}, {}, "additive"),
        ("text", {"pattern": "a"}, {"pattern": "b"}, "tightening"),
        ("text", {"max_length": 9}, {"max_length": 20, "min_length": 2}, "tightening"),
        ("money", {"min": "1.5"}, {"min": 1}, "additive"),
        ("money", {"places": 2}, {"places": 0}, "tightening"),
        ("file", {}, {"multiple": True}, "additive"),
        ("file", {"multiple": True}, {}, "tightening"),
        ("tree", {"codelist": "place", "leaves_only": True}, {"codelist": "place"}, "additive"),
    ],
)
def test_settings_that_take_more_only_add(kind, old, new, weight):
    assert found(raw(field("a", kind, **old)), raw(field("a", kind, **new))) == {("a", "settings_changed", weight)}


def test_new_forms_and_fields_only_add():
    definition = parse_definition(FULL, LISTS)
    assert {change.change_class for change in definition_changes(None, definition)} == {"additive"}
    fields = FULL["sections"][0]["fields"]
    assert found(FULL, changed(FIELDS, [*fields, field("z", "text")])) == {("z", "field_added", "additive")}
    for tight in (
        field("z", "text", required=True),
        field("z", "text", required_when="k = '1'"),
        {**ITEMS, "key": "z"},
    ):
        assert ("z", "field_added", "tightening") in found(FULL, changed(FIELDS, [*fields, tight]))


def test_fields_that_move_are_told_once():
    fields = FULL["sections"][0]["fields"]
    order = ("sections", "order_changed", "cosmetic")
    assert found(FULL, changed(FIELDS, [fields[1], fields[0], *fields[2:]])) == {order}
    two = deepcopy(FULL)
    two["sections"] = [
        {**FULL["sections"][0], "fields": fields[:2]},
        {"key": "rest", "title": "其余", "fields": fields[2:]},
    ]
    assert found(FULL, two) == {order, ("rest", "section_changed", "cosmetic")}


def test_a_code_list_counts_for_every_field_that_uses_it():
    definition = raw(field("a", "select", codelist="colour"), field("b", "multiselect", codelist="colour"))
    more = {
        **LISTS,
        "colour": parse_code_list("colour", {"items": [{"code": "r", "zh": "红"}, {"code": "n", "zh": "新"}]}),
    }
    new = definition_changes(parse_definition(definition, LISTS), parse_definition(definition, more))
    assert {(change.path, change.kind) for change in new} == {
        (path, kind) for path in "ab" for kind in ("option_retired", "option_added", "option_text_changed")
    }


def test_the_order_of_the_roles_that_fill_says_nothing():
    old = raw()
    old["fill_roles"] = ["ent_admin", "ent_clerk"]
    assert found(old, {**old, "fill_roles": ["ent_clerk", "ent_admin"]}) == set()
    assert found(old, {**old, "fill_roles": ["ent_clerk"]}) != set()
