"""What people type and spreadsheets hand over, in one spelling."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.typed_text import narrow_text, plain_text, read_number


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (" a\u00a0b\u200b ", "a b"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("e\u200b\u0301", "é"),
        ("a\ufffeb\ud800", "ab"),
        (12.0, "12"),
        (0.5, "0.5"),
        (float("inf"), "inf"),
        (False, "false"),
    ],
)
def test_plain_text(raw, text):
    assert plain_text(raw) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("０４５２－１２３ ４５６７", "0452-1234567"),
        ("0452—1234567", "0452-1234567"),
        ("￥１，２００", "¥1,200"),
        # Compatibility forms that mean something else stay: 10 squared is not 102.
        ("10²", "10²"),
        ("①", "①"),
        ("e \u0301", "é"),
    ],
)
def test_narrow_text(raw, text):
    assert narrow_text(raw) == text


@given(st.text())
def test_one_spelling_is_final(text):
    for spell in (plain_text, narrow_text):
        once = spell(text)
        assert spell(once) == once
        assert unicodedata.is_normalized("NFC", once)
    assert not set(narrow_text(text)) & set(" \t\n\u3000")


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("1,200", "1200"),
        ("1,234,567.80", "1234567.80"),
        ("12,0000", "120000"),
        ("￥６５００", "6500"),
        ("45%", "45"),
        (".5", "0.5"),
        ("-0", "0"),
        (0.1 + 0.2, "0.3"),
        (2.9999999999999996, "3"),
        (Decimal("1E+3"), "1000"),
        (10**20, str(10**20)),
        ("12人", "12"),
        ("12 人/月", "12"),
        ("9" * 61, "Infinity"),
        ("-" + "9" * 61, "-Infinity"),
    ],
)
def test_numbers_are_read(raw, number):
    assert read_number(raw, ["人/月", "人"]) == Decimal(number)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "1,2",
        "1,23,456",
        "1_0",
        "1e5",
        "--1",
        "12个",
        "人",
        "約12",
        "٣",
        "10²",
        "1.2.3",
        float("nan"),
        float("inf"),
        True,
        [],
        {},
        None,
    ],
)
def test_what_is_no_number_is_none(raw):
    assert read_number(raw, ["人"]) is None
