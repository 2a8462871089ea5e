"""Field types: what they accept, refuse, store, mask and write into a workbook."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import uscc

from forms.field_types import FIELD_TYPES
from forms.field_types.base import MASKS, mask, pinyin_key
from forms.field_types.id_card import check_digit
from forms.problems import Invalid
from tests.forms.sample_form import CONTEXT, field, form

COLOURS = {"codelist": "colour"}
SETTINGS = {
    "select": COLOURS,
    "multiselect": COLOURS,
    "tree": {"codelist": "place"},
    "region": {"codelist": "place"},
    "reference": {"form": "organization"},
    "computed": {"compute": "1 + 1"},
    "subtable": {"fields": [field("name", "text")]},
}


def column(kind, **settings):
    return form(field("x", kind, **{**SETTINGS.get(kind, {}), **settings})).columns["x"]


def read(kind, raw, **settings):
    return column(kind, **settings).check(raw)


def refusal(kind, raw, **settings):
    with pytest.raises(Invalid) as caught:
        read(kind, raw, **settings)
    assert caught.value.message.zh
    assert caught.value.message.en
    return caught.value.code


def id_number(district="230203", birth="19850312", number="001"):
    body = district + birth + number
    return body + check_digit(body)


GOOD_CODE = "91230200" + "MA18XXXX1"
GOOD_CODE += uscc.calc_check_digit(GOOD_CODE)

ACCEPTED = [
    ("text", " a\u00a0b\u200b ", {}, "a b"),
    ("text", "张 三", {"normalise": "person"}, "张三"),
    ("text", "买买提•艾力", {"normalise": "person"}, "买买提·艾力"),
    ("text", "一机（集团） 公司１", {"normalise": "organization"}, "一机(集团)公司1"),
    ("text", 12.0, {}, "12"),
    ("text", True, {}, "true"),
    ("text", date(2026, 3, 1), {}, "2026-03-01"),
    ("text", "A1", {"pattern": "[A-Z][0-9]"}, "A1"),
    ("textarea", "a\nb", {}, "a\nb"),
    ("text", "a\nb\tc", {}, "a b c"),
    ("integer", "１，２００", {}, 1200),
    ("integer", 3.0, {}, 3),
    ("integer", "-4", {}, -4),
    ("rating", "4", {}, 4),
    ("decimal", "1,234.5", {}, "1234.50"),
    ("decimal", 0.1 + 0.2, {}, "0.30"),
    ("decimal", "-0", {"places": 0}, "0"),
    ("money", "６５００", {}, "6500.00"),
    ("money", Decimal("6500.1"), {}, "6500.10"),
    ("percent", "45%", {}, "45.00"),
    ("date", "2026年3月1日", {}, "2026-03-01"),
    ("date", "20260301", {}, "2026-03-01"),
    ("date", 46082, {}, "2026-03-01"),
    ("date", datetime(2026, 3, 1, 8), {}, "2026-03-01"),  # noqa: DTZ001 - a workbook's cell has no offset
    ("date", "2026-03-01 00:00:00", {}, "2026-03-01"),
    ("date", "2026/3/1", {}, "2026-03-01"),
    ("month", "2026年3月", {}, "2026-03"),
    ("month", 46082, {}, "2026-03"),
    ("month", date(2026, 3, 1), {}, "2026-03"),
    ("year", "2026年", {}, "2026"),
    ("year", 2026.0, {}, "2026"),
    ("datetime", "2026-03-01 9:30", {}, "2026-03-01T09:30:00"),
    ("datetime", "2026-03-01T01:30:00Z", {}, "2026-03-01T09:30:00"),
    ("datetime", datetime(2026, 3, 1, 1, 30, tzinfo=UTC), {}, "2026-03-01T09:30:00"),
    ("datetime", 46082.5, {}, "2026-03-01T12:00:00"),
    ("bool", "是", {}, True),
    ("bool", "0", {}, False),
    ("bool", False, {}, False),
    ("select", "赤", {}, "r"),
    ("select", "g Green", {}, "g"),
    ("multiselect", "绿、红", {}, ["r", "g"]),
    ("multiselect", ["g", "g"], {}, ["g"]),
    ("tree", "230203 区", {}, "230203"),
    ("region", "市", {}, "2302"),
    ("phone", "+86 １３９-0000-0001", {}, "13900000001"),
    ("phone", 13900000001.0, {}, "13900000001"),
    ("tel", "(0452)2712345", {}, "0452-2712345"),
    ("email", "A@Example.CN", {}, "A@example.cn"),
    ("credit_code", f" {GOOD_CODE.lower()} ", {}, GOOD_CODE),
    ("id_card", id_number(), {}, id_number()),
    ("id_card", id_number("810000"), {}, id_number("810000")),
    ("id_card", id_number("830000"), {}, id_number("830000")),
    ("id_card", id_number("999999"), {}, id_number("999999")),
    ("id_card", "E1234567", {"type_field": "x"}, "E1234567"),
    (
        "bank_card",
        "6222 0000 0000 000" + luhn.calc_check_digit("622200000000000"),
        {},
        "622200000000000" + luhn.calc_check_digit("622200000000000"),
    ),
    ("file", "f1", {}, ["f1"]),
    ("image", [{"id": "f1"}], {}, ["f1"]),
    ("signature", ["f1"], {}, ["f1"]),
    ("reference", {"id": "7", "label": "甲"}, {}, {"id": "7", "label": "甲"}),
    ("reference", "7", {}, {"id": "7", "label": ""}),
    ("computed", "2.5", {"places": 1}, "2.5"),
    ("computed", "2", {}, 2),
    ("computed", "2", {"result": "text"}, "2"),
    ("note", "x", {}, None),
]


@pytest.mark.parametrize(("kind", "raw", "settings", "value"), ACCEPTED)
def test_accepts(kind, raw, settings, value):
    assert read(kind, raw, **settings) == value


BAD_BIRTH = "23020319850230001"
LATE_BIRTH = "23020329850312001"
REFUSED = [
    ("text", [], {}, "type"),
    ("text", "ab", {"min_length": 3}, "too_short"),
    ("text", "abcd", {"max_length": 3}, "too_long"),
    ("text", "b", {"pattern": "a+"}, "pattern"),
    ("text", "只招限男性", {"word_list": "words"}, "forbidden_word"),
    ("text", "MEN only", {"word_list": "words"}, "forbidden_word"),
    ("text", 1.2345678901234567e17, {}, "rounded_by_excel"),
    ("id_card", 2.30203198503120e17, {}, "rounded_by_excel"),
    ("id_card", "2.30203E+17", {}, "rounded_by_excel"),
    ("credit_code", 9.1e17, {}, "rounded_by_excel"),
    ("bank_card", float("inf"), {}, "rounded_by_excel"),
    ("phone", "1.39E+10", {}, "rounded_by_excel"),
    ("id_card", id_number()[:-1], {}, "length"),
    ("id_card", "A" * 18, {}, "format"),
    ("id_card", BAD_BIRTH + check_digit(BAD_BIRTH), {}, "birth_date"),
    ("id_card", LATE_BIRTH + check_digit(LATE_BIRTH), {}, "birth_date"),
    ("id_card", id_number(birth="18991231"), {}, "birth_date"),
    ("id_card", id_number()[:-1] + ("0" if id_number()[-1] != "0" else "1"), {}, "check_digit"),
    ("id_card", "？", {"type_field": "x"}, "format"),
    ("credit_code", GOOD_CODE[:-1], {}, "length"),
    ("credit_code", "230200100012345", {}, "old_number"),
    ("credit_code", GOOD_CODE[:-1] + ("1" if GOOD_CODE[-1] != "1" else "2"), {}, "check_digit"),
    ("credit_code", "I" + GOOD_CODE[1:], {}, "format"),
    ("bank_card", "1234", {}, "length"),
    ("bank_card", "6222000000000001", {}, "check_digit"),
    ("phone", "12900000001", {}, "not_phone"),
    ("phone", "13800138OOO", {}, "not_phone"),
    ("tel", "12", {}, "not_tel"),
    ("email", "a@b", {}, "not_email"),
    ("integer", 1.5, {}, "not_integer"),
    ("integer", True, {}, "not_integer"),
    ("integer", "9" * 5000, {}, "too_large"),
    ("integer", 2**60, {}, "too_large"),
    ("integer", 1, {"min": 2}, "too_small"),
    ("integer", 9, {"max": 2}, "too_large"),
    ("rating", 6, {}, "out_of_range"),
    ("decimal", "1_0", {}, "not_number"),
    ("decimal", float("nan"), {}, "not_number"),
    ("decimal", True, {}, "not_number"),
    ("decimal", "1.234", {}, "too_many_places"),
    ("decimal", 1.234, {}, "too_many_places"),
    ("decimal", "1", {"min": "1.5"}, "too_small"),
    ("percent", "101", {}, "too_large"),
    ("date", "2026-02-30", {}, "no_such_date"),
    ("date", "0202-03-01", {}, "no_such_date"),
    ("date", 2026, {}, "not_date"),
    ("month", "2026-13", {}, "not_month"),
    ("year", "26", {}, "not_year"),
    ("datetime", "2026-03-01", {}, "not_datetime"),
    ("datetime", "2026-03-01 25:00", {}, "not_datetime"),
    ("bool", "perhaps", {}, "not_bool"),
    ("select", "blue", {}, "unknown_option"),
    ("select", ["r"], {}, "type"),
    ("multiselect", ["r", "g"], {"max_choices": 1}, "too_many_choices"),
    ("tree", "23", {"leaves_only": True}, "not_leaf"),
    ("tree", {}, {}, "type"),
    ("file", "../x", {}, "not_file"),
    ("file", ["a", "b"], {}, "too_many_files"),
    ("file", ["a"], {"multiple": True, "min_files": 2}, "too_few_files"),
    ("reference", {"label": "x"}, {}, "not_reference"),
    ("subtable", ["x"], {}, "not_rows"),
    ("computed", True, {}, "type"),
]


@pytest.mark.parametrize(("kind", "raw", "settings", "code"), REFUSED)
def test_refuses(kind, raw, settings, code):
    assert refusal(kind, raw, **settings) == code


def test_the_kind_of_document_decides_which_numbers_are_right():
    compiled = form(field("kind", "text"), field("no", "id_card", type_field="kind", id_codes=["01"]))
    context = CONTEXT
    assert compiled.validate({"kind": "02", "no": "E1234567"}, context=context) == []
    assert compiled.validate({"kind": "01", "no": id_number()}, context=context) == []
    assert [p.code for p in compiled.validate({"kind": "01", "no": "E1234567"}, context=context)] == ["length"]


@given(
    st.integers(0, 999999).map("{:06d}".format),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)).map("{:%Y%m%d}".format),
    st.integers(0, 999).map("{:03d}".format),
    st.integers(0, 17),
    st.integers(1, 9),
)
def test_every_made_id_number_is_right_and_every_slip_of_a_digit_is_seen(district, birth, number, place, shift):
    text = id_number(district, birth, number)
    assert read("id_card", text.lower()) == text
    if text[place].isdigit():
        wrong = text[:place] + str((int(text[place]) + shift) % 10) + text[place + 1 :]
        assert refusal("id_card", wrong) in {"check_digit", "birth_date"}


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9), st.integers(0, 99999999))
def test_every_made_credit_code_is_right(tail, head):
    body = f"{head:08d}{tail}"
    code = body + uscc.calc_check_digit(body)
    try:
        assert read("credit_code", code) == code
    except Invalid as error:
        # stdnum also knows which administrations register; that is no slip of a digit.
        assert error.code == "format"  # noqa: PT017


VALUES = {
    "text": st.text(min_size=1, max_size=40),
    "textarea": st.text(min_size=1, max_size=40),
    "integer": st.integers(-(10**15) + 1, 10**15 - 1),
    "rating": st.integers(1, 5),
    "decimal": st.decimals(-(10**9), 10**9, places=2),
    "money": st.decimals(0, 10**9, places=2),
    "percent": st.decimals(0, 100, places=2),
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    "month": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    "year": st.integers(1900, 2100),
    "datetime": st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - as a workbook gives them
    "bool": st.booleans(),
    "select": st.sampled_from(["r", "g", "红", "o"]),
    "multiselect": st.lists(st.sampled_from(["r", "g"]), min_size=1),
    "tree": st.sampled_from(["23", "2302", "230203"]),
    "region": st.sampled_from(["23", "2302", "230203"]),
    "phone": st.integers(13000000000, 19999999999).map(str),
    "tel": st.integers(2000000, 8999999).map(lambda n: f"0452-{n}"),
    "email": st.emails(domains=st.just("example.cn")),
    "credit_code": st.just(GOOD_CODE),
    "id_card": st.just(id_number()),
    "bank_card": st.integers(10**14, 10**15 - 1).map(lambda n: f"{n}{luhn.calc_check_digit(str(n))}"),
}


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_canonical_values_are_stable_through_cleaning_json_and_a_workbook(kind):
    item = column(kind)

    @given(VALUES[kind])
    def holds(raw):
        try:
            value = item.check(raw)
        except Invalid:
            return
        if value == "":
            return
        assert item.check(value) == value
        assert item.check(json.loads(json.dumps(value))) == value
        for language in ("zh", "en"):
            cell = item.type.to_excel(item.field, value, language, item.code_list)
            assert item.check(item.type.from_excel(item.field, cell, item.code_list)) == value
            assert item.type.display(item.field, value, language, item.code_list)
            item.type.excel(item.field, item.code_list, language)
        if item.type.column_kind == "text" and item.type.sortable:
            assert 0 < len(item.type.sort_key(item.field, value, item.code_list)) <= 200
        item.type.column_value(item.field, value)
        assert item.type.difference(item.field, None, value, "zh", item.code_list).startswith("— → ")

    holds()


@pytest.mark.parametrize("rule", [*MASKS, None, "unknown"])
@given(text=st.text(st.characters(exclude_characters="*", exclude_categories=["C"]), min_size=5, max_size=40))
def test_a_mask_never_shows_the_whole(rule, text):
    assert text not in mask(rule, text)


@pytest.mark.parametrize(
    ("rule", "text", "shown"),
    [
        ("name_m", "张三丰", "张**"),
        ("idcard_m", "230203198503120012", "230203********0012"),
        ("idcard_m", "E12345678", "E********"),
        ("phone_m", "13812341234", "138****1234"),
        ("bank_m", "6222000000001234", "************1234"),
        ("addr_m", "建华区新明大街街道1号", "建华区新明大街街道***"),
        ("addr_m", "无门牌", "***"),
        ("email_m", "zhang@example.cn", "z***@example.cn"),
        ("email_m", "zhang", "***"),
        ("hide", "x", "***"),
    ],
)
def test_masks(rule, text, shown):
    assert mask(rule, text) == shown


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES))
def test_every_type_answers_every_question(kind):
    item = column(kind)
    field_type = item.type
    assert field_type.masked(item.field, ["x"]) == "***"
    assert field_type.label.en
    assert field_type.widget
    for language in ("zh", "en"):
        assert field_type.wtforms_field(item.field, item.code_list, language, []) is not None
        assert field_type.excel(item.field, item.code_list, language).width > 0
    assert field_type.xlsform(item.field) is None or field_type.xlsform(item.field)
    assert field_type.check_settings(item.field) == []
    assert field_type.from_form(item.field, []) in (None, [])


def test_labels_that_two_options_share_are_written_with_their_code():
    options = [{"code": "1", "zh": "其他"}, {"code": "2", "zh": "其他"}, {"code": "3", "zh": "甲；乙"}]
    item = column("select", codelist=None, options=options)
    assert refusal("select", "其他", codelist=None, options=options) == "unknown_option"
    assert item.type.excel(item.field, item.code_list, "zh").dropdown == ("1 其他", "2 其他", "甲；乙")
    assert item.check(item.type.to_excel(item.field, "2", "zh", item.code_list)) == "2"
    several = column("multiselect", codelist=None, options=options)
    assert several.check(several.type.to_excel(several.field, ["2", "3"], "zh", several.code_list)) == ["2", "3"]


def test_names_sort_by_pinyin():
    assert sorted(["张", "李", "王", "Anna"], key=pinyin_key) == ["Anna", "李", "王", "张"]
    assert pinyin_key("") == ""
