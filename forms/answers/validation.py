"""Everything that a submit needs: types, required fields, rules, rows, options that are still offered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forms import field_types
from forms.answers import cleaning, fixed_rows
from forms.answers.answer import Column, Context, State, is_empty, rows_of
from forms.answers.problems import Invalid, Problem
from forms.definition import Check
from forms.expressions import Environment, ExpressionError, passes
from forms.field_types.subtable import MOST_ROWS
from forms.labels import Label

if TYPE_CHECKING:
    from forms.compiled import CompiledForm

REQUIRED = Label("请填写", "Please fill this in")
ATTACHMENT_DUE = Label("请上传附件", "Please upload the attachment")
MASKED = Label("此项不符合要求，请重新填写", "This answer does not fit; fill it in again")
MASKED_DOUBT = Label("此项请再核对，无误可照常提交", "Look at this answer again; if it is right, go on")
ATTACHMENTS = frozenset(name for name, field_type in field_types.FIELD_TYPES.items() if field_type.attachment)
#: What tells no more of an answer than that there is none.
TELL_NOTHING = frozenset({"required", "attachment_due", "unknown_field", "check"})

Found = Mapping[tuple[str, int | None], list[Problem]]


def validate(form: CompiledForm, answers: Mapping[str, Any], context: Context) -> list[Problem]:
    """Return every problem of *answers*, in the order of the form; hidden fields have none."""
    misfits: list[Problem] = []
    # Problems name rows by their number, so the rows are in order first.
    cleaned = cleaning.clean(form.with_fixed_rows(answers), form.columns, misfits)
    found: defaultdict[tuple[str, int | None], list[Problem]] = defaultdict(list)
    for problem in misfits:
        found[problem.field, problem.row].append(problem)
    state = form.evaluate(cleaned, context=context)
    outer = form.environment(state.effective, context)
    previous = context.previous or {}
    problems: list[Problem] = []
    for key, column in form.columns.items():
        if key not in state.visible or not column.type.stores:
            continue
        own = found.get((key, None), [])
        problems += own
        if column.columns:
            problems += _rows(form, column, state, found, context)
            problems += _broken(column, outer, None)
            continue
        problems += _one(
            column, state.effective, outer, None, required=key in state.required, own=own, previous=previous.get(key)
        )
    problems += [problem for problem in misfits if problem.code == "unknown_field"]
    return [_veiled(problem, context) for problem in problems] if context.masked else problems


def _veiled(problem: Problem, context: Context) -> Problem:
    """Return the problem of a masked answer without what it tells of that answer; a rule's message is its author's."""
    if problem.field not in context.masked or problem.code in TELL_NOTHING:
        return problem
    message = MASKED if problem.level == "error" else MASKED_DOUBT
    return Problem(problem.field, problem.row, "masked", message, problem.level)


def _one(
    column: Column,
    siblings: Mapping[str, Any],
    environment: Environment,
    row: int | None,
    *,
    required: bool,
    own: list[Problem],
    previous: Any,
) -> list[Problem]:
    value = siblings.get(column.field.key)
    if own:
        return []
    if is_empty(value):
        missing = [_missing(column, row)] if required else []
        return missing or _broken(column, environment, row)
    try:
        column.type.check_complete(column.field, value, required=required)
        column.type.check_beside(column.field, value, siblings)
    except Invalid as error:
        return [Problem(column.path, row, error.code, error.message)]
    doubts = [
        Problem(column.path, row, doubt.code, doubt.message, "warning")
        for doubt in column.type.doubts(column.field, value, siblings)
    ]
    return [*_offered(column, value, previous, environment, row), *doubts, *_broken(column, environment, row)]


def _missing(column: Column, row: int | None) -> Problem:
    if column.type.attachment:
        return Problem(column.path, row, "attachment_due", ATTACHMENT_DUE)
    return Problem(column.path, row, "required", REQUIRED)


def _offered(column: Column, value: Any, previous: Any, environment: Environment, row: int | None) -> list[Problem]:
    """Return a problem for each chosen option that is retired (unless it stood there before) or filtered out."""
    if column.code_list is None or not column.type.has_options:
        return []
    before = [] if is_empty(previous) else column.type.codes(previous)
    problems = []
    chosen = (column.code_list.get(code) for code in dict.fromkeys(column.type.codes(value)) if isinstance(code, str))
    for option in filter(None, chosen):
        text = option.label
        if option.retired and option.code not in before:
            message = Label(f"“{text.zh}”已停用，请改选", f"“{text.get('en')}” is no longer offered; choose another")
            problems.append(Problem(column.path, row, "retired_option", message))
        elif column.field.option_filter is not None:
            variables = {**environment.variables, "code": option.code, "kind": option.kind}
            if not _passes(column.field.option_filter.tree, replace(environment, variables=variables)):
                message = Label(f"这里不能选“{text.zh}”", f"“{text.get('en')}” cannot be chosen here")
                problems.append(Problem(column.path, row, "option_not_offered", message))
    return problems


def _broken(column: Column, environment: Environment, row: int | None) -> list[Problem]:
    checks: tuple[Check, ...] = column.field.checks
    return [
        Problem(column.path, row, "check", check.message, check.level)
        for check in checks
        if not _passes(check.tree, environment)
    ]


def _passes(tree: Any, environment: Environment) -> bool:
    try:
        return passes(tree, environment)
    except ExpressionError:
        # Too costly to decide: nobody is refused for a rule that cannot be worked out.
        return True


def _rows(form: CompiledForm, column: Column, state: State, found: Found, context: Context) -> list[Problem]:
    rows = rows_of(state.effective.get(column.path))
    head = fixed_rows.heading(column)
    if head is None:
        problems = _count(column, len(rows), required=column.path in state.required)
    else:
        problems = list(fixed_rows.problems(column, rows, (context.previous or {}).get(column.path)))
    for number, row in enumerate(rows, 1):
        prefix = f"{column.path}[{row.get('_row')}]."
        inner = form.environment(state.effective, context, row, column.path)
        before = _previous_row(context, column.path, row)
        for key, cell in column.columns.items():
            if prefix + key not in state.visible or not cell.type.stores:
                continue
            own = found.get((cell.path, number), [])
            if cell is head:
                continue
            problems += own
            problems += _one(
                cell, row, inner, number, required=prefix + key in state.required, own=own, previous=before.get(key)
            )
    return problems if head is not None else problems + _repeated(column, rows)


def _previous_row(context: Context, table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    identifier = row.get("_row")
    old = rows_of((context.previous or {}).get(table))
    return next((former for former in old if former.get("_row") == identifier), {})


def _count(column: Column, rows: int, *, required: bool) -> list[Problem]:
    low, high = column.field.setting("min_rows", 0), column.field.setting("max_rows", MOST_ROWS)
    low = max(low, 1) if required else low
    if rows < low:
        message = Label(f"至少填 {low} 行，现有 {rows} 行", f"At least {low} row(s), now {rows}")
        return [Problem(column.path, None, "too_few_rows", message)]
    if rows > high:
        message = Label(f"最多填 {high} 行，现有 {rows} 行", f"At most {high} rows, now {rows}")
        return [Problem(column.path, None, "too_many_rows", message)]
    return []


def _repeated(column: Column, rows: list[Mapping[str, Any]]) -> list[Problem]:
    keys = column.field.setting("unique_columns", [])
    seen: dict[tuple[str, ...], int] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, 1):
        if all(is_empty(row.get(key)) for key in keys):
            continue
        values = tuple(str(row.get(key)) for key in keys)
        if values in seen:
            message = Label(f"与第 {seen[values]} 行重复", f"The same as row {seen[values]}")
            problems.append(Problem(f"{column.path}.{keys[0]}", number, "repeated", message))
        seen.setdefault(values, number)
    return problems
