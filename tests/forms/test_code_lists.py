"""Lists and trees of options: finding, walking, refusing what does not hang together."""

from __future__ import annotations

import pytest

from forms.files.loading import DefinitionError, parse_code_list
from tests.forms.sample_form import LISTS


def options(*items):
    return parse_code_list("list", {"title": "表", "items": list(items)})


def test_a_tree_is_walked_both_ways():
    places = LISTS["place"]
    assert places.is_tree
    assert not LISTS["colour"].is_tree
    assert [option.code for option in places.children(None)] == ["23", "24"]
    assert [option.code for option in places.path("230203")] == ["23", "2302", "230203"]
    assert places.under("2302") == {"2302", "230203"}
    assert places.path("none") == places.children("none") == ()
    assert places.under("none") == {"none"}
    assert [places.place(code) for code in ("23", "24", "none", None)] == [0, 3, None, None]


def test_a_child_may_stand_before_its_parent():
    flat = options(
        {"code": "b", "zh": "乙", "parent": "a"}, {"code": "a", "zh": "甲"}, {"code": "c", "zh": "丙", "parent": "b"}
    )
    assert flat.under("a") == {"a", "b", "c"}
    assert [option.code for option in flat.path("c")] == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["r", "红", "Red", "RED ", "赤", "r 红", "ｒ红", "r Red"])
def test_an_option_is_found_by_code_label_alias_and_both(text):
    assert LISTS["colour"].find(text) == "r"


def test_blanks_and_width_of_a_label_do_not_matter():
    found = options({"code": "1", "zh": "计划（年度）", "en": "Plan of the year"})
    assert found.find("计划(年度)") == found.find("计划 （年度）") == found.find("plan of  the year") == "1"


def test_a_live_label_is_surer_than_an_alias_and_an_alias_than_a_retired_label():
    found = options(
        {"code": "1", "zh": "甲", "alias": ["乙", "丙"]},
        {"code": "2", "zh": "乙"},
        {"code": "3", "zh": "丙", "retired": True},
    )
    assert (found.find("乙"), found.find("丙")) == ("2", "1")


def test_a_label_of_two_options_is_no_answer_but_both_are_named():
    found = options({"code": "1", "zh": "其他"}, {"code": "2", "zh": "其他"})
    assert found.find("其他") is None
    assert [option.code for option in found.find_all("其他")] == ["1", "2"]
    assert found.find("2其他") == "2"
    assert found.find_all("nothing") == ()
    assert (found.cell_text("1", "zh"), found.cell_text("none", "zh")) == ("1 其他", "none")


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"code": 1, "zh": "一"}], "option_code"),
        ([{"code": " 1", "zh": "一"}], "option_code"),
        ([{"zh": "一"}], "option_code"),
        (["x"], "not_object"),
        ("x", "not_list"),
        ([{"code": "1", "zh": "一", "colour": "x"}], "unknown_key"),
        ([{"code": "1", "zh": "一", "retired": "no"}], "not_bool"),
        ([{"code": "1", "zh": "一", "parent": ["2"]}], "not_text"),
        ([{"code": "1", "zh": "一", "kind": 3}], "not_text"),
        ([{"code": "1", "zh": "一", "alias": "x"}], "not_list"),
        ([{"code": "1"}], "option_label"),
        ([{"code": "1", "zh": "一"}, {"code": "1", "zh": "二"}], "duplicate_option"),
        ([{"code": "1", "zh": "一", "parent": "2"}], "option_parent"),
        ([{"code": "1", "zh": "一", "parent": "2"}, {"code": "2", "zh": "二", "parent": "1"}], "option_parent"),
    ],
)
def test_what_does_not_hang_together_is_refused(items, code):
    raw = {"title": "表", "items": items}
    with pytest.raises(DefinitionError) as caught:
        parse_code_list("list", raw)
    assert code in {issue.code for issue in caught.value.issues}


def test_a_code_list_is_an_object_with_known_keys():
    for raw in ([], {"items": [], "colour": 1}):
        with pytest.raises(DefinitionError):
            parse_code_list("x", raw)
