"""From a file to rows, and from answers to cells and back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.exchange.cells import from_line, same, to_cell
from app.exchange.formats.csv import guarded
from app.exchange.importing.answering import is_mask
from app.exchange.importing.candidates import gather
from app.exchange.importing.parsing import parse
from forms.compiled import compile_form
from forms.files.loading import parse_definition

FORM = compile_form(
    parse_definition(
        {
            "key": "tools",
            "title": {"zh": "工具", "en": "Tools"},
            "resource": "tools",
            "sections": [
                {
                    "key": "all",
                    "title": {"zh": "全部", "en": "All"},
                    "fields": [
                        {"key": "name", "type": "text", "label": {"zh": "名称", "en": "Name"}, "class": "personal", "mask": "name_m"},
                        {"key": "price", "type": "money", "label": {"zh": "价格", "en": "Price"}, "unit": {"zh": "元", "en": "CNY"}},
                        {"key": "count", "type": "integer", "label": {"zh": "数量", "en": "Count"}},
                        {"key": "bought", "type": "date", "label": {"zh": "购买日期", "en": "Bought"}},
                        {"key": "good", "type": "bool", "label": {"zh": "完好", "en": "Good"}},
                        {"key": "colour", "type": "select", "label": {"zh": "颜色", "en": "Colour"},
                         "options": [{"code": "1", "zh": "红", "en": "Red"}, {"code": "2", "zh": "蓝", "en": "Blue", "alias": ["天蓝"]}]},
                        {"key": "tags", "type": "multiselect", "label": {"zh": "标签", "en": "Tags"},
                         "options": [{"code": "a", "zh": "旧", "en": "Old"}, {"code": "b", "zh": "重；大", "en": "Heavy, big"}]},
                        {"key": "parts", "type": "subtable", "label": {"zh": "部件", "en": "Parts"},
                         "fields": [{"key": "part", "type": "text", "label": {"zh": "部件名", "en": "Part"}}]},
                    ],
                }
            ],
        },
        {},
    )
)  # fmt: skip


def sheet(name, *rows, first=1, broken=(), merged=()):
    lines = [[number, list(row)] for number, row in enumerate(rows, first) if any(row)]
    return [{"sheet": name, "broken": list(broken), "merged": list(merged)}, *lines]


KEYS = ["_record", "name", "price", "_serial", "nonsense"]


def test_columns_are_known_by_their_keys_in_any_order():
    parsed = parse(
        FORM,
        [
            *sheet("随便", ["name", "_record", "_updated_at"], ["x", "y", "z"], ["", "", ""], ["锤", "1", "2026"]),
            *sheet("别的", ["_record", "_row", "part"], ["", "", ""], ["", "", ""], ["1", "", "柄"], [1.0, "r7", "头"]),
            {"end": True},
        ],
    )
    assert [(line.row, line.record, line.cells) for line in parsed.lines] == [(4, "1", {"name": "锤"})]
    assert [(line.row, line.row_id, line.cells) for line in parsed.children["parts"]["1"]] == [
        (4, "", {"part": "柄"}),
        (5, "r7", {"part": "头"}),
    ]
    assert [(place.name, place.key, place.record, place.errors, place.column) for place in parsed.placed] == [
        ("随便", "", 2, None, 4),
        ("别的", "parts", 1, None, 4),
    ]


@pytest.mark.parametrize(
    "head", [["名称", "价格（元）", "数量"], ["Name *", "Price (CNY)", "Count"], ["名 称", "价格", "数量（必填）"]]
)
def test_columns_are_known_by_their_labels_where_there_are_no_keys(head):
    parsed = parse(FORM, [*sheet("Sheet1", ["某单位工具表"], head, ["锤", 12.5, 3])])
    assert [line.cells for line in parsed.lines] == [{"name": "锤", "price": 12.5, "count": 3}]
    assert parsed.placed[0].label_row == 2


def test_columns_of_nobody_are_told_and_not_read():
    parsed = parse(FORM, sheet("", ["名称", "数量", "体重"], ["锤", 3, 80]))
    assert [remark.code for remark in parsed.remarks] == ["unknown_column"]
    assert "体重" in parsed.remarks[0].message.zh
    assert parse(FORM, sheet("", ["名称", "数量", "体重"], ["锤", 3, ""])).remarks == []


def test_sheets_of_an_export_that_hold_no_answers_are_passed_over():
    about = sheet("导出说明", ["名称", "x"], ["数量", "y"])
    parsed = parse(
        FORM, [*sheet("工具", KEYS, ["", ""], ["", ""], ["1", "锤"]), *about, *sheet("_options", ["名称"], ["旧"])]
    )
    assert len(parsed.lines) == 1
    assert not parsed.remarks


def test_a_file_without_a_sheet_of_the_form_is_refused():
    with pytest.raises(Invalid) as caught:
        parse(FORM, sheet("x", ["今天", "明天"], ["1", "2"]))
    assert caught.value.code == "not_this_form"


def test_rows_are_gathered_by_their_number():
    parsed = parse(
        FORM,
        [
            *sheet("工具", ["_record", "name"], ["", ""], ["", ""], ["1", "锤"], ["", "钳"], ["1", "锯"]),
            *sheet(
                "部件",
                ["_record", "_row", "part"],
                [""] * 3,
                [""] * 3,
                ["1", "", "柄"],
                ["9", "", "头"],
                ["", "", "尾"],
            ),
        ],
    )
    found, strays = gather(parsed)
    assert [len(item.children.get("parts", [])) for item in found] == [1, 0, 0]
    assert [[remark.code for remark in item.remarks] for item in found] == [[], [], ["repeated_number"]]
    assert [(remark.row, remark.code) for remark in strays] == [(5, "no_parent"), (6, "no_parent")]


ANSWERS = {
    "name": st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30),
    "price": st.decimals(0, 10**12, places=2).map(lambda value: format(value, "f")),
    "count": st.integers(-(2**53) + 1, 2**53 - 1),
    "bought": st.dates(date(1800, 1, 1), date(2200, 12, 31)).map(date.isoformat),
    "good": st.booleans(),
    "colour": st.sampled_from(["1", "2"]),
    "tags": st.lists(st.sampled_from(["a", "b"]), min_size=1, unique=True).map(sorted),
}


@pytest.mark.parametrize("key", ANSWERS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_goes_out_comes_back_the_same(key, lang):
    column = FORM.columns[key]

    @given(ANSWERS[key])
    def comes_back(raw):
        value = column.check(raw)
        cell = to_cell(column, value, lang)
        # As a spreadsheet keeps it: a number as a float, a date as a moment.
        kept = float(cell) if isinstance(cell, int | Decimal) else cell
        assert same(kept, cell)
        assert column.check(column.type.from_excel(column.field, kept, column.code_list)) == value
        text = guarded(cell) if isinstance(cell, str) else str(cell)
        assert text[:1] not in "=+@-" or not isinstance(cell, str)

    comes_back()


@pytest.mark.parametrize(
    ("key", "value", "cell"),
    [
        ("price", "0.10", Decimal("0.10")),
        ("count", 2**53 - 1, str(2**53 - 1)),
        ("bought", "1899-12-31", "1899-12-31"),
        ("bought", "后天", "后天"),
        ("count", "约一百", "约一百"),
        ("colour", "天蓝", "天蓝"),
        ("name", None, None),
    ],
)
def test_cells_of_answers(key, value, cell):
    assert to_cell(FORM.columns[key], value, "zh") == cell


def test_what_was_typed_is_compared_as_spreadsheets_keep_it():
    assert same(12.0, 12)
    assert same("12.50", Decimal("12.50"))
    assert same(from_line({"date": "2026-03-01"}), date(2026, 3, 1))
    assert same(datetime(2026, 3, 1), date(2026, 3, 1))  # noqa: DTZ001 - as in cells
    assert same("2026-03-01", date(2026, 3, 1))
    assert not same("x", None)
    assert not same(None, "x")
    assert same(from_line("  "), None)


def test_masks_are_recognised():
    column = FORM.columns["name"]
    assert is_mask(column, "张**")
    assert not is_mask(column, "张三")
    assert not is_mask(FORM.columns["colour"], "***")
