"""Columns, numbers and values by field type, for tests that go through all of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import strategies as st
from stdnum import luhn

from forms.answers.answer import Column
from forms.answers.problems import Invalid
from forms.field_types.credit_code import ALPHABET, check_character
from forms.field_types.id_card import check_digit
from tests.forms.sample_form import field, form

COLOURS = {"codelist": "colour"}
SETTINGS: dict[str, dict[str, Any]] = {
    "select": COLOURS,
    "multiselect": COLOURS,
    "tree": {"codelist": "place"},
    "region": {"codelist": "place"},
    "reference": {"form": "organization"},
    "computed": {"compute": "1 + 1"},
    "computed_text": {"compute": "'a'"},
    "subtable": {"fields": [field("name", "text")]},
    "file": {"multiple": True},
    "address": {"codelist": "place"},
    "matrix": {
        "codelist": "colour",
        "rows": [{"code": "a", "zh": "甲", "en": "A"}, {"code": "b", "zh": "乙", "en": "B"}],
    },
}


def column(kind: str, **settings: Any) -> Column:
    """Return a compiled field of a type."""
    return form(field("x", kind, **{**SETTINGS.get(kind, {}), **settings})).columns["x"]


def read(kind: str, raw: Any, **settings: Any) -> Any:
    """Return what a field of a type makes of *raw*."""
    return column(kind, **settings).check(raw)


def refusal(kind: str, raw: Any, **settings: Any) -> Invalid:
    """Return why a field of a type refuses *raw*, said in both languages."""
    with pytest.raises(Invalid) as caught:
        read(kind, raw, **settings)
    assert caught.value.message.zh
    assert caught.value.message.en
    return caught.value


def id_number(district: str = "230203", birth: str = "19850312", number: str = "001") -> str:
    """Return an ID number with a right check digit."""
    body = district + birth + number
    return body + check_digit(body)


def credit_code(body: str = "91230200MA18XXXX1") -> str:
    """Return a credit code with a right check character."""
    return body + check_character(body)


def card_number(body: str = "622200000000000") -> str:
    """Return a bank card number with a right check digit."""
    return body + luhn.calc_check_digit(body)


DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
#: Raw values of every type that are mostly right, as people, workbooks and the API send them.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(min_size=1, max_size=40) | st.integers(0, 10**14) | DAYS,
    "textarea": st.text(min_size=1, max_size=40),
    "integer": st.integers(-(10**15) + 1, 10**15 - 1) | st.integers(-99, 99).map("{:,}人".format),
    "rating": st.integers(1, 5),
    "decimal": st.decimals(-(10**9), 10**9, places=2) | st.floats(-(10**6), 10**6).map(lambda n: round(n, 2)),
    "money": st.decimals(0, 10**9, places=2) | st.integers(0, 10**9).map("￥{:,}".format),
    "percent": st.decimals(0, 100, places=2).map(str) | st.integers(0, 100).map("{}%".format),
    "date": DAYS | DAYS.map("{:%Y年%m月%d日}".format) | st.integers(20_000, 60_000),
    "month": DAYS | DAYS.map("{:%Y.%m}".format),
    "year": st.integers(1900, 2100),
    "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - as a workbook gives them
    "bool": st.booleans() | st.sampled_from(["是", "否", "√", "x", 0, 1]),
    "select": st.sampled_from(["r", "g", "红", "o", " green"]),
    "multiselect": st.lists(st.sampled_from(["r", "g", "赤"]), min_size=1) | st.just("绿、红"),
    "tree": st.sampled_from(["23", "2302", "230203", "市"]),
    "region": st.sampled_from(["23", "2302", "230203", "230203 区"]),
    "phone": st.integers(13000000000, 19999999999) | st.integers(13000000000, 19999999999).map("+86 {}".format),
    "tel": st.integers(2000000, 8999999).map("（0452）{}".format) | st.integers(2000000, 8999999).map("010-{}8".format),
    "email": st.emails(domains=st.just("Example.cn")),
    "credit_code": st.text(ALPHABET, min_size=9, max_size=9).map(lambda tail: credit_code(f"91230200{tail}").lower()),
    "id_card": st.integers(0, 999).map(lambda n: id_number(number=f"{n:03d}").lower()),
    "bank_card": st.integers(10**14, 10**15 - 1).map(lambda n: card_number(str(n))),
    "file": st.lists(st.text("abc012", min_size=1, max_size=9), min_size=1, max_size=9),
    "image": st.text("abc012", min_size=1, max_size=9),
    "signature": st.text("abc012", min_size=1, max_size=9).map(lambda identifier: [{"id": identifier}]),
    "reference": st.fixed_dictionaries({"id": st.text(min_size=1), "label": st.text()}) | st.text(min_size=1),
    "computed": st.decimals(-(10**9), 10**9, places=3),
    "computed_text": st.text(min_size=1) | st.decimals(0, 9, places=1),
    "address": st.fixed_dictionaries({"region": st.sampled_from(["23", "2302", "区"]), "detail": st.text(max_size=20)})
    | st.just("230203 区 中华路 1 号"),
    "matrix": st.fixed_dictionaries({"a": st.sampled_from("rg")}, optional={"b": st.sampled_from(["红", "g"])})
    | st.just("甲：红；乙：绿"),
    "geopoint": st.fixed_dictionaries({"lat": st.decimals(-90, 90, places=7), "lng": st.floats(-180, 180)})
    | st.just("47.354348，123.918186"),
    "subtable": st.lists(st.fixed_dictionaries({"name": st.text(max_size=9)}), max_size=3),
}
#: Anything that JSON, a form or a workbook can hold.
GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.sampled_from(
        ["1e999", "-", "２０２６－１３－０１", "0" * 40, "9" * 400, "²", "٣", "\ud800", "\x00", "2026-01-01 9：99"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "label", "_row", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
