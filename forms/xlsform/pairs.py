"""Functions of ours and what XLSForm writes for them: one table for both directions."""

from __future__ import annotations

from forms.xlsform.xpath import Tree, bare, parse

_YEARS = "int(format-date($b, '%Y')) - int(format-date($a, '%Y'))"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _template(text: str) -> Tree:
    tree: Tree = bare(parse(text))
    return tree


def _pair(name: str, slots: str, text: str) -> tuple[str, str, Tree]:
    return name, slots, _template(text)


#: Name of the function, its arguments in order, and the expression. Larger ones stand first: they hold the smaller.
PAIRS: tuple[tuple[str, str, Tree], ...] = (
    _pair("years", "ab", f"{_YEARS} - if(number(format-date($b, '%m%d')) < number(format-date($a, '%m%d')), 1, 0)"),
    _pair(
        "months",
        "ab",
        f"({_YEARS}) * 12 + int(format-date($b, '%m')) - int(format-date($a, '%m'))"
        " - if(number(format-date($b, '%d')) < number(format-date($a, '%d')), 1, 0)",
    ),
    _pair("year", "a", "int(format-date($a, '%Y'))"),
    _pair("month", "a", "int(format-date($a, '%m'))"),
    _pair("days", "ab", "decimal-date-time($b) - decimal-date-time($a)"),
    _pair("add_days", "ab", "date(decimal-date-time($a) + $b)"),
    _pair("upper", "a", f"translate($a, '{_LETTERS}', '{_LETTERS.upper()}')"),
    _pair("round", "ab", "round($a, $b)"),
    _pair("abs", "a", "abs($a)"),
    _pair("starts", "ab", "starts-with($a, $b)"),
    _pair("text", "a", "string($a)"),
    _pair("if", "abc", "if($a, $b, $c)"),
)

#: Other spellings of the same in forms of other tools; only read.
ALIASES: tuple[tuple[str, str, Tree], ...] = (
    _pair("days", "ab", "int(decimal-date-time($b)) - int(decimal-date-time($a))"),
    _pair("days", "ab", "int(decimal-date-time($b) - decimal-date-time($a))"),
    _pair("add_days", "ab", "date($a + $b)"),
    _pair("round", "a", "round($a)"),
    _pair("floor", "a", "floor($a)"),
    _pair("ceil", "a", "ceiling($a)"),
)


def template_of(name: str, count: int) -> tuple[str, Tree] | None:
    """Return the slots and the template of a function of ours with *count* arguments."""
    return next(((slots, tree) for known, slots, tree in PAIRS if known == name and len(slots) == count), None)
