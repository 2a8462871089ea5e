"""What authors are told, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from forms.expressions import (
    BudgetExceededError,
    Environment,
    ExpressionError,
    condition_text,
    evaluate,
    holds,
    literal,
    parse,
    passes,
    result_type,
    typecheck,
)

TYPES = {
    "need_count": "integer", "note": "text", "ok": "bool", "day": "date", "chosen": "multiselect", "school": "reference:school", "total": "computed",
    "rows": "subtable", "rows.n": "integer", "rows.label": "text", "rows.day": "date",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("", 0, "没有写完"),
        ("n +", 3, "没有写完"),
        ("n n", 2, "缺少运算符"),
        ("(n + 1", 0, "括号"),
        ("n + 1)", 5, "多了一个右括号"),
        ("sum(n", 3, "括号"),
        ("sum(n n)", 6, "缺少运算符或逗号"),
        ("n = 'abc", 4, "引号"),
        ("n ; 1", 2, "看不懂的符号"),
        ("年龄 > 3", 0, "英文标识"),
        ("nosuch(n)", 0, "没有函数"),
        ("round()", 0, "参数个数"),
        ("1 < n < 3", 6, "不能连写"),
        ("and n", 0, "缺少内容"),
        ("sum(1 where n)", 12, "明细表"),
        ("(" * 41 + "1" + ")" * 41, 40, "层次太深"),
        ("not " * 41 + "n", 160, "层次太深"),
        ("1" + "+1" * 501, 999, "太长"),
        ("a - b + " * 30 + "c", 166, "层次太深"),
        ("1" * 2001, 2000, "不能超过"),
    ],
)
def test_a_mistake_is_named_at_its_place_in_both_languages(text, position, word):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert word in caught.value.message.zh
    assert caught.value.message.en.isascii() or "“" in caught.value.message.en
    assert caught.value.position == position


def test_an_expression_cannot_reach_python():
    for text in ("__import__('os')", "a.__class__()", "[].append(1)", "lambda: 1"):
        with pytest.raises(ExpressionError):
            parse(text)
    assert evaluate(parse("a.__class__"), Environment({"a": {"id": "x"}})) is None


def test_a_long_chain_is_allowed():
    assert evaluate(parse(" + ".join(["1"] * 200)), Environment({})) == Decimal(200)
    assert holds(parse(" or ".join(["false"] * 200) + " or true"), Environment({}))


def test_unknown_passes_as_check_and_does_not_hold_as_condition():
    tree, empty, filled = parse("a <= b"), Environment({"a": None, "b": 1}), Environment({"a": 2, "b": 1})
    assert (passes(tree, empty), holds(tree, empty)) == (True, False)
    assert (passes(tree, filled), holds(tree, filled)) == (False, False)
    assert holds(parse("a > b"), filled)


def test_the_budget_ends_an_evaluation():
    rows = [{"_row": str(n), "n": n} for n in range(6_000)]
    tree = parse("sum(rows.n) + sum(rows.n)")
    with pytest.raises(BudgetExceededError):
        evaluate(tree, Environment({"rows": rows}))
    assert evaluate(tree, Environment({"rows": rows[:100]})) == Decimal(9900)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("a = 1", "a = 1"),
        ({"expr": "a < b"}, "a < b"),
        ({"field": "a", "eq": True}, "a = true"),
        ({"field": "a", "ne": "0"}, "a != '0'"),
        ({"field": "a", "gt": 1, "lte": 5}, "a > 1 and a <= 5"),
        ({"field": "a", "in": ["x", "y"]}, "a in ['x', 'y']"),
        ({"field": "a", "not_in": ["x"]}, "a not in ['x']"),
        ({"field": "a", "contains": "3"}, "contains(a, '3')"),
        ({"field": "a", "not_contains": "3"}, "not contains(a, '3')"),
        ({"field": "a", "empty": True}, "empty(a)"),
        ({"field": "a", "not_empty": True}, "filled(a)"),
        ({"field": "a", "not_empty": False}, "empty(a)"),
        ({"field": "a", "gte": date(2026, 3, 1)}, "a >= '2026-03-01'"),
        ({"field": "a", "eq": "it's"}, "a = 'it''s'"),
        ({"any": [{"field": "a", "eq": 1}, {"field": "b", "eq": 2}]}, "(a = 1) or (b = 2)"),
        ({"all": [{"field": "a", "eq": 1}]}, "a = 1"),
        ({"all": [{"expr": "a or b"}, {"not": {"field": "c", "lt": 0.5}}]}, "(a or b) and (not (c < 0.5))"),
    ],
)
def test_condition_objects_become_text_that_can_be_read(condition, text):
    assert condition_text(condition) == text
    parse(text)


@pytest.mark.parametrize("condition", [{}, {"field": "a"}, {"field": "a", "like": "x"}, {"field": "a", "eq": object()}])
def test_other_condition_objects_are_refused(condition):
    with pytest.raises(ExpressionError):
        condition_text(condition)


def test_literals_survive_a_round_trip():
    for value, meaning in [
        (None, None),
        (True, True),
        ("a'b\"c“d", "a'b\"c“d"),
        (Decimal("1.50"), Decimal("1.5")),
        (3, Decimal(3)),
    ]:
        assert evaluate(parse(literal(value)), Environment({})) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "need_count > 3 and ok", "sum(rows.n) <= need_count", "count(rows where n > 1 and label = 'x') > 0", "days(day, _today) > 3", "contains(chosen, '1')",
        "school.kind = 'T1'", "school = 'S1'", "total > 3", "previous.need_count < need_count", "note = '1'", "max(rows.day) > day", "empty(rows)", "_role = 'x'",
        "if(ok, need_count, 0) > 1", "count(rows where n < parent.need_count) = 0", "need_count in [1, 2]",
    ],
)  # fmt: skip
def test_sound_expressions_have_no_complaint(text):
    assert typecheck(parse(text), TYPES) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nosuch > 3", "没有字段“nosuch”"),
        ("rows.nosuch > 3", "没有字段“rows.nosuch”"),
        ("note.x = 1", "没有字段"),
        ("rows.n > 3", "不能直接比较"),
        ("chosen = '1'", "不能直接比较"),
        ("day > need_count", "不能比较"),
        ("ok > true", "没有大小"),
        ("ok = '是'", "true 或 false"),
        ("day + 1 > 3", "算术运算需要数字"),
        ("need_count and ok", "需要是/否"),
        ("days(need_count, day)", "需要日期"),
        ("round(ok)", "需要数字"),
        ("'a' in note", "in 的右边"),
        ("count(rows where need_count > 1)", "parent.need_count"),
        ("count(rows where n)", "where 之后"),
    ],
)
def test_unsound_expressions_are_explained(text, word):
    assert any(word in label.zh for label in typecheck(parse(text), TYPES))
    assert all(label.en for label in typecheck(parse(text), TYPES))


def test_variables_may_be_what_python_has():
    known = {"day": date(2026, 3, 1), "much": Decimal("1.50"), "odd": Decimal("NaN"), "what": object()}
    environment = Environment({}, variables=known)
    assert evaluate(parse("_day"), environment) == "2026-03-01"
    assert evaluate(parse("_much * 2"), environment) == 3
    assert evaluate(parse("empty(_odd) and empty(_what)"), environment) is True


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("1 + need_count", "n"),
        ("note", "t"),
        ("'x'", "t"),
        ("day", "d"),
        ("add_days(day, 1)", "d"),
        ("ok", "b"),
        ("true", "b"),
        ("need_count > 1", "b"),
        ("chosen", "l"),
        ("[1]", "l"),
        ("rows.n", "l"),
        ("rows", "r"),
        ("if(ok, 1, 2)", "a"),
        ("_role", "a"),
        ("null", "a"),
    ],
)
def test_what_an_expression_gives_is_known(text, letter):
    assert result_type(parse(text), TYPES) == letter


def test_a_columns_rule_sees_its_row_and_the_record():
    assert typecheck(parse("n <= need_count and n <= parent.need_count and n < sum(rows.n)"), TYPES, table="rows") == []
    assert typecheck(parse("n <= need_count"), TYPES) != []
