"""The table of conversions: what every pair of types does to an answer, and what it refuses."""

from __future__ import annotations

import pytest

from forms.answers.problems import Invalid
from forms.field_types import FIELD_TYPES, get
from forms.versions.conversions import carries, convert, family, grade
from tests.forms.sample_form import field, form

OPTIONS = [{"code": "1", "zh": "一", "en": "One"}, {"code": "y", "zh": "是", "en": "Yes"}, {"code": "12", "zh": "十二"}]
RENUMBERED = [{"code": "a", "zh": "一", "en": "One"}, {"code": "b", "zh": "是", "en": "Yes"}]


def column(kind, **more):
    """Return a compiled field of a type."""
    if kind in {"select", "multiselect"}:
        more.setdefault("options", OPTIONS)
    if kind == "reference":
        more.setdefault("form", "organization")
    return form(field("x", kind, **more)).columns["x"]


def found(column_, name):
    return {"id": "7", "label": name} if name == "甲公司" else None


@pytest.mark.parametrize(
    ("old", "new", "value", "expected", "same"),
    [
        ("text", "integer", "12 ", 12, False),
        ("text", "decimal", "1,250.5", "1250.50", False),
        ("text", "date", "2026.3.1", "2026-03-01", False),
        ("text", "date", "2026-03-01", "2026-03-01", True),
        ("text", "bool", "否", False, True),
        ("text", "select", "一", "1", True),
        ("text", "multiselect", "一、是", ["1", "y"], True),
        ("text", "reference", "甲公司", {"id": "7", "label": "甲公司"}, True),
        ("integer", "text", 12, "12", True),
        ("integer", "decimal", 12, "12.00", False),
        ("integer", "bool", 1, True, False),
        ("integer", "select", 12, "12", False),
        ("decimal", "integer", "2.50", 3, False),
        ("decimal", "text", "2.50", "2.50", True),
        ("date", "text", "2026-03-01", "2026-03-01", True),
        ("bool", "text", True, "是", True),
        ("bool", "select", True, "y", True),
        ("select", "text", "1", "1 一", False),
        ("select", "integer", "12", 12, False),
        ("select", "bool", "y", True, True),
        ("select", "multiselect", "1", ["1"], True),
        ("multiselect", "text", ["1", "y"], "1 一、y 是", False),
        ("multiselect", "select", ["1"], "1", True),
        ("reference", "text", {"id": "7", "label": "甲公司"}, "甲公司 [7]", False),
        ("reference", "select", {"id": "7", "label": "一"}, "1", True),
    ],
)
def test_each_pair_keeps_what_was_said(old, new, value, expected, same):
    converted = convert(column(old), column(new), value, found)
    assert (converted.value, converted.same) == (expected, same)


@pytest.mark.parametrize(
    ("old", "new", "value", "code"),
    [
        ("text", "date", "明年春天", "not_date"),
        ("text", "integer", "很多", "not_integer"),
        ("text", "reference", "乙公司", "not_found"),
        ("multiselect", "select", ["1", "y"], "several"),
        ("integer", "date", 20260301, "not_convertible"),
        ("date", "bool", "2026-03-01", "not_convertible"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(old, new, value, code):
    with pytest.raises(Invalid) as refused:
        convert(column(old), column(new), value, found)
    assert refused.value.code == code
    assert refused.value.message.zh


def test_options_are_mapped_by_what_they_mean():
    old, new = column("select"), column("select", options=RENUMBERED)
    assert convert(old, new, "1").value == "a"
    several = convert(column("multiselect"), column("multiselect", options=RENUMBERED), ["1", "y"])
    assert several.value == ["a", "b"]
    with pytest.raises(Invalid):
        convert(old, new, "12")


def test_what_never_fitted_its_own_type_counts_as_typed_text():
    assert convert(column("integer"), column("text"), "约十人").value == "约十人"
    with pytest.raises(Invalid):
        convert(column("integer"), column("decimal"), "约十人")


def test_the_table_has_every_type_and_refuses_what_it_must():
    for name in FIELD_TYPES:
        assert family(get(name)) in {None, "text", "integer", "decimal", "date", "bool", "single", "multi", "reference"}
    refused = [("text", "file"), ("text", "subtable"), ("integer", "date"), ("date", "integer"), ("bool", "integer")]
    refused += [("multiselect", "integer"), ("file", "text"), ("computed", "text"), ("address", "text")]
    assert {pair: grade(*pair) for pair in refused} == dict.fromkeys(refused)
    assert (grade("integer", "text"), grade("integer", "phone"), grade("text", "date")) == ("lossless", "job", "job")
    assert not carries(column("text").field, column("file").field)
