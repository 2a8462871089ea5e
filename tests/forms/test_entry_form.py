"""What an entry page posts, read by the WTForms class of its form."""

from __future__ import annotations

import pytest
import wtforms
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms.entry_form import entry_form, raw_answers, read_post
from forms.field_types import FIELD_TYPES
from tests.forms.sample_form import field, form
from tests.forms.samples import SETTINGS

TYPED = sorted(
    kind for kind, type_ in FIELD_TYPES.items() if type_.stores and not type_.computes and kind != "subtable"
)
EVERY = form(
    *(field(f"a_{kind}", kind, **SETTINGS.get(kind, {})) for kind in TYPED),
    field("rows", "subtable", fields=[field(f"b_{kind}", kind, **SETTINGS.get(kind, {})) for kind in TYPED]),
)


def read(compiled, *pairs):
    return read_post(compiled, MultiDict(pairs))


def test_only_what_was_on_the_page_is_read_and_what_was_emptied_is_none():
    compiled = form(field("a", "text"), field("b", "text"), field("c", "text"))
    assert read(compiled, ("f-a", "x"), ("f-b", " "), ("other", "y")) == {"a": "x", "b": None}


def test_nobody_answers_notes_and_computed_fields():
    compiled = form(field("n", "note"), field("c", "computed", compute="1 + 1"), field("t", "text"))
    assert [item.name for item in entry_form(compiled)()] == ["f-t"]
    assert read(compiled, ("f-n", "x"), ("f-c", "3"), ("f-t", "x")) == {"t": "x"}


def test_a_field_may_be_called_like_an_attribute_of_the_form():
    rows = field("errors", "subtable", fields=[field("data", "integer"), field("process", "text")])
    compiled = form(field("data", "integer"), rows)
    posted = (("f-data", "1"), ("f-errors", ""), ("f-errors-0-_row", "p1"), ("f-errors-0-data", "2"))
    assert read(compiled, *posted, ("f-errors-0-process", "x")) == {
        "data": "1",
        "errors": [{"_row": "p1", "data": "2", "process": "x"}],
    }


@pytest.mark.parametrize(
    ("kind", "values", "raw"),
    [
        ("bool", ["", "true"], True),
        ("bool", ["false"], False),
        ("bool", [""], None),
        ("bool", ["maybe"], "maybe"),
        ("select", ["", "r"], "r"),
        ("select", ["赤"], "r"),
        ("select", ["teal"], "teal"),
        ("multiselect", ["", "r", "g", "r"], ["r", "g"]),
        ("multiselect", [""], None),
        ("file", ["", "01A", "01B"], ["01A", "01B"]),
        ("integer", ["１２"], "１２"),
        ("text", ["first", "last"], "last"),
    ],
)
def test_each_type_reads_its_own(kind, values, raw):
    compiled = form(field("x", kind, **SETTINGS.get(kind, {})))
    assert read(compiled, *(("f-x", value) for value in values)) == {"x": raw}


def test_a_reference_is_read_with_the_label_that_was_shown():
    compiled = form(field("x", "reference", form="organization"))
    assert read(compiled, ("f-x", "01A"), ("f-x-label", "甲企")) == {"x": {"id": "01A", "label": "甲企"}}
    assert read(compiled, ("f-x", "01A")) == {"x": "01A"}
    assert read(compiled, ("f-x", ""), ("f-x-label", "甲企")) == {"x": None}


def test_parts_are_read_into_one_answer():
    compiled = form(field("x", "geopoint"), field("m", "matrix", **SETTINGS["matrix"]))
    assert read(compiled, ("f-x", ""), ("f-x.lat", " 47.3 "), ("f-x.lng", "")) == {"x": {"lat": "47.3"}}
    assert read(compiled, ("f-x", ""), ("f-x.lat", "")) == {"x": None}
    # A masked answer is on the page without its name: it was asked where somebody typed over one of its parts.
    assert read(compiled, ("f-x.lat", "")) == {}
    assert read(compiled, ("f-x.lat", "47")) == {"x": {"lat": "47"}}
    assert read(compiled, ("f-m", ""), ("f-m.a", "红"), ("f-m.zz", "红")) == {"m": {"a": "r"}}


def test_rows_come_in_the_order_of_the_page_whatever_their_numbers():
    compiled = form(field("rows", "subtable", fields=[field("a", "text"), field("b", "text")]))
    post = [("f-rows", ""), ("f-rows-7-_row", "p7"), ("f-rows-7-a", "x"), ("f-rows-n1-_row", ""), ("f-rows-n1-b", "")]
    post += [("f-rows-0-_row", "p0"), ("f-rows-9-a", "without its row")]
    assert read(compiled, *post) == {"rows": [{"_row": "p7", "a": "x"}, {"b": None}, {"_row": "p0"}]}
    assert read(compiled, ("f-rows", "")) == {"rows": []}
    assert read(compiled, ("f-rows-0-_row", "p0"), ("f-rows-0-a", "x")) == {}


def test_a_form_is_made_once_and_shares_nothing_between_posts():
    compiled = form(field("a", "text"))
    class_ = entry_form(compiled)
    assert issubclass(class_, wtforms.Form)
    assert entry_form(compiled) is class_
    first, second = class_(MultiDict([("f-a", "one")])), class_(MultiDict([("f-b", "two")]))
    assert (raw_answers(first), raw_answers(second)) == ({"a": "one"}, {})
    assert first["f-a"].label.text == "a"


names = st.sampled_from([name for item in entry_form(EVERY)() for name in (item.name, f"{item.name}-label")])
columns = st.sampled_from([f"f-rows-{i}-{key}" for i in "01" for key in ("_row", *(f"b_{kind}" for kind in TYPED))])
parts = st.sampled_from([f"f-{c.path}.{part}" for c in EVERY.columns.values() for part in c.parts])
texts = st.sampled_from(["", " ", "true", "r", "红", "x", "230203", "\x00", "１２"])


@given(st.lists(st.tuples(names | columns | parts, texts), max_size=60))
def test_whatever_is_posted_is_read_and_may_be_cleaned(pairs):
    posted = MultiDict(pairs)
    raw = read_post(EVERY, posted)
    assert {f"f-{key}" for key in raw} <= {name.split(".")[0] for name in posted}
    cleaned, problems = EVERY.clean(raw)
    assert set(cleaned) <= set(raw)
    assert all(problem.field for problem in problems)
