"""A definition made ready: checks compiled once, then run on many answers.

Answers are a mapping of field key → canonical value (see :mod:`forms.field_types`). Empty is None, ``""``, ``[]`` or absent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forms import field_types
from forms.definition import CodeList, Definition, Expr, Field, Section
from forms.expressions import Environment, canonical, evaluate, holds, passes, variables_of
from forms.labels import Label
from forms.problems import Invalid, Problem

Answers = dict[str, Any]
#: ``(form key, record id, field key) -> value`` of a referenced record
ReferenceReader = Callable[[str, str, str], Any]

REQUIRED = Label("请填写", "Please fill this in")
ATTACHMENT_DUE = Label("请上传附件", "Please upload the attachment")
ATTACHMENTS = frozenset({"file", "image", "signature"})


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may know besides the answers.

    ``variables`` are ``org_id``, ``org_name``, ``user_name``, ``user_mobile``, ``region``, ``state`` …, written ``_org_name`` in rules.
    """

    today: date
    role: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    reference: ReferenceReader | None = None
    previous: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What holds for one set of answers: paths that are visible and required, and the answers with computed fields.

    A path is ``salary_max``, or ``positions[<_row>].salary_max`` for a column of a row.
    """

    visible: frozenset[str]
    required: frozenset[str]
    answers: Answers


@dataclass(frozen=True, slots=True)
class Column:
    """A field with everything precomputed that its values need."""

    path: str
    field: Field
    type: field_types.FieldType
    code_list: CodeList | None
    check: field_types.base.Compiled
    columns: Mapping[str, Column]


def is_empty(value: Any) -> bool:
    """Tell whether *value* counts as no answer."""
    return value is None or value == "" or value == [] or value == {}


def compile_form(definition: Definition) -> CompiledForm:
    """Return *definition* made ready; do it once per version."""
    return CompiledForm(definition)


class CompiledForm:
    """A form that checks, merges and evaluates answers."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.columns: dict[str, Column] = {item.key: self._column(item.key, item) for item in definition.fields}
        self.types = {path: item.type for path, item in definition.walk()}
        self.by_path: dict[str, Column] = {}
        for column in self.columns.values():
            self.by_path[column.path] = column
            self.by_path.update({inner.path: inner for inner in column.columns.values()})
        self.section_of: dict[str, Section] = {item.key: section for section in definition.sections for item in section.fields}
        self._rules = any(item.visible_when or item.required_when for _, item in definition.walk()) or any(s.visible_when for s in definition.sections)
        self.compute_order = tuple(self._compute_order())

    def _column(self, path: str, item: Field) -> Column:
        code_list = self.definition.code_list(path)
        field_type = field_types.get(item.type)
        inner = {column.key: self._column(f"{path}.{column.key}", column) for column in item.fields}
        return Column(path, item, field_type, code_list, field_type.compile(item, code_list), inner)

    def _compute_order(self) -> list[str]:
        computed = {path: item.compute for path, item in self.definition.walk() if item.compute is not None}
        graph: dict[str, set[str]] = {}
        for path, expression in computed.items():
            table = path.rpartition(".")[0]
            names = {name.removeprefix("parent.") for name in variables_of(expression.tree)}
            graph[path] = {other for other in computed if other != path and (other in names or (table and other.removeprefix(f"{table}.") in names))}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError:
            # The check refuses such a form; a draft of it must still open.
            return list(computed)

    # -- cleaning ---------------------------------------------------------------------------------------------

    def clean(self, raw: Mapping[str, Any], *, context: Context | None = None) -> tuple[Answers, list[Problem]]:
        """Return *raw* normalised, and what does not fit.

        A value that does not fit its type stays as it is, so that a draft loses nothing. A key that is no field is a
        problem; computed fields and notes are dropped. New rows of sub-tables get their ``_row``.
        """
        problems: list[Problem] = []
        return self._clean(raw, self.columns, "", None, problems), problems

    def _clean(self, raw: Mapping[str, Any], columns: Mapping[str, Column], table: str, row: int | None, problems: list[Problem]) -> Answers:
        answers: Answers = {}
        for key, value in raw.items():
            column = columns.get(key)
            if column is None:
                if table and key == "_row":
                    continue
                path = f"{table}.{key}" if table else str(key)
                problems.append(Problem(path, row, "unknown_field", Label(f"表单没有“{key}”这个字段", f"The form has no field “{key}”")))
                continue
            if is_empty(value):
                answers[key] = None
                continue
            if column.type.name == "computed" or not column.type.stores:
                continue
            try:
                checked = column.check(value)
            except Invalid as error:
                problems.append(Problem(column.path, row, error.code, error.message))
                answers[key] = value
                continue
            answers[key] = self._rows(checked, column, problems) if column.columns else checked
        return answers

    def _rows(self, rows: list[Mapping[str, Any]], column: Column, problems: list[Problem]) -> list[Answers]:
        cleaned = []
        seen: set[str] = set()
        for number, row in enumerate(rows, 1):
            identifier = row.get("_row")
            if not isinstance(identifier, str) or not identifier or len(identifier) > 40 or identifier in seen:
                identifier = secrets.token_hex(8)
            seen.add(identifier)
            cleaned.append({"_row": identifier, **self._clean(row, column.columns, column.path, number, problems)})
        return cleaned

    def merge(self, current: Mapping[str, Any], changes: Mapping[str, Any]) -> Answers:
        """Return *current* with *changes*: absent is unchanged, None clears, a list of rows replaces, rows of the same ``_row`` merge."""
        merged = dict(current)
        for key, value in changes.items():
            column = self.columns.get(key)
            if is_empty(value):
                merged.pop(key, None)
            elif column is not None and column.columns and isinstance(value, list):
                known = {row.get("_row"): row for row in current.get(key) or [] if isinstance(row, Mapping)}
                merged[key] = [self._merge_row(known.get(row.get("_row"), {}), row) for row in value]
            else:
                merged[key] = value
        return merged

    @staticmethod
    def _merge_row(current: Mapping[str, Any], row: Mapping[str, Any]) -> Answers:
        merged = {**current, **row}
        return {key: value for key, value in merged.items() if not is_empty(value)}

    # -- evaluation -------------------------------------------------------------------------------------------

    def environment(self, answers: Mapping[str, Any], context: Context, row: Mapping[str, Any] | None = None, table: str | None = None) -> Environment:
        """Return what names mean for *answers*, or for one row of the sub-table *table*."""
        variables = {**context.variables, "role": context.role}

        def reference(path: str, identifier: str, key: str) -> Any:
            column = self.by_path.get(path) or self.by_path.get(f"{table}.{path}")
            if column is None or column.field.form is None or context.reference is None:
                return None
            return context.reference(column.field.form, identifier, key)

        return Environment(
            answers=answers, row=row, table=table, today=context.today, variables=variables, reference=reference, previous=context.previous, types=self.types
        )

    def evaluate(self, answers: Mapping[str, Any], *, context: Context) -> State:
        """Return what is visible and required, and the answers with computed fields filled."""
        filled = self._computed(answers, context)
        visible: set[str] = set()
        required: set[str] = set()
        outer = self.environment(filled, context)
        sections = {section.key: self._holds(section.visible_when, outer) for section in self.definition.sections}
        for key, column in self.columns.items():
            if not sections[self.section_of[key].key] or not self._holds(column.field.visible_when, outer):
                continue
            visible.add(key)
            if self._needs(column.field, outer):
                required.add(key)
            if column.columns:
                self._evaluate_rows(column, filled, context, visible, required)
        return State(frozenset(visible), frozenset(required), filled)

    def _evaluate_rows(self, column: Column, answers: Answers, context: Context, visible: set[str], required: set[str]) -> None:
        for row in _rows_of(answers.get(column.path)):
            inner = self.environment(answers, context, row, column.path)
            prefix = f"{column.path}[{row.get('_row')}]."
            for key, cell in column.columns.items():
                if self._holds(cell.field.visible_when, inner):
                    visible.add(prefix + key)
                    if self._needs(cell.field, inner):
                        required.add(prefix + key)

    @staticmethod
    def _holds(expression: Expr | None, environment: Environment) -> bool:
        return expression is None or holds(expression.tree, environment)

    def _needs(self, item: Field, environment: Environment) -> bool:
        return item.required or (item.required_when is not None and holds(item.required_when.tree, environment))

    def _computed(self, answers: Mapping[str, Any], context: Context) -> Answers:
        filled = dict(answers)
        for path in self.compute_order:
            table, _, key = path.rpartition(".")
            column = self.by_path[path]
            tree = column.field.compute.tree if column.field.compute else None
            if tree is None:
                continue
            if table:
                rows = _rows_of(filled.get(table))
                filled[table] = [{**row, key: self._result(column, tree, self.environment(filled, context, row, table))} for row in rows]
            else:
                filled[key] = self._result(column, tree, self.environment(filled, context))
        return {key: value for key, value in filled.items() if not is_empty(value)}

    @staticmethod
    def _result(column: Column, tree: Any, environment: Environment) -> Any:
        value = canonical(evaluate(tree, environment))
        if is_empty(value):
            return None
        try:
            return column.check(value)
        except Invalid:
            return None

    # -- validation -------------------------------------------------------------------------------------------

    def validate(self, answers: Mapping[str, Any], *, context: Context) -> list[Problem]:
        """Return everything that keeps *answers* from being submitted, and the warnings, in the order of the form."""
        typed: list[Problem] = []
        self._clean(answers, self.columns, "", None, typed)
        state = self.evaluate(answers, context=context)
        wrong = {(problem.field, problem.row) for problem in typed}
        problems: list[Problem] = []
        outer = self.environment(state.answers, context)
        for key, column in self.columns.items():
            if key not in state.visible or not column.type.stores:
                continue
            value = state.answers.get(key)
            problems += [problem for problem in typed if problem.field == key]
            if column.columns:
                problems += self._validate_rows(column, value, state, typed, context)
            elif is_empty(value):
                if key in state.required:
                    problems.append(_missing(column, None))
            elif (key, None) not in wrong:
                problems += self._broken(column, outer, None)
        problems += [problem for problem in typed if problem.code == "unknown_field" and problem not in problems]
        return problems

    def _validate_rows(self, column: Column, value: Any, state: State, typed: list[Problem], context: Context) -> list[Problem]:
        rows = _rows_of(value)
        problems: list[Problem] = []
        low, high = column.field.setting("min_rows", 0), column.field.setting("max_rows", 200)
        low = max(low, 1) if column.path in state.required else low
        if len(rows) < low:
            problems.append(Problem(column.path, None, "too_few_rows", Label(f"至少填 {low} 行，现有 {len(rows)} 行", f"At least {low} row(s), now {len(rows)}")))
        if len(rows) > high:
            problems.append(Problem(column.path, None, "too_many_rows", Label(f"最多填 {high} 行，现有 {len(rows)} 行", f"At most {high} rows, now {len(rows)}")))
        for number, row in enumerate(rows, 1):
            prefix = f"{column.path}[{row.get('_row')}]."
            inner = self.environment(state.answers, context, row, column.path)
            for key, cell in column.columns.items():
                if prefix + key not in state.visible or not cell.type.stores:
                    continue
                found = [problem for problem in typed if problem.field == cell.path and problem.row == number]
                problems += found
                if is_empty(row.get(key)):
                    if prefix + key in state.required:
                        problems.append(_missing(cell, number))
                elif not found:
                    problems += self._broken(cell, inner, number)
        problems += self._repeated(column, rows)
        return problems

    @staticmethod
    def _repeated(column: Column, rows: list[Mapping[str, Any]]) -> list[Problem]:
        keys = column.field.setting("unique_columns", [])
        seen: dict[tuple[str, ...], int] = {}
        problems = []
        for number, row in enumerate(rows, 1):
            values = tuple(str(row.get(key)) for key in keys)
            if not keys or all(is_empty(row.get(key)) for key in keys):
                continue
            if values in seen:
                message = Label(f"与第 {seen[values]} 行重复", f"The same as row {seen[values]}")
                problems.append(Problem(f"{column.path}.{keys[0]}", number, "repeated", message))
            seen.setdefault(values, number)
        return problems

    @staticmethod
    def _broken(column: Column, environment: Environment, row: int | None) -> list[Problem]:
        return [
            Problem(column.path, row, "check", check.message, check.level) for check in column.field.checks if not passes(check.tree, environment)
        ]

    def submitted(self, answers: Mapping[str, Any], *, context: Context) -> Answers:
        """Return what a submit stores: hidden fields dropped, computed ones filled."""
        state = self.evaluate(answers, context=context)
        result: Answers = {}
        for key, value in state.answers.items():
            column = self.columns.get(key)
            if column is None or key not in state.visible:
                continue
            if column.columns:
                prefix = f"{key}[{{}}]."
                value = [
                    {name: cell for name, cell in row.items() if name == "_row" or (prefix.format(row.get("_row")) + name in state.visible and not is_empty(cell))}
                    for row in _rows_of(value)
                ]
            result[key] = value
        # A computed value must not keep what a hidden field added to it.
        return self._computed(result, context)


def _rows_of(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _missing(column: Column, row: int | None) -> Problem:
    if column.type.name in ATTACHMENTS:
        return Problem(column.path, row, "attachment_due", ATTACHMENT_DUE)
    return Problem(column.path, row, "required", REQUIRED)
