"""Cleaning, merging, evaluating and validating answers."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from forms.cleaning import storable
from forms.columns import project, projection
from forms.compiled import Context
from forms.difference import differences
from forms.prefill import prefill, prefill_row
from forms.wtforms_form import build_form
from tests.forms.sample_form import CONTEXT, ITEMS, field, form


def codes(problems):
    return [(problem.field, problem.row, problem.code) for problem in problems]


def test_clean_keeps_what_does_not_fit_and_names_it():
    answers, problems = form(field("n", "integer"), field("t", "text")).clean({"n": "zwölf", "t": " a ", "x": 1})
    assert answers == {"n": "zwölf", "t": "a"}
    assert codes(problems) == [("n", None, "not_integer"), ("x", None, "unknown_field")]


def test_blank_text_is_no_answer():
    compiled = form(field("t", "text", required=True))
    assert compiled.clean({"t": "  \u200b"})[0] == {"t": None}
    assert codes(compiled.validate({"t": "   "}, context=CONTEXT)) == [("t", None, "required")]
    assert compiled.validate({"t": "x"}, context=CONTEXT) == []


def test_misfits_can_be_stored_anywhere():
    kept = storable({"a\x00": [math.nan, "\ud800", "b\x00"], "d": [[[[[[["deep"]]]]]]]})
    assert json.dumps(kept, allow_nan=False).encode().find(b"\\u0000") < 0
    assert kept["a"] == ["nan", "", "b"]


def test_rows_get_ids_once_and_merge_by_them():
    compiled = form(ITEMS)
    answers, _ = compiled.clean({"items": [{"name": "a", "low": 1}, {"name": "b"}]})
    first, second = (row["_row"] for row in answers["items"])
    assert first != second
    assert compiled.clean(answers)[0] == answers
    merged = compiled.merge(answers, {"items": [{"_row": second, "low": 4}, {"_row": first, "low": None}]})
    assert merged["items"] == [{"_row": second, "name": "b", "low": 4}, {"_row": first, "name": "a"}]
    assert compiled.merge({"a": 1, "b": 2}, {"a": None}) == {"b": 2}


def test_a_repeated_row_id_is_replaced():
    rows = form(ITEMS).clean({"items": [{"_row": "x", "name": "a"}, {"_row": "x", "name": "b"}, {"_row": "[x]"}]})[0][
        "items"
    ]
    assert rows[0]["_row"] == "x"
    assert len({row["_row"] for row in rows}) == 3


def test_problems_say_field_and_row():
    compiled = form(ITEMS)
    rows = [{"name": "a", "low": 3, "high": 2}, {"low": "?", "high": 9}, {"name": "a", "high": 1}]
    answers, _ = compiled.clean({"items": rows})
    assert codes(compiled.validate(answers, context=CONTEXT)) == [
        ("items.high", 1, "check"),
        ("items.name", 2, "required"),
        ("items.low", 2, "not_integer"),
        ("items.proof", 2, "attachment_due"),
        ("items.name", 3, "repeated"),
    ]
    problem = compiled.validate(answers, context=CONTEXT)[0]
    assert problem.as_dict("en") == {
        "field": "items.high",
        "row": 1,
        "code": "check",
        "message": "Too low",
        "level": "error",
    }


def test_too_few_and_too_many_rows():
    compiled = form(ITEMS)
    assert codes(compiled.validate({}, context=CONTEXT)) == [("items", None, "too_few_rows")]
    many, _ = compiled.clean({"items": [{"name": str(n)} for n in range(4)]})
    assert codes(compiled.validate(many, context=CONTEXT)) == [("items", None, "too_many_rows")]
    assert codes(compiled.validate({"items": "x"}, context=CONTEXT))[0] == ("items", None, "not_rows")


def test_a_check_of_the_table_itself_counts():
    table = {**ITEMS, "checks": [{"expression": "sum(items.low) <= 3", "message": "合计过大"}]}
    compiled = form(table)
    good, bad = ({"items": [{"name": "a", "low": n}]} for n in (3, 4))
    assert compiled.validate(good, context=CONTEXT) == []
    assert codes(compiled.validate(bad, context=CONTEXT)) == [("items", None, "check")]


def test_hidden_fields_are_dropped_and_count_as_empty_along_the_chain():
    compiled = form(
        field("a", "bool"),
        field("b", "integer", visible_when="a = true", required=True),
        field("c", "integer", visible_when="b > 1", required=True),
        field("total", "computed", compute="sum([b, c])"),
    )
    shown = {"a": True, "b": 2, "c": 3}
    assert compiled.submitted(shown, context=CONTEXT) == {"a": True, "b": 2, "c": 3, "total": 5}
    hidden = {"a": False, "b": 2, "c": 3}
    state = compiled.evaluate(hidden, context=CONTEXT)
    assert state.visible == {"a", "total"}
    assert state.answers["c"] == 3  # the draft keeps what was typed
    assert compiled.submitted(hidden, context=CONTEXT).keys() <= {"a", "total"}
    assert compiled.validate(hidden, context=CONTEXT) == []


def test_a_hidden_section_hides_its_fields():
    compiled = form(field("a", "bool"))
    raw = dict(compiled.definition.source)
    raw["sections"] = [
        *raw["sections"],
        {"key": "more", "title": "更多", "visible_when": "a = true", "fields": [field("b", "text", required=True)]},
    ]
    compiled = form(sections=raw["sections"])
    assert codes(compiled.validate({"a": True}, context=CONTEXT)) == [("b", None, "required")]
    assert compiled.validate({"a": False, "b": "x"}, context=CONTEXT) == []
    assert compiled.submitted({"a": False, "b": "x"}, context=CONTEXT) == {"a": False}


def test_warnings_are_marked():
    compiled = form(field("n", "integer", checks=[{"expression": "n < 5", "message": "偏大", "level": "warning"}]))
    assert [problem.level for problem in compiled.validate({"n": 9}, context=CONTEXT)] == ["warning"]


def test_computed_fields_follow_one_another_whatever_their_order():
    compiled = form(
        field("c", "computed", compute="b * 2"), field("b", "computed", compute="a + 1"), field("a", "integer")
    )
    assert compiled.evaluate({"a": 1}, context=CONTEXT).answers == {"a": 1, "b": 2, "c": 4}
    assert compiled.clean({"a": 1, "b": 99})[0] == {"a": 1}


def test_a_formula_that_gives_no_number_is_empty():
    compiled = form(
        field("a", "integer"), field("b", "computed", compute="a > 1"), field("c", "computed", compute="a / 0")
    )
    assert compiled.evaluate({"a": 2}, context=CONTEXT).answers == {"a": 2}


def test_the_clock_is_the_context():
    compiled = form(field("d", "date", checks=[{"expression": "d <= _today", "message": "晚于今天"}]))
    later = replace(CONTEXT, today=CONTEXT.today.replace(year=2027))
    assert codes(compiled.validate({"d": "2026-06-01"}, context=CONTEXT)) == [("d", None, "check")]
    assert compiled.validate({"d": "2026-06-01"}, context=later) == []


def test_retired_and_filtered_options():
    compiled = form(field("k", "select", codelist="colour", option_filter="_code = 'r' or _code = 'o'"))
    assert compiled.validate({"k": "r"}, context=CONTEXT) == []
    assert codes(compiled.validate({"k": "g"}, context=CONTEXT)) == [("k", None, "option_not_offered")]
    assert codes(compiled.validate({"k": "o"}, context=CONTEXT)) == [("k", None, "retired_option")]
    assert compiled.validate({"k": "o"}, context=replace(CONTEXT, previous={"k": "o"})) == []


def test_prefill_takes_defaults_and_expressions():
    compiled = form(
        field("a", "integer", default=3),
        field("b", "text", prefill="_org_name"),
        field("c", "date", default="?"),
        ITEMS,
    )
    context = Context(today=CONTEXT.today, variables={"org_name": "一厂"})
    assert prefill(compiled, context) == {"a": 3, "b": "一厂"}
    assert prefill_row(compiled, "items", {}, context) == {}


def test_projection_and_its_values():
    compiled = form(field("t", "text"), field("m", "money"), field("r", "reference", form="organization"), ITEMS)
    names = [column.name for column in projection(compiled.definition).main.columns]
    assert names == ["t", "t__sort", "m", "r", "r__label", "r__sort"]
    main, children = project(
        compiled, {"t": "中文", "m": "oops", "r": {"id": "1", "label": "甲"}, "items": [{"_row": "x", "name": "a"}]}
    )
    assert main["m"] is None
    assert (main["r"], main["r__label"]) == ("1", "甲")
    assert main["t__sort"].startswith("zhong wen")
    assert children["items"][0]["_row"] == "x"
    assert project(compiled, {})[0]["t__sort"] == ""


def test_differences_match_rows():
    compiled = form(field("t", "text"), ITEMS)
    old = {"t": "a", "gone": 1, "items": [{"_row": "1", "name": "x"}, {"_row": "2", "name": "y"}]}
    new = {"t": "b", "items": [{"_row": "2", "name": "z"}, {"_row": "3", "name": "n"}]}
    found = [(c.field, c.row, c.old, c.new) for c in differences(old, new, compiled.definition)]
    assert found == [
        ("t", None, "a", "b"),
        ("items.name", 1, "y", "z"),
        ("items", 2, None, {"name": "n"}),
        ("items", None, {"name": "x"}, None),
        ("gone", None, 1, None),
    ]


def test_wtforms_runs_the_same_checks_and_survives_a_field_called_data():
    compiled = form(
        field("data", "integer"), field("rows", "subtable", fields=[field("data", "phone"), field("errors", "text")])
    )
    class_ = build_form(compiled, "en")
    posted = class_(data={"f-data": "１２", "f-rows": [{"f-data": "139 0000 0001"}]})
    assert posted.validate()
    assert posted["f-data"].data == 12
    assert posted["f-rows"].entries[0]["f-data"].name == "f-rows-0-data"
    wrong = class_(data={"f-data": "x"})
    assert not wrong.validate()
    assert wrong.errors == {"f-data": ["Enter a whole number such as 12"]}
