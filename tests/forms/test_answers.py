"""Cleaning, merging, evaluating and validating answers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.cleaning import storable
from forms.answers.difference import differences
from forms.answers.prefill import prefill, prefill_row
from forms.columns import project, projection
from forms.compiled import Context
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
    assert storable([Decimal("1.5"), 2.5, date(2026, 3, 1), object]) == ["1.5", 2.5, "2026-03-01", str(object)]
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


def test_what_was_computed_before_is_not_believed():
    compiled = form(
        field("a", "integer"), field("b", "computed", compute="a * 2"), {**ITEMS, "min_rows": 0, "unique_columns": []}
    )
    stored = {"b": 10, "items": [{"_row": "x", "name": "n", "high": 9, "gap": 7}]}
    state = compiled.evaluate(stored, context=CONTEXT)
    assert state.answers == {"items": [{"_row": "x", "name": "n", "high": 9}]}
    assert compiled.submitted(stored, context=CONTEXT) == {"items": [{"_row": "x", "name": "n", "high": 9}]}
    assert compiled.clean({"b": None, "items": [{"gap": None}]})[0].keys() == {"items"}


def test_a_hidden_computed_field_shows_nothing():
    compiled = form(field("a", "bool"), field("b", "computed", compute="1 + 1", visible_when="a = true"))
    assert compiled.evaluate({"a": True}, context=CONTEXT).answers == {"a": True, "b": 2}
    assert compiled.evaluate({"a": False, "b": 2}, context=CONTEXT).answers == {"a": False}


def test_a_hidden_computed_column_is_empty_in_its_row_alone():
    row = [field("n", "integer"), field("twice", "computed", compute="n * 2", visible_when="n > 1")]
    compiled = form(field("t", "subtable", fields=row), field("s", "computed", compute="sum(t.twice)"))
    answers = compiled.evaluate({"t": [{"_row": "x", "n": 1}, {"_row": "y", "n": 2}]}, context=CONTEXT).answers
    assert answers == {"t": [{"_row": "x", "n": 1}, {"_row": "y", "n": 2, "twice": 4}], "s": 4}


def test_formulas_with_columns_and_fields_of_the_same_name_are_worked_out_in_order():
    compiled = form(
        field("total", "computed", compute="sum(t.share)"),
        field(
            "t",
            "subtable",
            fields=[
                field("share", "computed", compute="total * 2"),
                field("total", "computed", compute="n + 1"),
                field("n", "integer"),
            ],
        ),
    )
    answers = compiled.evaluate({"t": [{"_row": "x", "n": 1}, {"_row": "y", "n": 2}]}, context=CONTEXT).answers
    assert answers["total"] == 10
    assert [(row["total"], row["share"]) for row in answers["t"]] == [(2, 4), (3, 6)]


def test_computed_numbers_compare_as_numbers():
    compiled = form(
        field("a", "decimal"),
        field("b", "computed", compute="a + 0", places=2),
        field("c", "computed", compute="a + 0", places=1),
        field("d", "text", visible_when="b = c"),
    )
    assert "d" in compiled.evaluate({"a": "2.50"}, context=CONTEXT).visible


def test_a_long_chain_of_conditions_is_followed_to_its_end():
    fields = [field("f0", "bool")] + [field(f"f{n}", "bool", visible_when=f"f{n - 1} = true") for n in range(1, 30)]
    answers = {"f0": False, **{f"f{n}": True for n in range(1, 30)}}
    assert form(*fields).evaluate(answers, context=CONTEXT).visible == {"f0"}


def test_conditions_that_chase_each_other_come_to_an_end():
    circle = form(field("a", "text", visible_when="empty(b)"), field("b", "text", visible_when="filled(a)"))
    assert circle.evaluate({"a": "x", "b": "y"}, context=CONTEXT).visible <= {"a", "b"}
    loop = form(field("a", "computed", compute="b + 1"), field("b", "computed", compute="a + 1"))
    assert loop.evaluate({}, context=CONTEXT).answers == {}


ROW = field(
    "t",
    "subtable",
    fields=[
        field("kind", "select", codelist="colour", option_filter="_code != 'g' or parent.green = true"),
        field("why", "text", visible_when="kind = 'g'", required_when="kind = 'g'"),
    ],
)


def test_rules_of_columns_hold_in_their_row_only():
    compiled = form(field("green", "bool"), ROW)
    rows = [{"_row": "a", "kind": "r", "why": "typed"}, {"_row": "b", "kind": "g"}]
    problems = compiled.validate({"green": True, "t": rows}, context=CONTEXT)
    assert codes(problems) == [("t.why", 2, "required")]
    assert compiled.submitted({"green": True, "t": rows}, context=CONTEXT)["t"] == [{"_row": "a", "kind": "r"}, rows[1]]
    assert codes(compiled.validate({"green": False, "t": rows}, context=CONTEXT)) == [
        ("t.kind", 2, "option_not_offered"),
        ("t.why", 2, "required"),
    ]


def test_a_retired_option_stays_where_it_stood():
    compiled = form(ROW, field("many", "multiselect", codelist="colour"))
    rows = [{"_row": "a", "kind": "o"}]
    before = replace(CONTEXT, previous={"t": rows, "many": ["o"]})
    assert compiled.validate({"t": rows, "many": ["o"]}, context=before) == []
    moved = [{"_row": "b", "kind": "o"}]
    assert codes(compiled.validate({"t": moved, "many": ["r", "o"]}, context=CONTEXT)) == [
        ("t.kind", 1, "retired_option"),
        ("many", None, "retired_option"),
    ]
    assert "“旧色”已停用" in compiled.validate({"many": ["o"]}, context=CONTEXT)[0].message.zh


def test_checks_with_an_empty_operand_pass_and_false_is_an_answer():
    compiled = form(
        field("low", "money"),
        field("high", "money", checks=[{"expression": "high >= low", "message": "低了"}]),
        field("agreed", "bool", required=True),
    )
    for answers in ({}, {"low": "5"}, {"high": "5"}, {"low": "5", "high": "5.00"}):
        assert compiled.validate({**answers, "agreed": False}, context=CONTEXT) == []
    assert codes(compiled.validate({"low": "5", "high": "4"}, context=CONTEXT)) == [
        ("high", None, "check"),
        ("agreed", None, "required"),
    ]


def test_a_rule_that_cannot_be_worked_out_refuses_and_hides_nothing():
    heavy = "sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n) > 0"
    table = field("t", "subtable", max_rows=2000, fields=[field("n", "integer")])
    compiled = form(
        table,
        field("a", "text", visible_when=f"not ({heavy})", required_when=heavy, checks=[{"expression": f"not ({heavy})", "message": "x"}]),
        field("s", "computed", compute="sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n) + sum(t.n)"),
        field("k", "select", codelist="colour", option_filter=f"not ({heavy})"),
    )  # fmt: skip
    answers = {"t": [{"_row": str(n), "n": 1} for n in range(1800)], "k": "r"}
    state = compiled.evaluate(answers, context=CONTEXT)
    assert {"a", "s"} <= state.visible
    assert "a" not in state.required
    assert "s" not in state.answers
    assert compiled.validate(answers, context=CONTEXT) == []
    few = {"t": answers["t"][:10], "k": "r"}
    assert codes(compiled.validate(few, context=CONTEXT)) == [("k", None, "option_not_offered")]


def test_messages_tell_nothing_of_what_is_masked():
    compiled = form(
        field("k", "select", codelist="colour"),
        field("no", "id_card"),
        field("must", "text", required=True),
        field("t", "subtable", fields=[field("a", "text", max_length=2)]),
    )
    answers = {"k": "blue", "no": "23020319850312", "t": [{"_row": "x", "a": "abcd"}]}
    open_ = compiled.validate(answers, context=CONTEXT)
    assert "blue" in open_[0].message.zh
    masked = compiled.validate(answers, context=replace(CONTEXT, masked=frozenset({"k", "no", "must", "t.a"})))
    assert codes(masked) == [
        ("k", None, "masked"),
        ("no", None, "masked"),
        ("must", None, "required"),
        ("t.a", 1, "masked"),
    ]
    assert not any(word in problem.message.zh for problem in masked for word in ("blue", "14", "现有 4 个"))


def test_rules_read_fields_of_chosen_records():
    known = {("other", "7", "city"): "x", ("other", "8", "city"): "y"}
    table = field(
        "t", "subtable", fields=[field("r", "reference", form="other"), field("n", "text", visible_when="r.city = 'y'")]
    )
    compiled = form(
        field("r", "reference", form="other"), field("k", "select", codelist="colour"), field("a", "computed_text", compute="r.city"),
        field("b", "computed_text", compute="k.city"), table,
    )  # fmt: skip
    answers = {
        "r": {"id": "7", "label": "甲"},
        "k": "r",
        "t": [{"_row": "x", "r": {"id": "8", "label": "乙"}, "n": "z"}],
    }
    context = replace(CONTEXT, reference=lambda form_key, record, key: known.get((form_key, record, key)))
    state = compiled.evaluate(answers, context=context)
    assert state.answers["a"] == "x"
    assert "b" not in state.answers
    assert "t[x].n" in state.visible
    assert "a" not in compiled.evaluate(answers, context=CONTEXT).answers


def test_large_whole_numbers_are_kept_as_text():
    assert storable({"a": 2**60, "b": -(2**60), "c": 5}) == {"a": str(2**60), "b": str(-(2**60)), "c": 5}
    answers, problems = form(field("d", "date")).clean({"d": 10**30})
    assert answers == {"d": "1" + "0" * 30}
    assert codes(problems) == [("d", None, "not_date")]


ANSWER = st.none() | st.integers(0, 5) | st.text("ab", max_size=2)
ROWS = st.lists(
    st.fixed_dictionaries({"_row": st.sampled_from("xyz")}, optional={"low": ANSWER, "name": ANSWER}),
    max_size=3,
    unique_by=lambda row: row["_row"],
)
ANSWERS = st.fixed_dictionaries({}, optional={"a": ANSWER, "b": ANSWER, "items": ROWS})
MERGING = form(field("a", "text"), field("b", "text"), ITEMS)


def filled(row):
    return {key: value for key, value in row.items() if value not in (None, "", [])}


@given(ANSWERS, ANSWERS)
def test_merging_keeps_what_is_absent_clears_what_is_null_and_joins_rows(current, changes):
    merged = MERGING.merge(filled(current), changes)
    for key in ("a", "b"):
        if key not in changes:
            assert merged.get(key) == filled(current).get(key)
        else:
            assert merged.get(key) == (changes[key] or (0 if changes[key] == 0 else None))
    old = {row["_row"]: row for row in filled(current).get("items", [])}
    if changes.get("items"):
        assert merged["items"] == [filled({**old.get(row["_row"], {}), **row}) for row in changes["items"]]
    elif "items" in changes:
        assert "items" not in merged
    else:
        assert merged.get("items") == filled(current).get("items")
    assert MERGING.merge(merged, {}) == merged
    assert MERGING.merge(merged, {key: value for key, value in merged.items() if key != "items"}) == merged


@pytest.mark.parametrize("rows", [["x"], [{"_row": ["odd"]}], "x", {"a": 1}, 3])
def test_merging_survives_what_should_be_rows(rows):
    assert MERGING.merge({"items": rows}, {"items": [{"_row": "x", "name": "n"}]})["items"] == [
        {"_row": "x", "name": "n"}
    ]
    assert MERGING.merge({"items": [{"_row": "x"}]}, {"items": rows})["items"]
    found = differences({"items": rows}, {"items": [{"_row": "x", "name": "n"}]}, MERGING.definition)
    assert found[-1].field == "items"
    assert differences({"items": rows}, {"items": rows}, MERGING.definition) == []


def test_a_computed_text_has_a_text_column_and_a_date_may_be_one():
    compiled = form(
        field("d", "date"), field("due", "computed_text", compute="add_days(d, 30)"), field("s", "signature")
    )
    answers = compiled.submitted({"d": "2026-03-01", "s": ["abc"]}, context=CONTEXT)
    assert answers["due"] == "2026-03-31"
    main, _ = project(compiled, answers)
    assert (main["due"], main["due__sort"]) == ("2026-03-31", "2026-03-31")
    assert compiled.types == {"d": "date", "due": "text", "s": "file"}


def test_prefill_survives_what_cannot_be_worked_out():
    heavy = "+".join(["sum(items.low)"] * 6)
    row = [
        field("name", "text", default="x"),
        field("low", "integer", prefill=heavy),
        field("n", "integer", prefill="a + 1"),
    ]
    compiled = form(
        field("a", "integer", default=3, prefill="'text'"),
        field("b", "text", prefill="concat(a, '-', _org_name)"),
        field("c", "integer", default=3, prefill="_nothing"),
        {**ITEMS, "fields": row},
    )
    context = Context(today=CONTEXT.today, variables={"org_name": "一厂"})
    assert prefill(compiled, context) == {"a": 3, "b": "3-一厂", "c": 3}
    assert prefill_row(compiled, "items", {"a": 3}, context) == {"name": "x", "low": 0, "n": 4}
    many = {"a": 3, "items": [{"_row": str(n), "low": 1} for n in range(1800)]}
    assert prefill_row(compiled, "items", many, context) == {"name": "x", "n": 4}


def test_a_prefilled_reference_keeps_its_label():
    compiled = form(field("r", "reference", form="other", prefill="_profile"))
    context = replace(CONTEXT, variables={"profile": {"id": "7", "label": "一厂"}})
    assert prefill(compiled, context) == {"r": {"id": "7", "label": "一厂"}}
