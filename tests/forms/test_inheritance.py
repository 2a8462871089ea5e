"""What is computed or prefilled is as sensitive as what it was made from."""

from __future__ import annotations

import pytest

from forms.files.loading import parse_definition
from tests.forms.sample_form import LISTS, field, raw, warnings


def classed(key, kind, class_, **more):
    return {**field(key, kind, **more), "class": class_}


def classes(*fields):
    return {path: item.class_ for path, item in parse_definition(raw(*fields), LISTS).walk()}


def test_a_formula_inherits_the_highest_class_through_others_whatever_their_order():
    found = classes(
        classed("c", "computed", "public", compute="b * 2"),
        classed("b", "computed", "public", compute="years(born, _today) + n"),
        classed("born", "date", "personal"),
        classed("n", "integer", "internal"),
    )
    assert found == {"c": "personal", "b": "personal", "born": "personal", "n": "internal"}


@pytest.mark.parametrize(
    ("rule", "class_"),
    [
        ("sum(t.pay)", "secret"),
        ("count(t where pay > 1)", "secret"),
        ("count(t)", "internal"),
        ("count(t.name)", "public"),
        ("if(filled(who), 1, 0)", "personal"),
        ("previous.who", "personal"),
        ("1 + 1", "public"),
    ],
)
def test_whatever_a_formula_reads_counts(rule, class_):
    table = classed(
        "t", "subtable", "internal", fields=[classed("pay", "money", "secret"), classed("name", "text", "public")]
    )
    found = classes(
        table, classed("who", "text", "personal"), classed("x", "computed_text", "public", compute=f"text({rule})")
    )
    assert found["x"] == class_


def test_a_column_inherits_from_its_row_and_from_the_record():
    row = [
        classed("pay", "money", "internal"),
        classed("a", "computed", "public", compute="pay * 2"),
        classed("b", "computed", "public", compute="parent.age + pay"),
    ]
    found = classes(classed("age", "integer", "personal"), classed("t", "subtable", "public", fields=row))
    assert (found["t.a"], found["t.b"], found["t"]) == ("internal", "personal", "public")


def test_a_prefilled_field_inherits_too():
    found = classes(
        classed("who", "text", "personal"),
        classed("again", "text", "internal", prefill="who"),
        classed("mobile", "phone", "public", prefill="_user_mobile"),
        classed("place", "text", "public", prefill="_region"),
    )
    assert found == {"who": "personal", "again": "personal", "mobile": "personal", "place": "public"}


def test_a_class_is_never_lowered_and_its_author_is_told_when_it_is_raised():
    low = [classed("a", "integer", "public"), classed("b", "computed", "secret", compute="a + 1")]
    assert classes(*low)["b"] == "secret"
    assert "class_raised" not in {code for code, _ in warnings(raw(*low))}
    high = [classed("a", "integer", "personal"), classed("b", "computed", "internal", compute="a + 1")]
    assert ("class_raised", "b") in warnings(raw(*high))
