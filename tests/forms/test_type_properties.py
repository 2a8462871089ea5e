"""What holds for every field type, whatever comes in."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forms.answers.answer import is_empty
from forms.answers.masks import MASKS
from forms.answers.problems import Invalid
from forms.columns import project
from forms.field_types import FIELD_TYPES
from tests.forms.sample_form import field, form
from tests.forms.samples import GARBAGE, SETTINGS, VALUES, column

KINDS = {"text": str, "integer": int, "numeric": Decimal, "date": date, "bool": bool}
#: Types whose cell says less than the answer: ids of records and files, and what nobody fills in.
ONE_WAY = {"reference", "file", "image", "signature", "computed", "computed_text", "subtable"}


def canonical(item, raw):
    try:
        value = item.check(raw)
    except Invalid:
        assume(False)
    assume(not is_empty(value))
    return value


def outcome(item, raw):
    try:
        return item.check(raw), None
    except Invalid as refused:
        return None, refused


def test_every_type_has_values():
    assert VALUES.keys() | {"note"} == FIELD_TYPES.keys()


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_canonical_value_stays_what_it_is(kind):
    item = column(kind)

    @given(VALUES[kind])
    def holds(raw):
        value = canonical(item, raw)
        assert item.check(value) == value
        assert item.check(json.loads(json.dumps(value, allow_nan=False))) == value
        assert item.type.difference(item.field, None, value, "zh", item.code_list).startswith("— → ")
        for language in ("zh", "en"):
            assert item.type.display(item.field, value, language, item.code_list)

    holds()


@pytest.mark.parametrize("kind", sorted(VALUES.keys() - ONE_WAY))
def test_a_value_comes_back_from_a_workbook(kind):
    item = column(kind)

    @given(VALUES[kind], st.sampled_from(["zh", "en"]))
    def holds(raw, language):
        value = canonical(item, raw)
        cell = item.type.to_excel(item.field, value, language, item.code_list)
        assert isinstance(cell, str | int | float | date)
        assert item.check(item.type.from_excel(item.field, cell, item.code_list)) == value

    holds()


@pytest.mark.parametrize("kind", sorted(ONE_WAY))
def test_a_cell_can_be_written_of_every_type(kind):
    item = column(kind)

    @given(VALUES[kind])
    def holds(raw):
        cell = item.type.to_excel(item.field, canonical(item, raw), "zh", item.code_list)
        assert isinstance(cell, str | int | float)
        assert item.type.from_excel(item.field, cell, item.code_list) in (None, cell)

    holds()


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_column_holds_the_value_of_its_kind(kind):
    item = column(kind)
    column_kind = item.type.column_kind

    @given(VALUES[kind])
    def holds(raw):
        value = canonical(item, raw)
        if column_kind is not None:
            stored = item.type.column_value(item.field, value)
            assert type(stored) is (type(value) if column_kind == "json" else KINDS[column_kind])
            if item.type.labelled:
                back = item.type.from_columns(item.field, stored, item.type.beside_value(item.field, value))
            else:
                back = item.type.from_column(item.field, stored)
            assert back == value
            assert type(back) is type(value)
            if column_kind == "numeric":
                # What numeric(24, 6) keeps.
                assert abs(stored) < 10**15
                assert stored == round(stored, 6)
        if column_kind == "text" and item.type.sortable:
            key = item.type.sort_key(item.field, value, item.code_list)
            assert 0 < len(key) <= 200
            assert "\x00" not in key
            assert key.encode()

    holds()


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES))
def test_no_input_raises_anything_but_a_refusal(kind):
    compiled = form(field("x", kind, **SETTINGS.get(kind, {})))
    item = compiled.columns["x"]

    @settings(max_examples=60)
    @given(GARBAGE)
    def holds(raw):
        value, refused = outcome(item, raw)
        if refused is not None:
            assert refused.code
            assert refused.message.zh
            assert refused.message.en
        elif value not in (None, "", []):
            assert item.check(value) == value
            # The cells of a table are not its own affair; cleaning comes to them one by one.
            assert kind == "subtable" or json.dumps(value, allow_nan=False)
        answers, _ = compiled.clean({"x": raw})
        json.dumps(answers, allow_nan=False).encode()
        assert compiled.clean(answers)[0] == answers
        project(compiled, answers)
        kept = answers.get("x")
        if not is_empty(kept):
            # A draft keeps what does not fit; it can be read and masked all the same.
            for language in ("zh", "en"):
                assert isinstance(item.type.display(item.field, kept, language, item.code_list), str)
            assert item.type.masked(item.field, kept)
            assert item.type.difference(item.field, kept, None, "zh", item.code_list)

    holds()


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_masked_value_is_not_the_value(kind):
    items = {rule: column(kind, **({"mask": rule} if rule else {})) for rule in (*MASKS, None)}

    @given(VALUES[kind], st.sampled_from([*items]))
    def holds(raw, rule):
        item = items[rule]
        value = canonical(item, raw)
        text = value if isinstance(value, str) else json.dumps(value)
        assume("*" not in text)
        masked = item.type.masked(item.field, value)
        # What is left of an address is its division; everything else is masked to a text.
        assert isinstance(masked, str) or (masked == {"region": value["region"], "detail": "***"})
        assert text not in (masked if isinstance(masked, str) else json.dumps(masked))
        if rule in {None, "hide"}:
            assert masked == "***"

    holds()


@pytest.mark.parametrize("kind", ["date", "month", "year", "datetime", "select", "tree", "region"])
def test_what_is_sorted_stands_in_the_order_that_readers_expect(kind):
    item = column(kind)

    def expected(value):
        return value if kind in {"date", "month", "year", "datetime"} else item.code_list.place(value)

    @given(VALUES[kind], VALUES[kind])
    def holds(first, second):
        one, two = canonical(item, first), canonical(item, second)
        keys = [item.type.sort_key(item.field, value, item.code_list) for value in (one, two)]
        assert (keys[0] < keys[1]) == (expected(one) < expected(two))

    holds()


def test_options_sort_by_their_place_not_by_their_code():
    options = [{"code": str(n), "zh": f"第{n}"} for n in range(1, 13)]
    item = column("select", codelist=None, options=options)
    codes = [str(n) for n in range(1, 13)]
    assert sorted(codes, key=lambda code: item.type.sort_key(item.field, code, item.code_list)) == codes
    assert item.type.sort_key(item.field, "gone", item.code_list) == "gone"
