"""The functions authors may call: name, arity and the types they take and give.

``takes`` has one letter per argument (the last repeats): n number, t text, d date, l list or rows, a anything,
b yes/no. ``gives`` is the letter of the result. The same table drives the parser, the type check and the manual.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.labels import Label


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language."""

    name: str
    least: int
    most: int
    takes: str
    gives: str
    about: Label


_MANY = 20

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("sum", 1, _MANY, "l", "n", Label("求和，空值不计", "Total; empty values are skipped")),
        Function("count", 1, 1, "l", "n", Label("行数或已填个数", "Number of rows or of filled values")),
        Function("avg", 1, _MANY, "l", "n", Label("平均值，空值不计", "Average of the filled values")),
        Function("min", 1, _MANY, "l", "a", Label("最小值（或最早日期）", "Least value or earliest date")),
        Function("max", 1, _MANY, "l", "a", Label("最大值（或最晚日期）", "Greatest value or latest date")),
        Function("any", 1, 1, "l", "b", Label("任一行为真", "True for at least one row")),
        Function("all", 1, 1, "l", "b", Label("每一行为真", "True for every row")),
        Function("round", 1, 2, "nn", "n", Label("四舍五入到几位小数", "Rounded half up to so many places")),
        Function("floor", 1, 1, "n", "n", Label("向下取整", "Rounded down to a whole number")),
        Function("ceil", 1, 1, "n", "n", Label("向上取整", "Rounded up to a whole number")),
        Function("abs", 1, 1, "n", "n", Label("绝对值", "Without its sign")),
        Function("contains", 2, 2, "aa", "b", Label("多选含某项，或文字含某词", "A list holds a code; a text, a word")),
        Function("empty", 1, 1, "a", "b", Label("未填写", "Nothing is filled in")),
        Function("filled", 1, 1, "a", "b", Label("已填写", "Something is filled in")),
        Function("len", 1, 1, "a", "n", Label("字数或项数", "Number of characters or items")),
        Function("coalesce", 1, _MANY, "a", "a", Label("第一个非空值", "The first filled value")),
        Function("if", 2, 3, "baa", "a", Label("条件为真取前者，否则取后者", "The second when true, else the third")),
        Function("days", 2, 2, "dd", "n", Label("从前一日期到后一日期的天数", "Days from the first to the second")),
        Function("months", 2, 2, "dd", "n", Label("从前到后的整月数", "Whole months from first to second")),
        Function("years", 2, 2, "dd", "n", Label("从前到后的整年数（周岁）", "Whole years from first to second")),
        Function("year", 1, 1, "d", "n", Label("年份", "The year of a date")),
        Function("month", 1, 1, "d", "n", Label("月份", "The month of a date")),
        Function("add_days", 2, 2, "dn", "d", Label("若干天之后", "So many days later")),
        Function("add_months", 2, 2, "dn", "d", Label("若干月之后", "So many months later")),
        Function("add_years", 2, 2, "dn", "d", Label("若干年之后", "So many years later")),
        Function("text", 1, 1, "a", "t", Label("转为文字", "As text")),
        Function("concat", 1, _MANY, "a", "t", Label("连接文字，空值不计", "Texts joined; empty ones are skipped")),
        Function("upper", 1, 1, "t", "t", Label("字母转大写", "Letters a–z as capitals")),
        Function("starts", 2, 2, "tt", "b", Label("以某段文字开头", "Begins with")),
        Function("id_birth", 1, 1, "t", "d", Label("身份证号中的出生日期", "Date of birth in an ID number")),
        Function("id_gender", 1, 1, "t", "t", Label("身份证号中的性别：1 男 2 女", "Gender: 1 male, 2 female")),
    )
}

#: Functions whose one argument may be followed by ``where <condition on the row>``.
OVER_ROWS = frozenset({"sum", "count", "avg", "min", "max", "any", "all"})
