"""Sub-tables with fixed rows: one row for each option of a column, in its order."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest

from forms.answers.answer import Context
from forms.answers.fixed_rows import row_label
from forms.answers.prefill import prefill
from forms.versions.changes import definition_changes
from tests.forms.sample_form import errors, field, form, raw

CONTEXT = Context(date(2026, 11, 26))
LEVELS = [
    {"code": "a", "zh": "甲", "en": "A"},
    {"code": "b", "zh": "乙", "en": "B"},
    {"code": "old", "zh": "旧", "en": "Old", "retired": True},
    {"code": "c", "zh": "丙", "en": "C"},
]
LEVEL = field("level", "select", options=LEVELS)
TABLE = field(
    "t",
    "subtable",
    fixed_rows="level",
    totals=["n"],
    fields=[LEVEL, field("n", "integer", required=True), field("m", "integer", default=0)],
)


def levels(answers):
    return [row["level"] for row in answers["t"]]


def found(compiled, answers, **more):
    context = Context(CONTEXT.today, **more)
    return [(problem.field, problem.row, problem.code) for problem in compiled.validate(answers, context=context)]


def test_a_new_record_has_every_row_with_what_the_form_puts_there():
    answers = prefill(form(TABLE), CONTEXT)
    assert [{key: row.get(key) for key in ("level", "n", "m")} for row in answers["t"]] == [
        {"level": code, "n": None, "m": 0} for code in "abc"
    ]
    assert len({row["_row"] for row in answers["t"]}) == 3


def test_rows_that_are_left_out_stay_as_they_were_and_keep_their_ids():
    compiled = form(TABLE)
    start = prefill(compiled, CONTEXT)
    changes, problems = compiled.clean({"t": [{"level": "丙", "n": 3}, {"level": "a", "n": "１"}]})
    assert problems == []
    merged = compiled.merge(start, changes)
    assert [(row["level"], row.get("n"), row["m"]) for row in merged["t"]] == [("a", 1, 0), ("b", None, 0), ("c", 3, 0)]
    assert [row["_row"] for row in merged["t"]] == [row["_row"] for row in start["t"]]
    again = compiled.merge(merged, {"t": [{"level": "b", "n": 2, "m": None}]})
    assert [(row["level"], row.get("n"), row.get("m")) for row in again["t"]] == [
        ("a", 1, 0),
        ("b", 2, None),
        ("c", 3, 0),
    ]
    assert [row.get("n") for row in compiled.merge(again, {"t": None})["t"]] == [None] * 3


def test_a_row_is_what_its_heading_says_whatever_its_id():
    compiled = form(TABLE)
    stored = {"t": [{"_row": "x", "level": "a", "n": 1}, {"_row": "y", "level": "b", "n": 2}]}
    merged = compiled.merge(stored, {"t": [{"_row": "x", "level": "b", "n": 9}, {"_row": "x", "level": "c", "n": 7}]})
    assert [(row["level"], row["n"]) for row in merged["t"]] == [("a", 1), ("b", 9), ("c", 7)]
    assert [row["_row"] for row in merged["t"]][:2] == ["x", "y"]
    # Who does not see the heading names a row by its id.
    assert compiled.merge(stored, {"t": [{"_row": "y", "n": 5}]})["t"][1] == {"_row": "y", "level": "b", "n": 5}


def test_what_was_begun_without_rows_gets_them_and_must_fill_them():
    compiled = form(TABLE)
    state = compiled.evaluate({}, context=CONTEXT)
    assert levels(state.answers) == ["a", "b", "c"]
    assert found(compiled, {"t": [{"_row": "x", "level": "c", "n": 1}]}) == [
        ("t.n", 1, "required"),
        ("t.n", 2, "required"),
    ]
    filled = {"t": [{"level": code, "n": 0} for code in "cba"]}
    assert found(compiled, filled) == []
    assert levels(compiled.submitted(filled, context=CONTEXT)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ({"level": "b", "n": 1}, "repeated", "乙"),
        ({"level": "zz", "n": 1}, "unknown_row", "zz"),
        ({"n": 1}, "unknown_row", "level"),
    ],
)
def test_a_row_too_many_is_refused_by_name(row, code, says):
    compiled = form(TABLE)
    answers = {"t": [*({"level": one, "n": 1} for one in "abc"), row]}
    problems = [item for item in compiled.validate(answers, context=CONTEXT) if item.row == 4]
    assert next(item.code for item in problems if item.field == "t.level") == code
    assert says in problems[0].message.zh
    assert says.replace("乙", "B") in problems[0].message.get("en")


def test_the_row_of_a_retired_option_stays_while_it_holds_an_answer():
    compiled = form(TABLE)
    stored = {"t": [*({"level": one, "n": 1} for one in "abc"), {"_row": "o", "level": "old", "n": 4}]}
    kept = compiled.merge(stored, {"t": [{"level": "a", "n": 2}]})
    assert levels(kept) == ["a", "b", "old", "c"]
    assert found(compiled, kept, previous=stored) == []
    assert ("t.level", 3, "retired_option") in found(compiled, kept)
    assert levels(compiled.merge(kept, {"t": [{"level": "old", "n": None}]})) == ["a", "b", "c"]


def test_hidden_tables_are_not_stored():
    table = {**TABLE, "visible_when": "show = true"}
    compiled = form(field("show", "bool"), table)
    answers = prefill(compiled, CONTEXT)
    assert "t" not in compiled.submitted(answers, context=CONTEXT)
    assert found(compiled, answers) == []
    assert levels(compiled.submitted({**answers, "show": True}, context=CONTEXT)) == ["a", "b", "c"]


def test_what_is_no_list_of_rows_stays_for_the_check_to_tell():
    compiled = form(TABLE)
    assert compiled.merge({}, {"t": "rows"})["t"] == "rows"
    assert ("t", None, "not_rows") in found(compiled, {"t": "rows"})


def broken(**changes):
    table = deepcopy(TABLE)
    column = {**LEVEL, **changes.pop("level", {})}
    table["fields"] = [column, *table["fields"][1:]]
    return errors(raw({**table, **changes}))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"fixed_rows": "nobody"}, "t.fixed_rows"),
        ({"fixed_rows": "n"}, "t.fixed_rows"),
        ({"level": {"visible_when": "m > 1"}}, "t.fixed_rows"),
        ({"level": {"readonly": True}}, "t.fixed_rows"),
        ({"level": {"default": "a"}}, "t.fixed_rows"),
        ({"level": {"type": "multiselect"}}, "t.fixed_rows"),
        ({"min_rows": 1}, "t.min_rows"),
        ({"max_rows": 9}, "t.max_rows"),
        ({"unique_columns": ["level"]}, "t.unique_columns"),
    ],
)
def test_the_check_finds_what_makes_no_sense_with_fixed_rows(changes, path):
    assert ("fixed_rows", path) in broken(**changes)


def test_the_check_leaves_fixed_rows_alone():
    assert broken() == set()
    assert broken(level={"required": True}) == set()


def test_fixing_rows_is_a_stricter_form():
    loose = {key: value for key, value in TABLE.items() if key != "fixed_rows"}
    changes = definition_changes(form(loose).definition, form(TABLE).definition)
    assert [(item.path, item.change_class) for item in changes] == [("t", "tightening")]


def test_rows_have_names_where_no_retired_option_stands_before_them():
    definition = form(TABLE).definition
    assert [label and label.zh for label in (row_label(definition, "t", row) for row in range(6))] == [
        None,
        "甲",
        "乙",
        None,
        None,
        None,
    ]
