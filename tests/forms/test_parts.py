"""Answers of several parts in the engine: what completes them, and what generated answers look like."""

from __future__ import annotations

import pytest

from forms.answers.problems import Invalid
from tests.forms.sample_form import CONTEXT, errors, field, form, raw
from tests.forms.samples import SETTINGS, column
from tests.valid_answers import Filler

FIELDS = [field(kind, kind, required=True, **SETTINGS.get(kind, {})) for kind in ("address", "matrix", "geopoint")]


def test_generated_answers_are_valid():
    compiled = form(*FIELDS)
    answers = Filler(compiled, CONTEXT).answers()
    assert answers.keys() == {"address", "matrix", "geopoint"}
    assert compiled.validate(answers, context=CONTEXT) == []


def test_a_matrix_that_is_required_on_a_condition_wants_every_row():
    compiled = form(field("n", "integer"), field("m", "matrix", required_when="n > 1", **SETTINGS["matrix"]))
    some = {"m": {"a": "r"}}
    assert compiled.validate({**some, "n": 1}, context=CONTEXT) == []
    assert [problem.code for problem in compiled.validate({**some, "n": 2}, context=CONTEXT)] == ["incomplete"]


def test_a_row_that_is_no_longer_asked_keeps_its_answer_and_wants_none():
    rows = [*SETTINGS["matrix"]["rows"], {"code": "c", "zh": "丙", "retired": True}]
    compiled = form(field("m", "matrix", required=True, codelist="colour", rows=rows))
    assert compiled.validate({"m": {"a": "r", "b": "g"}}, context=CONTEXT) == []
    assert compiled.clean({"m": {"a": "r", "b": "g", "c": "r"}}) == ({"m": {"a": "r", "b": "g", "c": "r"}}, [])


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("matrix", {"codelist": "colour", "rows": [{"code": "a", "zh": "甲"}]}, "settings"),
        ("matrix", {"codelist": "colour", "rows": [{"code": "id", "zh": "甲"}, {"code": "b", "zh": "乙"}]}, "settings"),
        ("matrix", {"rows": SETTINGS["matrix"]["rows"]}, "options"),
        ("address", {}, "options"),
    ],
)
def test_settings_that_cannot_work_are_told(kind, more, code):
    assert code in {found for found, _ in errors(raw(field("x", kind, **more)))}


def test_a_rule_names_only_parts_that_there_are():
    known = raw(field("p", "geopoint"), field("t", "text", visible_when="p.lat > 1"))
    wrong = raw(field("p", "geopoint"), field("t", "text", visible_when="p.height > 1"))
    assert errors(known) == set()
    assert errors(wrong) != set()


def test_an_answer_of_several_parts_is_no_unique_key():
    assert "unique" in {code for code, _ in errors(raw(*FIELDS, unique=[{"fields": ["address"]}]))}


@pytest.mark.parametrize("text", ["建华区", "中华路 1 号", "九九九九 路"])
def test_an_address_in_one_text_begins_with_its_division(text):
    with pytest.raises(Invalid):
        column("address").check(text)


def test_the_line_of_an_address_keeps_its_blanks_through_a_workbook():
    item = column("address")
    value = item.check({"region": "23", "detail": "中华路  1 号"})
    cell = item.type.to_excel(item.field, value, "zh", item.code_list)
    assert item.check(item.type.from_excel(item.field, cell, item.code_list)) == value
