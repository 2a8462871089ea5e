"""Random definitions with everything in them that both sides can say, and much that only we can."""

from __future__ import annotations

from forms import field_types
from tests.forms.sample_form import field

TEXTS = ["单位全称", "it's", 'say "hi"', "带 空格", "<b>&", "=1+1", "多\n行"]
#: Rules by what they need; ``{t}`` a text, ``{n}`` ``{m}`` numbers, ``{b}`` a switch, ``{s}`` a choice, ``{l}`` several, ``{d}`` ``{e}`` dates.
CONDITIONS = [
    "{b} = true", "{b} = false", "{b}", "not {b}", "{n} > 3", "{n} <= {m}", "{n} + {m} * 2 - 1 > {m} / 4", "-{n} < -2",
    "{s} = '1'", "{s} != '2'", "{s} in ['1', '3']", "{s} not in ['1', '3']", "contains({l}, '2')", "not contains({l}, '2')",
    "contains({t}, 'ab')", "starts({t}, 'it''s')", "filled({t})", "empty({l})", "len({t}) > 2", "count({l}) >= 2",
    "{d} >= {e}", "{d} <= _today", "{d} > '2020-01-01'", "days({d}, {e}) < 30", "years({d}, _today) >= 16", "months({d}, {e}) > 1",
    "year({d}) = 2026", "add_days({d}, 7) > {e}", "round({n} / {m}, 2) = 0.5", "abs({n}) > 1", "coalesce({n}, {m}, 0) = 0",
    "if({b}, {n}, {m}) > 0", "if({n} > 1, 'a') = 'a'", "upper({t}) = 'AB'", "concat({t}, '-', {s}) = 'a-1'", "text({n}) = '3'",
    "({n} = 1 or {m} = 2) and ({b} = true or {s} = '1')", "{n} = 1 and {m} = 2 or {n} = 3", "{n} - ({m} - 1) = 0", "true",
    "min({n}, {m}) = 1", "max({n}, {m}) = 2", "{n} in [1, 2]",
    # What XLSForm cannot say.
    "floor({n}) = 1", "add_months({d}, 1) > {e}", "id_gender({t}) = '1'", "_role = 'x'", "previous.{n} = 1",
]  # fmt: skip
OVER_ROWS = ["sum(rows.amount) > 10", "count(rows) >= 2", "filled(rows)", "empty(rows)", "avg(rows.amount) < 5", "max(rows.amount) = 9", "count(rows.amount) = 1", "sum(rows.amount where amount > 1) = 3"]  # fmt: skip
IN_ROWS = [
    "amount <= n1",
    "parent.n1 >= amount",
    "amount > 0 and filled(word)",
    "n1 > parent.n1",
    "parent.t1 = t1",
    "sum(rows.amount) > 2",
]
NUMBERS = ["n1 + n2", "n1 * 1.5", "sum(rows.amount)", "years(d1, _today)", "round(n1 / n2, 3)", "if(b1, 1, 2)"]
SETTINGS = {
    "text": [
        {"min_length": 2, "max_length": 9},
        {"pattern": "[A-Z]{2}", "pattern_message": {"zh": "两个字母", "en": "Two letters"}},
        {"pattern": "a'b"},
        {},
    ],
    "textarea": [{"max_length": 300}, {}],
    "integer": [{"min": -3, "max": 12}, {"min": 0}, {}],
    "decimal": [{"min": 0.5, "max": 99.25}, {"places": 1}, {}],
    "money": [{"max": 1000}, {}],
    "percent": [{"min": 5}, {}],
    "multiselect": [{"max_choices": 2}, {}],
    "rating": [{"max": 10}, {}],
    "address": [{"leaves_only": True}, {"detail_optional": True, "max_length": 40}, {}],
    "matrix": [{"rows": [{"code": "x", "zh": "甲项", "en": "X"}, {"code": "y", "zh": "乙项"}]}],
}
DEFAULTS = {
    "integer": [4, -4],
    "text": ["abc", "甲"],
    "bool": [True, False],
    "select": ["1"],
    "multiselect": [["1", "2"]],
    "date": ["2026-03-01"],
}
PREFILLS = {
    "date": ["_today", "add_days(_today, 90)"],
    "integer": ["n1 + 1"],
    "text": ["_user_name", "concat(t1, 'x')"],
}
OPTIONS = [
    {"code": "1", "zh": "甲", "en": "A"}, {"code": "2", "zh": "乙", "en": "B", "kind": "x"}, {"code": "3", "zh": "丙", "kind": "y"}, {"code": "4", "zh": "旧", "retired": True},
]  # fmt: skip
TREE = [{"code": "1", "zh": "上", "children": [{"code": "11", "zh": "下", "en": "Under"}]}, {"code": "2", "zh": "旁"}]


def fixed():
    """Return the fields that rules speak of."""
    return [
        field("t1", "text"), field("n1", "integer"), field("n2", "decimal"), field("b1", "bool"), field("s1", "select", options=OPTIONS),
        field("l1", "multiselect", options=OPTIONS), field("d1", "date"), field("d2", "date"), field("m1", "month"),
    ]  # fmt: skip


NAMES = {"t": "t1", "n": "n1", "m": "n2", "b": "b1", "s": "s1", "l": "l1", "d": "d1", "e": "d2"}


def rule(dice, rows=None):
    pool = [text.format(**NAMES) for text in CONDITIONS] + OVER_ROWS
    return dice.choice(rows or pool)


def random_field(dice, key, rows=None):
    kind = dice.choice(
        sorted(set(field_types.FIELD_TYPES) - {"subtable", "reference", "computed", "computed_text", "credit_code"})
    )
    if dice.random() < 0.1 and not rows:
        return field(key, "computed", compute=dice.choice(NUMBERS), places=dice.choice([0, 2]))
    if dice.random() < 0.05 and not rows:
        return field(
            key, "computed_text", compute=dice.choice(["concat(t1, '-', s1)", "add_days(d1, 3)", "if(b1, 'x', 'y')"])
        )
    item = field(key, kind, **dice.choice(SETTINGS.get(kind, [{}])))
    item["label"] = (
        {"zh": dice.choice(TEXTS), "en": dice.choice(["Name", ""])} if dice.random() < 0.8 else dice.choice(TEXTS)
    )
    if isinstance(item["label"], dict) and not item["label"]["en"]:
        del item["label"]["en"]
    if kind in {"select", "multiselect", "matrix"}:
        item.update(dice.choice([{"codelist": "colour"}, {"options": OPTIONS}]))
    if kind in {"tree", "region", "address"}:
        item.update(dice.choice([{"codelist": "place"}, {"options": TREE}]))
    for name, chance in (("help", 0.3), ("unit", 0.2)):
        if dice.random() < chance:
            item[name] = {"zh": dice.choice(TEXTS), "en": "Some words"}
    if dice.random() < 0.4:
        item["visible_when"] = rule(dice, rows)
    if not field_types.get(kind).xlsform_input:
        return item
    if dice.random() < 0.3:
        item["required"] = True
    elif dice.random() < 0.3:
        item["required_when"] = rule(dice, rows)
    if dice.random() < 0.1:
        item["readonly"] = True
    if kind in DEFAULTS and dice.random() < 0.3 and not item.get("pattern") and not item.get("codelist"):
        item["default"] = dice.choice(DEFAULTS[kind])
    elif kind in PREFILLS and dice.random() < 0.4:
        item["prefill"] = dice.choice(PREFILLS[kind])
    if kind in {"select", "multiselect"} and item.get("options") and dice.random() < 0.3:
        item["option_filter"] = dice.choice(["_kind = t1", "_code != s1", "_kind = 'x' or n1 > 3"])
    if dice.random() < 0.4:
        item["checks"] = [
            {
                "expression": rule(dice, rows),
                "message": {"zh": f"第 {number} 条", "en": f"Rule {number}"},
                **({"level": "warning"} if dice.random() < 0.2 else {}),
            }
            for number in range(dice.randint(1, 3))
        ]
    return item


def random_form(seed_of):
    """Return a raw definition."""
    dice = seed_of
    rows = [field("amount", "integer"), field("word", "text"), field("n1", "integer"), field("t1", "text")]
    rows += [random_field(dice, f"c{number}", IN_ROWS) for number in range(4)]
    table = field(
        "rows",
        "subtable",
        fields=rows,
        **dice.choice([{"min_rows": 2, "max_rows": 2}, {"min_rows": 1, "max_rows": 9}, {}]),
    )
    sections = [
        {"key": "first", "title": {"zh": "一", "en": "One"}, "fields": [*fixed(), table]},
        {
            "key": "rows",
            "title": "同名",
            "visible_when": rule(dice),
            "fields": [random_field(dice, f"a{number}") for number in range(6)],
        },
        {"key": "third", "title": "三", "fields": [random_field(dice, f"z{number}") for number in range(6)]},
    ]
    return {
        "key": "synthetic",
        "title": {"zh": "合成表", "en": "Synthetic"},
        "resource": "sample",
        "sections": sections,
    }
