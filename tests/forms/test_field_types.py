"""Field types: what they accept and refuse, and what they say to whoever must mend it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from forms.field_types import FIELD_TYPES
from forms.field_types.base import pinyin_key
from forms.field_types.credit_code import ALPHABET
from forms.field_types.id_card import check_digit
from tests.forms.sample_form import CONTEXT, field, form
from tests.forms.samples import card_number, column, credit_code, id_number, read, refusal

CELL = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - a workbook's cell has no offset

ACCEPTED = [
    ("text", "张 三", {"normalise": "person"}, "张三"),
    ("text", "买买提•艾力", {"normalise": "person"}, "买买提·艾力"),
    ("text", "买买提 ． 艾力", {"normalise": "person"}, "买买提·艾力"),
    ("text", "阿依古丽.买买提", {"normalise": "person"}, "阿依古丽·买买提"),
    ("text", "John  Smith", {"normalise": "person"}, "John Smith"),
    ("text", "J. Smith", {"normalise": "person"}, "J. Smith"),
    ("text", "一机（集团） 公司１", {"normalise": "organization"}, "一机(集团)公司1"),
    ("text", "ABC Tools（中国） 有限公司", {"normalise": "organization"}, "ABC Tools(中国)有限公司"),
    ("text", 12.0, {}, "12"),
    ("text", True, {}, "true"),
    ("text", date(2026, 3, 1), {}, "2026-03-01"),
    ("text", "A1", {"pattern": "[A-Z][0-9]"}, "A1"),
    ("text", "a\r\nb\tc", {}, "a b c"),
    ("textarea", "a\r\nb", {}, "a\nb"),
    ("integer", "１，２００", {}, 1200),
    ("integer", 3.0, {}, 3),
    ("integer", "3.00", {}, 3),
    ("integer", "-4", {}, -4),
    ("integer", "12 人", {"unit": {"zh": "人", "en": "persons"}}, 12),
    ("integer", "12 persons", {"unit": {"zh": "人", "en": "persons"}}, 12),
    ("rating", "4", {}, 4),
    ("rating", 0, {"min": 0}, 0),
    ("decimal", "1,234.5", {}, "1234.50"),
    ("decimal", 0.1 + 0.2, {}, "0.30"),
    ("decimal", "-0", {"places": 0}, "0"),
    ("decimal", 2.5e-3, {"places": 4}, "0.0025"),
    ("money", "６５００", {}, "6500.00"),
    ("money", "￥6,500 元/月", {"unit": "元/月"}, "6500.00"),
    ("money", Decimal("6500.1"), {}, "6500.10"),
    ("percent", "45%", {}, "45.00"),
    ("percent", "0.5%", {}, "0.50"),
    ("percent", "0.5", {}, "0.50"),
    ("percent", 45.5, {}, "45.50"),
    ("percent", 0, {}, "0.00"),
    ("date", "2026年3月1日", {}, "2026-03-01"),
    ("date", "２０２６．３．１", {}, "2026-03-01"),
    ("date", "20260301", {}, "2026-03-01"),
    ("date", 20260301.0, {}, "2026-03-01"),
    ("date", 46082, {}, "2026-03-01"),
    ("date", CELL, {}, "2026-03-01"),
    ("date", "2026-03-01 00:00:00", {}, "2026-03-01"),
    # Sixteen o'clock in London is the next day here.
    ("date", "2026-03-01T16:00:00.000Z", {}, "2026-03-02"),
    ("date", "2026/3/1", {}, "2026-03-01"),
    ("month", "2026年3月", {}, "2026-03"),
    ("month", "2026年3月1日", {}, "2026-03"),
    ("month", "2026-03-01 00:00:00", {}, "2026-03"),
    ("month", 46082, {}, "2026-03"),
    ("month", 202603, {}, "2026-03"),
    ("month", 2026.03, {}, "2026-03"),
    ("month", 2026.11, {}, "2026-11"),
    ("month", "2026.1", {}, "2026-01"),
    ("month", date(2026, 3, 1), {}, "2026-03"),
    ("year", "2026年", {}, "2026"),
    ("year", 2026.0, {}, "2026"),
    ("datetime", "2026-03-01 9:30", {}, "2026-03-01T09:30:00"),
    ("datetime", "２０２６－０３－０１ 9：30：05", {}, "2026-03-01T09:30:05"),
    ("datetime", "2026-03-01T01:30:00Z", {}, "2026-03-01T09:30:00"),
    ("datetime", "2026-03-01 09:30+0800", {}, "2026-03-01T09:30:00"),
    ("datetime", datetime(2026, 3, 1, 1, 30, tzinfo=UTC), {}, "2026-03-01T09:30:00"),
    ("datetime", 46082.5, {}, "2026-03-01T12:00:00"),
    # A cell that holds a day holds its midnight.
    ("datetime", date(2026, 3, 1), {}, "2026-03-01T00:00:00"),
    ("bool", "是", {}, True),
    ("bool", "✔", {}, True),
    ("bool", "0", {}, False),
    ("bool", 1.0, {}, True),
    ("bool", False, {}, False),
    ("select", "赤", {}, "r"),
    ("select", "g Green", {}, "g"),
    ("multiselect", "绿、红", {}, ["r", "g"]),
    ("multiselect", "绿;红\n赤", {}, ["r", "g"]),
    ("multiselect", ["g", "g", None, ""], {}, ["g"]),
    ("multiselect", "、绿、 、红，", {}, ["r", "g"]),
    ("tree", "230203 区", {}, "230203"),
    ("tree", 24.0, {"leaves_only": True}, "24"),
    ("region", "市", {}, "2302"),
    ("phone", "+86 １３９-0000-0001", {}, "13900000001"),
    ("phone", "8613900000001", {}, "13900000001"),
    ("phone", "(+86)139 0000 0001", {}, "13900000001"),
    ("phone", 13900000001.0, {}, "13900000001"),
    ("tel", "(0452)2712345", {}, "0452-2712345"),
    ("tel", "04522712345", {}, "0452-2712345"),
    ("tel", "０４５２——２７１２３４５转８０１", {}, "0452-2712345-801"),
    ("tel", "010-12345678", {}, "010-12345678"),
    ("tel", "2712345", {}, "2712345"),
    ("tel", "+86-452-1234567".replace("-452", "0452"), {}, "0452-1234567"),
    ("tel", "4001234567", {}, "400-123-4567"),
    ("tel", "139 0000 0001", {}, "13900000001"),
    ("email", "A@Example.CN", {}, "A@example.cn"),
    ("email", "ａ＠example.cn", {}, "a@example.cn"),
    ("email", "a" * 243 + "@example.cn", {}, "a" * 243 + "@example.cn"),
    ("credit_code", f" {credit_code().lower()} ", {}, credit_code()),
    ("credit_code", "-".join(credit_code()), {}, credit_code()),
    # Numbers that these tests have not worked out themselves.
    ("credit_code", "91110000600037341L", {}, "91110000600037341L"),
    ("id_card", "11010519491231002X", {}, "11010519491231002X"),
    # Agriculture registers under N, others under Y.
    ("credit_code", credit_code("N2230203MF1234567"), {}, credit_code("N2230203MF1234567")),
    ("id_card", id_number(), {}, id_number()),
    ("id_card", id_number("810000"), {}, id_number("810000")),
    ("id_card", id_number("830000"), {}, id_number("830000")),
    ("id_card", id_number("999999"), {}, id_number("999999")),
    ("id_card", "２３０２０３１９８５０３１２" + id_number()[14:], {}, id_number()),
    ("id_card", "E1234567", {"type_field": "x"}, "E1234567"),
    ("bank_card", "6222 0000 0000 000" + card_number()[-1], {}, card_number()),
    ("file", "f1", {}, ["f1"]),
    ("file", ["f1", "f1", ""], {"multiple": False}, ["f1"]),
    ("image", [{"id": "f1"}], {}, ["f1"]),
    ("signature", ["f1"], {}, ["f1"]),
    ("reference", {"id": "7", "label": "甲"}, {}, {"id": "7", "label": "甲"}),
    ("reference", {"id": 7, "label": ["x"]}, {}, {"id": "7", "label": ""}),
    ("reference", "7", {}, {"id": "7", "label": ""}),
    ("computed", "2.5", {"places": 1}, "2.5"),
    ("computed", "2.5", {}, 3),
    ("computed", "-0.4", {"places": 0}, 0),
    ("computed_text", "2", {}, "2"),
    ("computed_text", " a ", {}, "a"),
    ("note", "x", {}, None),
]


@pytest.mark.parametrize(("kind", "raw", "settings", "value"), ACCEPTED)
def test_accepts(kind, raw, settings, value):
    found = read(kind, raw, **settings)
    assert found == value
    assert type(found) is type(value)


BAD_BIRTH = "23020319850230001"
LATE_BIRTH = "23020329850312001"
REFUSED = [
    ("text", [], {}, "type"),
    ("text", "ab", {"min_length": 3}, "too_short"),
    ("text", "abcd", {"max_length": 3}, "too_long"),
    ("text", "b", {"pattern": "a+"}, "pattern"),
    ("text", "只招限男性", {"word_list": "words"}, "forbidden_word"),
    ("text", "MEN only", {"word_list": "words"}, "forbidden_word"),
    ("text", "限 男　性", {"word_list": "words"}, "forbidden_word"),
    ("text", 1.2345678901234567e17, {}, "rounded_by_excel"),
    ("id_card", 2.30203198503120e17, {}, "rounded_by_excel"),
    ("id_card", "2.30203E+17", {}, "rounded_by_excel"),
    ("credit_code", 9.1e17, {}, "rounded_by_excel"),
    ("bank_card", float("inf"), {}, "rounded_by_excel"),
    ("reference", 9.1e17, {}, "rounded_by_excel"),
    ("phone", "1.39E+10", {}, "rounded_by_excel"),
    ("id_card", id_number()[:-1], {}, "length"),
    ("id_card", "A" * 18, {}, "format"),
    ("id_card", BAD_BIRTH + check_digit(BAD_BIRTH), {}, "birth_date"),
    ("id_card", LATE_BIRTH + check_digit(LATE_BIRTH), {}, "birth_date"),
    ("id_card", id_number(birth="18991231"), {}, "birth_date"),
    ("id_card", id_number()[:-1] + ("0" if id_number()[-1] != "0" else "1"), {}, "check_digit"),
    ("id_card", "？", {"type_field": "x"}, "format"),
    ("id_card", "E12345679012345678901", {"type_field": "x"}, "format"),
    ("credit_code", credit_code()[:-1], {}, "length"),
    ("credit_code", "23020010001234A", {}, "length"),
    ("credit_code", "230200100012345", {}, "old_number"),
    ("credit_code", credit_code()[:-1] + ("1" if credit_code()[-1] != "1" else "2"), {}, "check_digit"),
    ("credit_code", "I" + credit_code()[1:], {}, "format"),
    ("credit_code", "91A" + credit_code()[3:], {}, "format"),
    ("bank_card", "1234", {}, "length"),
    ("phone", "12900000001", {}, "not_phone"),
    ("phone", "13800138OOO", {}, "not_phone"),
    ("phone", "٠٣٩00000001", {}, "not_phone"),
    ("tel", "12", {}, "not_tel"),
    ("tel", "0452-0712345", {}, "not_tel"),
    ("email", "a@b", {}, "not_email"),
    ("email", "a@b.cn;c@d.cn", {}, "not_email"),
    # 254 characters is the longest address that can be delivered to.
    ("email", "a" * 244 + "@example.cn", {}, "not_email"),
    ("email", "张三@example.cn", {}, "not_email"),
    ("integer", 1.5, {}, "not_integer"),
    ("integer", "1,2", {}, "not_integer"),
    ("integer", "10²", {}, "not_integer"),
    ("integer", "12人", {}, "not_integer"),
    ("integer", True, {}, "not_integer"),
    ("integer", "9" * 5000, {}, "too_large"),
    ("integer", "-" + "9" * 5000, {}, "too_large"),
    ("integer", 2**60, {}, "too_large"),
    ("integer", 1, {"min": 2}, "too_small"),
    ("integer", 9, {"max": 2}, "too_large"),
    ("rating", 6, {}, "too_large"),
    ("rating", 0, {}, "too_small"),
    ("decimal", "1_0", {}, "not_number"),
    ("decimal", "1,5", {}, "not_number"),
    ("decimal", float("nan"), {}, "not_number"),
    ("decimal", True, {}, "not_number"),
    ("decimal", "1.234", {}, "too_many_places"),
    ("decimal", 1.234, {}, "too_many_places"),
    ("decimal", 6500 / 3, {}, "too_many_places"),
    ("decimal", "1" * 16, {}, "too_large"),
    ("decimal", 1e300, {}, "too_large"),
    ("decimal", "1", {"min": "1.5"}, "too_small"),
    ("decimal", "2", {"max": "1.5"}, "too_large"),
    ("percent", "101", {}, "too_large"),
    ("percent", 0.45, {}, "percent_or_fraction"),
    ("percent", 1, {}, "percent_or_fraction"),
    ("date", "2026-02-30", {}, "no_such_date"),
    ("date", "0202-03-01", {}, "no_such_date"),
    ("date", date(1, 1, 1), {}, "no_such_date"),
    ("date", datetime(9999, 12, 31, 23, tzinfo=UTC), {}, "no_such_date"),
    ("date", "２０２６－０２－３０ 10：00", {}, "no_such_date"),
    ("date", 2026, {}, "not_date"),
    ("date", "2026-3", {}, "not_date"),
    ("date", "٢٠٢٦-03-01", {}, "not_date"),
    ("month", "2026-13", {}, "not_month"),
    ("month", "0001-01", {}, "not_month"),
    ("month", "٢٠٢٦-03", {}, "not_month"),
    ("month", "2026-02-30", {}, "not_month"),
    # A number cell makes 2026.1 of 2026.10.
    ("month", 2026.1, {}, "one_or_ten"),
    ("year", "26", {}, "not_year"),
    ("year", 1800, {}, "not_year"),
    ("datetime", "2026-03-01", {}, "not_datetime"),
    ("datetime", "2026-03-01 25:00", {}, "not_datetime"),
    ("datetime", "2026-03-01 09:30+99:99", {}, "not_datetime"),
    ("datetime", "2026-02-30 09:30", {}, "no_such_date"),
    ("bool", "perhaps", {}, "not_bool"),
    ("bool", [True], {}, "not_bool"),
    ("select", "blue", {}, "unknown_option"),
    ("select", ["r"], {}, "type"),
    ("multiselect", ["r", "g"], {"max_choices": 1}, "too_many_choices"),
    ("multiselect", [["r"]], {}, "unknown_option"),
    ("tree", "23", {"leaves_only": True}, "not_leaf"),
    ("tree", {}, {}, "type"),
    ("file", "../x", {}, "not_file"),
    ("file", "附件", {}, "not_file"),
    ("file", [7], {}, "not_file"),
    ("file", ["a", "b"], {"multiple": False}, "too_many_files"),
    ("file", ["a"], {"multiple": True, "min_files": 2}, "too_few_files"),
    ("reference", {"label": "x"}, {}, "not_reference"),
    ("reference", {"id": ["x"]}, {}, "not_reference"),
    ("reference", ["x"], {}, "not_reference"),
    ("reference", True, {}, "not_reference"),
    ("reference", "x" * 201, {}, "not_reference"),
    ("subtable", ["x"], {}, "not_rows"),
    ("subtable", "x", {}, "not_rows"),
    ("computed", True, {}, "not_number"),
    ("computed", "2026-03-01", {}, "not_number"),
    ("computed", "NaN", {}, "not_number"),
    ("computed", "1" * 40, {}, "not_number"),
    ("computed_text", [1], {}, "type"),
]


@pytest.mark.parametrize(("kind", "raw", "settings", "code"), REFUSED)
def test_refuses(kind, raw, settings, code):
    assert refusal(kind, raw, **settings).code == code


@pytest.mark.parametrize(
    ("kind", "raw", "settings", "word"),
    [
        ("text", "ab", {"min_length": 3}, "至少 3 个字，现有 2 个"),
        ("text", "b", {"pattern": "a+", "pattern_message": {"zh": "须为 a", "en": "must be a"}}, "须为 a"),
        ("integer", 1, {"min": 2}, "不能小于 2"),
        ("select", "blue", {}, "可选：红、绿"),
        ("multiselect", "红、蓝", {}, "没有“蓝”这个选项"),
        ("id_card", id_number()[:-1], {}, "18 位，现为 17 位"),
        ("id_card", BAD_BIRTH + check_digit(BAD_BIRTH), {}, "第 7–14 位"),
        ("id_card", "230203198503121" + "000", {}, "Excel"),
        ("credit_code", "O" + credit_code()[1:], {}, "是否应为数字 1、0、5、2"),
        ("credit_code", "91A" + credit_code()[3:], {}, "第 3–8 位应为数字"),
        ("bank_card", "1234", {}, "现为 4 位"),
        ("multiselect", ["r", "g"], {"max_choices": 1}, "最多选 1 项，现有 2 项"),
        ("rating", 6, {}, "不能大于 5"),
    ],
)
def test_a_refusal_says_how_to_mend_it(kind, raw, settings, word):
    assert word in refusal(kind, raw, **settings).message.zh


#: What may be right although it looks wrong: it is told, and goes through.
DOUBTED = [
    ("id_card", id_number("000000"), {}, {}, "unknown_region"),
    ("id_card", id_number("380101"), {}, {}, "unknown_region"),
    ("id_card", id_number("380101"), {"type_field": "x", "id_codes": ["01"]}, {"x": "01"}, "unknown_region"),
    ("bank_card", "6222000000000001", {}, {}, "check_digit"),
    ("bank_card", "6222000000000010", {}, {}, "check_digit"),
]
#: Districts of once and of today, provinces of residence permits, foreigners; other documents and cards that are right.
UNDOUBTED = [
    *[
        ("id_card", id_number(region), {}, {})
        for region in ("230203", "239901", "110104", "710000", "830000", "911124")
    ],
    ("id_card", id_number("380101"), {"type_field": "x", "id_codes": ["01"]}, {"x": "04"}),
    ("bank_card", card_number(), {}, {}),
]


def doubts(kind, raw, settings, beside):
    of_type = column(kind, **settings)
    return list(of_type.type.doubts(of_type.field, of_type.check(raw), beside))


@pytest.mark.parametrize(("kind", "raw", "settings", "beside", "code"), DOUBTED)
def test_a_doubt_is_told_of_a_value_that_is_taken(kind, raw, settings, beside, code):
    found = doubts(kind, raw, settings, beside)
    assert [doubt.code for doubt in found] == [code]
    assert all(doubt.message.zh and doubt.message.en for doubt in found)


@pytest.mark.parametrize(("kind", "raw", "settings", "beside"), UNDOUBTED)
def test_nothing_is_doubted_without_a_reason(kind, raw, settings, beside):
    assert doubts(kind, raw, settings, beside) == []


def test_of_a_long_list_only_what_resembles_is_named():
    codes = [{"code": str(n), "zh": f"第{n}车间焊工", "en": f"Welder {n}"} for n in range(20)]
    assert refusal("select", "车间焊", codelist=None, options=codes).message.zh.count("焊工") == 5
    assert refusal("select", "Welder", codelist=None, options=codes).message.en.count("Welder ") == 5
    assert "从列表中选择" in refusal("select", "钳工", codelist=None, options=codes).message.zh


def test_labels_that_two_options_share_are_asked_for_with_their_code():
    options = [{"code": "1", "zh": "其他"}, {"code": "2", "zh": "其他"}, {"code": "3", "zh": "甲；乙"}]
    problem = refusal("select", "其他", codelist=None, options=options)
    assert problem.code == "ambiguous_option"
    assert "1 其他、2 其他" in problem.message.zh
    item = column("select", codelist=None, options=options)
    assert item.type.excel(item.field, item.code_list, "zh").dropdown == ("1 其他", "2 其他", "甲；乙")
    assert item.check(item.type.to_excel(item.field, "2", "zh", item.code_list)) == "2"
    several = column("multiselect", codelist=None, options=options)
    assert several.check(several.type.to_excel(several.field, ["2", "3"], "zh", several.code_list)) == ["2", "3"]
    assert several.check("甲；乙") == ["3"]
    assert "1 其他" in several.type.excel(several.field, several.code_list, "zh").note


def test_a_tree_offers_its_leaves_where_only_they_may_be_chosen():
    item = column("tree", leaves_only=True)
    assert item.type.excel(item.field, item.code_list, "zh").dropdown == ("230203 区", "24 其他")
    assert column("tree").type.excel(item.field, None, "en").dropdown is None


def test_an_entry_whose_children_are_retired_is_a_leaf():
    options = [
        {"code": "1", "zh": "甲", "children": [{"code": "2", "zh": "乙", "retired": True}]},
        {"code": "3", "zh": "丙"},
    ]
    assert read("tree", "1", codelist=None, options=options, leaves_only=True) == "1"


def test_without_a_code_list_codes_are_taken_as_they_are():
    item = column("multiselect")
    loose = item.type.compile(item.field, None)
    assert loose("b、a") == ["b", "a"]
    assert FIELD_TYPES["select"].compile(item.field, None)("x") == "x"
    assert item.type.to_excel(item.field, ["a"], "zh", None) == ["a"]


def test_the_kind_of_document_decides_which_numbers_are_right():
    compiled = form(field("kind", "text"), field("no", "id_card", type_field="kind", id_codes=["01"]))
    assert compiled.validate({"kind": "02", "no": "E1234567"}, context=CONTEXT) == []
    assert compiled.validate({"kind": "01", "no": id_number()}, context=CONTEXT) == []
    assert [p.code for p in compiled.validate({"kind": "01", "no": "E1234567"}, context=CONTEXT)] == ["length"]


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
        assert refusal("id_card", wrong).code in {"check_digit", "birth_date"}


@given(
    st.text(ALPHABET, min_size=9, max_size=9),
    st.text("0123456789", min_size=8, max_size=8),
    st.integers(0, 16),
    st.sampled_from(ALPHABET),
)
def test_credit_codes_agree_with_another_implementation_and_every_slip_is_seen(tail, head, place, other):
    code = credit_code(head + tail)
    assert read("credit_code", code) == code
    assert uscc.is_valid(code)
    if code[place] != other:
        assert refusal("credit_code", code[:place] + other + code[place + 1 :]).code in {"check_digit", "format"}


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES))
def test_every_type_answers_every_question(kind):
    item = column(kind)
    field_type = item.type
    assert field_type.masked(item.field, ["x"]) == "***"
    assert field_type.label.en
    assert field_type.widget
    for language in ("zh", "en"):
        assert field_type.excel(item.field, item.code_list, language).width > 0
        assert field_type.note(item.field, language)
    assert field_type.xlsform(item.field) is None or field_type.xlsform(item.field)
    assert field_type.check_settings(item.field) == []
    assert field_type.from_form(item.field, [], item.code_list) is None
    assert field_type.from_form(item.field, ["b", "a", "a"], item.code_list) in ("a", ["b", "a"])


@pytest.mark.parametrize(
    ("kind", "settings", "note"),
    [
        ("integer", {"min": 1, "max": 9}, "整数，≥ 1，≤ 9"),
        ("rating", {}, "整数，≥ 1，≤ 5"),
        ("money", {"min": "0.5", "max": 9}, "金额，≥ 0.5，≤ 9"),
        ("percent", {}, "百分比，≥ 0，≤ 100，如 45%"),
        ("text", {"min_length": 2}, "2–200 个字"),
    ],
)
def test_a_note_tells_the_limits(kind, settings, note):
    item = column(kind, **settings)
    assert item.type.note(item.field, "zh") == note


def test_names_sort_by_pinyin():
    assert sorted(["张", "李", "王", "Anna"], key=pinyin_key) == ["Anna", "李", "王", "张"]
    assert pinyin_key("") == ""
