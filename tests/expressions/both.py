"""Evaluates trees in Python and in the browser, in a form that tells numbers from texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from forms.expressions import BudgetExceededError, Environment, Node, evaluate
from forms.expressions.decimals import plain

STATIC = Path(__file__).parents[2] / "app" / "static"
#: What the evaluator of the browser consists of, in the order of loading.
SCRIPTS = (next(STATIC.glob("vendor/**/big*.js")), STATIC / "js" / "rules_values.js", STATIC / "js" / "rules.js")
TODAY = date(2026, 3, 15)

#: A function of jobs (``tree`` and an environment): their values.
EVALUATE = """jobs => {
  const tag = value => value instanceof Big ? {num: XqtRules.canonical(value)}
    : Array.isArray(value) ? value.map(tag) : value;
  return jobs.map(job => {
    const found = job.references || {};
    const environment = Object.assign({today: '2026-03-15'}, job, {
      reference: (path, id, name) => found[path + '|' + id + '|' + name]});
    try { return tag(XqtRules.evaluate(job.tree, environment)); }
    catch (error) { if (error instanceof RangeError) { return '!budget'; } throw error; }
  });
}"""


def tagged(value: Any) -> Any:
    """Return *value* with numbers as ``{"num": text}``."""
    if isinstance(value, Decimal):
        return {"num": plain(value)}
    return [tagged(item) for item in value] if isinstance(value, list) else value


def in_python(tree: Node, job: dict[str, Any]) -> Any:
    """Return the tagged value of *tree* by the server's evaluator."""
    found = job.get("references", {})
    environment = Environment(
        job.get("answers", {}),
        row=job.get("row"),
        table=job.get("table"),
        today=TODAY,
        variables=job.get("variables", {}),
        reference=lambda path, record, name: found.get(f"{path}|{record}|{name}"),
        previous=job.get("previous"),
        types=job.get("types", {}),
        budget=job.get("budget", 10_000),
    )
    try:
        return tagged(evaluate(tree, environment))
    except BudgetExceededError:
        return "!budget"


def in_browser(browser: Browser) -> tuple[Callable[[list[dict[str, Any]]], list[Any]], Callable[[], None]]:
    """Return a function that evaluates jobs (``tree`` and an environment) in a page, and one that closes the page."""
    page = browser.new_page()
    page.set_content("<!doctype html><title>rules</title>")
    for script in SCRIPTS:
        page.add_script_tag(path=script)
    return (lambda jobs: page.evaluate(EVALUATE, jobs)), page.close
