"""Every shared case gives the written value, on the server and in the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forms.expressions import FUNCTIONS, parse, variables_of
from tests.expressions.both import in_python

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
JOBS = [
    {**CASES["environment"], **group.get("environment", {}), "text": text, "value": value}
    for group in CASES["groups"]
    for text, value in group["cases"]
]


@pytest.mark.parametrize("job", JOBS, ids=[job["text"] for job in JOBS])
def test_case_in_python(job):
    assert in_python(parse(job["text"]), job) == job["value"]


def test_cases_in_the_browser(browser_values):
    jobs = [{**job, "tree": parse(job["text"])} for job in JOBS]
    wrong = {
        job["text"]: (value, job["value"])
        for job, value in zip(jobs, browser_values(jobs), strict=True)
        if value != job["value"]
    }
    assert wrong == {}


def test_every_function_has_a_case():
    used = {name for job in JOBS for name in FUNCTIONS if f"{name}(" in job["text"]}
    assert used == set(FUNCTIONS)


def test_variables_are_named_as_written_and_columns_of_where_with_their_table():
    tree = parse("a + sum(rows.n where ok and n > parent.b) + _x and employer.name = 'x'")
    assert variables_of(tree) == {"a", "rows.n", "rows.ok", "parent.b", "_x", "employer.name"}
