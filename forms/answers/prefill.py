"""What a new record starts with: defaults and prefill expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.answers import fixed_rows
from forms.answers.answer import Answers, Column, Context, is_empty
from forms.answers.problems import Invalid
from forms.compiled import CompiledForm
from forms.expressions import ExpressionError, Node, canonical, evaluate


def prefill(form: CompiledForm, context: Context) -> Answers:
    """Return the answers that a new record of *form* starts with; what does not fit is left empty."""
    answers: Answers = {}
    for key, column in form.columns.items():
        value = _value(form, column, answers, context)
        if not is_empty(value):
            answers[key] = value
    for key in form.fixed:
        start = prefill_row(form, key, answers, context)
        rows = fixed_rows.settled(form.columns[key], [])
        answers[key] = [{**start, **row} for row in rows]
    return answers


def prefill_row(form: CompiledForm, table: str, answers: Mapping[str, Any], context: Context) -> Answers:
    """Return what a new row of the sub-table *table* starts with."""
    row: Answers = {}
    for key, column in form.columns[table].columns.items():
        value = _value(form, column, answers, context)
        if not is_empty(value):
            row[key] = value
    return row


def _value(form: CompiledForm, column: Column, answers: Mapping[str, Any], context: Context) -> Any:
    """Return what the prefill expression gives, or else the default; what does not fit the field is neither."""
    for raw in (_prefilled(form, column, answers, context), column.field.default):
        if is_empty(raw) or column.columns or not column.takes_answers:
            continue
        try:
            return column.check(raw)
        except Invalid:
            continue
    return None


def _prefilled(form: CompiledForm, column: Column, answers: Mapping[str, Any], context: Context) -> Any:
    if column.field.prefill is None:
        return None
    tree = column.field.prefill.tree
    try:
        return _named(tree, context) or canonical(evaluate(tree, form.environment(answers, context)))
    except ExpressionError:
        return None


def _named(tree: Node, context: Context) -> Any:
    """Return the reference that *tree* names and nothing else: an expression would keep its id alone."""
    name = tree.get("var", "") if isinstance(tree, dict) else ""
    value = context.variables.get(name[1:]) if name.startswith("_") else None
    return dict(value) if isinstance(value, Mapping) else None
