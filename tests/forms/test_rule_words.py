"""Rules as sentences and as rows of conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.code_lists import Shelf
from forms.designing.formulas import read_formula
from forms.designing.outline import Outline
from forms.designing.palette import GROUPS, described, palette
from forms.designing.rule_rows import OPERATORS, Row, Rows, names_at, operators_at, rows_of, text_of_rows
from forms.designing.rule_words import FUNCTIONS as SPOKEN
from forms.expressions import FUNCTIONS, parse
from forms.field_types import FIELD_TYPES
from forms.files.loading import load_yaml

PACK = Path(__file__).parents[2] / "seeds" / "qiqihar" / "forms"
RULES = ("visible_when", "required_when", "compute", "prefill", "option_filter")


def label(zh, en):
    return {"zh": zh, "en": en}


RAW = {
    "sections": [
        {
            "key": "main",
            "fields": [
                {"key": "kind", "type": "select", "label": label("类型", "Kind"), "options": [
                    {"code": "a", "zh": "甲", "en": "A"}, {"code": "b", "zh": "乙", "en": "B"}]},
                {"key": "tags", "type": "multiselect", "label": label("标签", "Tags"), "options": [
                    {"code": "x", "zh": "新", "en": "New"}, {"code": "y", "zh": "旧", "en": "Old"}]},
                {"key": "count", "type": "integer", "label": label("人数", "Headcount")},
                {"key": "skilled", "type": "integer", "label": label("技工", "Skilled")},
                {"key": "ok", "type": "bool", "label": label("同意", "Agreed")},
                {"key": "begins", "type": "date", "label": label("开始", "From")},
                {"key": "who", "type": "text", "label": label("姓名", "Name")},
                {"key": "firm", "type": "reference", "form": "organization", "label": label("单位", "Employer")},
                {"key": "rows", "type": "subtable", "label": label("明细", "Rows"), "fields": [
                    {"key": "count", "type": "integer", "label": label("行内人数", "Heads in the row")},
                    {"key": "pay", "type": "money", "label": label("工资", "Pay")}]},
            ],
        }
    ]
}  # fmt: skip
OUTLINE = Outline(RAW, {})


@pytest.mark.parametrize(
    ("text", "where", "zh", "en"),
    [
        ("kind = 'a'", "who.visible_when", "当“类型”是“甲”时显示", "Shown when “Kind” is “A”"),
        ("kind in ['a', 'b'] and not ok", "who.required_when",
         "当“类型”是“甲”或“乙”，并且不满足（“同意”）时必填", "Required when “Kind” is “A” or “B” and not (“Agreed”)"),
        ("ok = true", "who.visible_when", "当“同意”为“是”时显示", "Shown when “Agreed” is “yes”"),
        ("skilled <= count", "skilled.checks[0]", "应满足：“技工”不大于“人数”", "Must hold: “Skilled” is at most “Headcount”"),
        ("begins >= add_years(_today, -5)", "begins.checks[0]",
         "应满足：“开始”不早于今天之前5年", "Must hold: “From” is no earlier than 5 years before today"),
        ("sum(rows.count where pay > 3)", "total.compute",
         "等于“行内人数”（仅“工资”大于3的行）的合计", "Equals the total of “Heads in the row” where “Pay” is greater than 3"),
        ("count > parent.count", "rows.count.checks[0]",
         "应满足：“行内人数”大于“人数”", "Must hold: “Heads in the row” is greater than “Headcount”"),
        ("(count + skilled) * 2 / 3 - -1", "total.compute",
         "等于(“人数” + “技工”) × 2 ÷ 3 − -1", "Equals (“Headcount” + “Skilled”) × 2 ÷ 3 − -1"),
        ("not contains(tags, 'x') or (ok = false and empty(who))", "who.visible_when",
         "当“标签”不包含“新”，或者“同意”为“否”，并且“姓名”未填写时显示",
         "Shown when “Tags” does not contain “New” or “Agreed” is “no” and “Name” is empty"),
        ("if(ok, 1, 0) + 1", "total.compute", "等于(若“同意”则为1，否则为0) + 1", "Equals (1 if “Agreed”, otherwise 0) + 1"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence(text, where, zh, en):
    found = read_formula(text, where, OUTLINE)
    assert found.mistakes == ()
    assert found.sentence.zh.replace("（若", "(若").replace("0）", "0)") == zh
    assert found.sentence.en == en


@pytest.mark.parametrize(
    ("match", "rows", "text"),
    [
        ("all", [Row("kind", "eq", ("a",))], "kind = 'a'"),
        ("any", [Row("kind", "in", ("a", "b")), Row("count", "gte", ("5",))], "kind in ['a', 'b'] or count >= 5"),
        ("all", [Row("tags", "not_contains", ("x",)), Row("ok", "eq", ("false",))],
         "not contains(tags, 'x') and ok = false"),
        ("all", [Row("skilled", "lte", (), "count")], "skilled <= count"),
        ("all", [Row("begins", "lte", (), "_today")], "begins <= _today"),
        ("all", [Row("begins", "gt", ("2026-01-01",))], "begins > '2026-01-01'"),
        ("all", [Row("who", "starts", ("王'",)), Row("firm", "filled")], "starts(who, '王''') and filled(firm)"),
        ("all", [Row("kind", "not_in", ("a",))], "kind not in ['a']"),
        ("all", [Row("kind", "eq", ("a",)), Rows("any", (Row("ok", "eq", ("true",)), Row("count", "gt", ("1",))))],
         "kind = 'a' and (ok = true or count > 1)"),
        ("any", [Rows("all", (Row("ok", "eq", ("false",)), Row("firm", "filled"))), Row("count", "lt", ("9",))],
         "ok = false and filled(firm) or count < 9"),
    ],
)  # fmt: skip
def test_rows_are_written_and_read_again(match, rows, text):
    made = text_of_rows(Rows(match, tuple(rows)), OUTLINE, "note")
    assert made == text
    again = rows_of(parse(made), OUTLINE, "note")
    assert again is not None
    assert again.rows == tuple(rows)
    assert len(rows) == 1 or again.match == match


@pytest.mark.parametrize(
    "text",
    [
        "count + 1 > 2",
        "_state = 'draft'",
        "firm.staff > 3",
        "kind = 'a' and (ok or (count > 1 and count < 9))",
        "nothing = 1",
    ],
)
def test_what_rows_cannot_say_stays_a_formula(text):
    assert read_formula(text, "who.visible_when", OUTLINE).rows is None


def test_a_rule_never_offers_its_own_field():
    assert "who" not in names_at(OUTLINE, "who")
    inside = names_at(OUTLINE, "rows.pay")
    assert inside["count"] == "rows.count"
    assert inside["parent.count"] == "count"
    assert "rows" not in inside


@pytest.mark.parametrize(
    ("text", "where", "position", "words"),
    [
        ("count >", "who.visible_when", 7, "没有写完"),
        ("count > skiled", "who.visible_when", 8, "没有字段“skiled”"),
        ("count + 1", "who.visible_when", 0, "结果应为是或否"),
        ("round(count", "total.compute", 5, "括号没有成对"),
    ],
)
def test_a_mistake_names_its_place(text, where, position, words):
    (mistake,) = read_formula(text, where, OUTLINE).mistakes
    assert mistake.position == position
    assert words in mistake.message.zh
    assert mistake.message.en


def test_every_rule_of_the_pack_reads_in_both_languages():
    seen = 0
    for path in PACK.glob("*.yaml"):
        outline = Outline(load_yaml(path.read_text("utf-8")), {})
        for name, place in outline.places.items():
            rules = [(rule, place.raw[rule]) for rule in RULES if isinstance(place.raw.get(rule), str)]
            rules += [("checks[0]", check["expression"]) for check in place.raw.get("checks") or []]
            for rule, text in rules:
                read = read_formula(text, f"{name}.{rule}", outline)
                assert read.mistakes == (), (path.name, name, text)
                assert read.sentence.zh != text
                assert read.sentence.en != text
                if read.rows is not None:
                    again = parse(text_of_rows(read.rows, outline, name))
                    assert rows_of(again, outline, name, own=rule == "checks[0]") == read.rows
                seen += 1
    assert seen > 200


OTHER = {
    "sections": [
        {
            "key": "main",
            "fields": [
                {"key": "staff_total", "type": "integer", "label": label("从业人员", "Staff")},
                {"key": "founded", "type": "date", "label": label("成立日期", "Founded on")},
                {"key": "size", "type": "select", "label": label("规模", "Size"), "options": [
                    {"code": "l", "zh": "大", "en": "Large"}, {"code": "s", "zh": "小", "en": "Small"}]},
            ],
        }
    ]
}  # fmt: skip
HOST = {"key": "host", "type": "reference", "form": "firm", "label": label("实习单位", "Host")}
AMONG = Outline(
    {"sections": [{"key": "main", "fields": [*RAW["sections"][0]["fields"], HOST]}]},
    Shelf({}, {"firm": OTHER}.get),
)


@pytest.mark.parametrize(
    ("text", "where", "zh", "en"),
    [
        ("host.staff_total", "count.prefill",
         "自动带出“实习单位”的“从业人员”", "Starts with “Staff” of “Host”"),
        ("count * 10 <= host.staff_total", "count.checks[0]",
         "应满足：“人数” × 10不大于“实习单位”的“从业人员”", "Must hold: “Headcount” × 10 is at most “Staff” of “Host”"),
        ("parent.host.size in ['l', 's']", "rows.pay.visible_when",
         "当“实习单位”的“规模”是“大”或“小”时显示", "Shown when “Size” of “Host” is “Large” or “Small”"),
        ("coalesce(host.size, 's') = 'l'", "count.checks[0]",
         "应满足：“实习单位”的“规模”、“小”中第一个已填的是“大”",
         "Must hold: the first filled of “Size” of “Host”, “Small” is “Large”"),
        ("begins >= host.founded", "begins.checks[0]",
         "应满足：“开始”不早于“实习单位”的“成立日期”", "Must hold: “From” is no earlier than “Founded on” of “Host”"),
        ("filled(host.gone)", "count.visible_when",
         "当“实习单位”的“gone”已填写时显示", "Shown when “gone” of “Host” is filled in"),
    ],
)  # fmt: skip
def test_a_field_of_another_form_has_the_name_that_it_has_there(text, where, zh, en):
    found = read_formula(text, where, AMONG)
    assert found.mistakes == ()
    assert (found.sentence.zh, found.sentence.en) == (zh, en)


def test_the_palette_says_what_each_type_is_for():
    assert {item.name for item in palette()} == set(FIELD_TYPES)
    for item in palette():
        assert item.group in GROUPS, item.name
        assert item.about.zh, item.name
        assert item.about.en, item.name
    types = {item["name"]: item for item in described()["types"]}
    assert {"compute"} <= set(types["computed"]["uses"])
    assert "required" not in types["computed"]["uses"]
    assert types["integer"]["settings"][0]["name"] == "min"


def test_every_function_of_the_language_has_words():
    assert set(FUNCTIONS) - set(SPOKEN) <= {"if", "add_days", "add_months", "add_years"}
    for path, place in OUTLINE.places.items():
        assert set(operators_at(OUTLINE, path)) <= set(OPERATORS), place.type
