"""Random trees over random answers have the same value on the server and in the browser.

``XQT_FUZZ=30000 python -m pytest tests/expressions/test_fuzz.py`` runs the long version.
"""

from __future__ import annotations

import os
import random
from typing import Any

from forms.expressions import FUNCTIONS
from tests.expressions.both import in_python

ROUNDS = int(os.environ.get("XQT_FUZZ", "1500"))

VALUES = [
    None, "", [], True, False, 0, 1, -1, 7, 12, 2026, "0", "-0", "1", "01", "1.0", "12.50", "-3.75", "0.000000000001", "999999999999.999999999999",
    "123456789012345678901234567890", "1e5", "1.", ".5", " 1", "abc", "ABC", "甲", "𠮷田", "é", "ß", "2026-01-31", "2024-02-29", "2026-02-30", "2026-03", "2026",
    "0001-01-01", "9999-12-31", "2026-03-15T08:00:00+08:00", "2026-03-15 junk", "230202199002280013", "23020219900228002x", "110105491231002", "20260101",
    ["1", "3"], ["3"], ["甲", "12.50"], [1, "2", None], {"id": "X1", "label": "一中"}, {"id": None, "label": ""}, {"other": 1}, "X1",
]  # fmt: skip
NAMES = [
    "a",
    "b",
    "c",
    "rows",
    "rows.n",
    "rows.a",
    "rows.ref.name",
    "parent.a",
    "previous.b",
    "_today",
    "_role",
    "_org.name",
    "ref",
    "ref.name",
    "ref.label",
    "ref.id",
    "missing",
    "rows.x.y",
]
COLUMNS = ["n", "a", "m", "parent.b", "ref.name", "_today", "missing"]
OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]
LITERALS = ["0", "1", "-1", "2", "12", "0.1", "3.14159265358979", "1000000000000000", "100", "12.50"]


def random_tree(dice: random.Random, depth: int, names: list[str]) -> Any:
    kind = dice.random()
    if depth <= 0 or kind < 0.12:
        return leaf(dice, names)
    if kind < 0.45:
        return {dice.choice(OPERATORS): [random_tree(dice, depth - 1, names) for _ in range(2)]}
    if kind < 0.58:
        return {
            dice.choice(["and", "or", "+", "*"]): [
                random_tree(dice, depth - 1, names) for _ in range(dice.randint(2, 4))
            ]
        }
    if kind < 0.63:
        return {dice.choice(["not", "neg"]): [random_tree(dice, depth - 1, names)]}
    if kind < 0.75:
        rows = {"var": dice.choice(["rows", "rows.n", "rows.ref.name", "parent.rows.n", "missing", "a"])}
        condition = random_tree(dice, depth - 1, COLUMNS)
        return {dice.choice(["sum", "count", "avg", "min", "max", "any", "all"]): [{"where": [rows, condition]}]}
    function = dice.choice(list(FUNCTIONS.values()))
    count = dice.randint(function.least, min(function.most, function.least + 2))
    return {function.name: [random_tree(dice, depth - 1, names) for _ in range(count)]}


def leaf(dice: random.Random, names: list[str]) -> Any:
    kind = dice.random()
    if kind < 0.55:
        return {"var": dice.choice(names)}
    if kind < 0.75:
        return {"num": dice.choice(LITERALS)}
    if kind < 0.8:
        return {"list": [leaf(dice, names) for _ in range(dice.randint(0, 3))]}
    return dice.choice([value for value in VALUES if value is None or isinstance(value, bool | str)])


def random_job(dice: random.Random) -> dict[str, Any]:
    def pick() -> Any:
        return dice.choice(VALUES)

    rows = [
        {"_row": str(i), "n": pick(), "a": pick(), "m": pick(), "ref": {"id": "X1", "label": "一中"}}
        for i in range(dice.randint(0, 4))
    ]
    for row in rows:
        row.pop(dice.choice(["n", "a", "m", "ref"]))
    job = {
        "answers": {
            "a": pick(),
            "b": pick(),
            "c": pick(),
            "rows": rows,
            "ref": dice.choice([{"id": "X1", "label": "一中"}, "X1", None]),
        },
        "previous": dice.choice([None, {"b": pick()}]),
        "variables": {"role": "clerk", "org.name": "甲厂"},
        "references": {"ref|X1|name": pick(), "rows.ref|X1|name": pick()},
        "types": dice.choice([{}, {"a": "money", "rows.n": "decimal", "rows.a": "text", "b": "integer"}]),
        "budget": dice.choice([5, 40, 10_000, 10_000, 10_000]),
        "tree": random_tree(dice, dice.randint(1, 5), NAMES),
    }
    if rows and dice.random() < 0.3:
        job |= {"row": dice.choice(rows), "table": "rows"}
    return job


def test_both_evaluators_agree(browser_values):
    seed = int(os.environ.get("XQT_FUZZ_SEED", random.randrange(10**9)))
    dice = random.Random(seed)
    meaningful = 0
    for start in range(0, ROUNDS, 500):
        jobs = [random_job(dice) for _ in range(min(500, ROUNDS - start))]
        for job, theirs in zip(jobs, browser_values(jobs), strict=True):
            ours = in_python(job["tree"], job)
            assert repr(ours) == repr(theirs), f"seed {seed}: {job}"
            meaningful += ours not in (None, "!budget")
    assert meaningful > ROUNDS / 5, "most random trees are empty; the generator tests nothing"
