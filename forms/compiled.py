"""A definition made ready: checks compiled once, then run on many answers."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forms import field_types
from forms.answers import cleaning, fixed_rows, validation
from forms.answers.answer import Answers, Column, Context, ReferenceReader, State, is_empty, rows_of
from forms.answers.problems import Invalid, Problem
from forms.definition import CodeList, Definition, Expr, Field, Section
from forms.expressions import Environment, ExpressionError, canonical, evaluate, holds
from forms.rule_types import reads, types_of

__all__ = ["Answers", "Column", "CompiledForm", "Context", "ReferenceReader", "State", "compile_form", "is_empty"]


def compile_form(definition: Definition) -> CompiledForm:
    """Return *definition* made ready; do it once per version."""
    return CompiledForm(definition)


class CompiledForm:
    """A form that checks, merges and evaluates answers."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.columns: dict[str, Column] = {item.key: self._column(item.key, item) for item in definition.fields}
        self.tables = frozenset(item.key for item in definition.subtables)
        #: Sub-tables with fixed rows.
        self.fixed = tuple(key for key, column in self.columns.items() if fixed_rows.heading(column) is not None)
        self.types = types_of(definition)
        self.by_path: dict[str, Column] = {}
        for column in self.columns.values():
            self.by_path[column.path] = column
            self.by_path.update({inner.path: inner for inner in column.columns.values()})
        self.section_of: dict[str, Section] = {
            item.key: section for section in definition.sections for item in section.fields
        }
        conditions = [item.visible_when for _, item in definition.walk()]
        conditions += [section.visible_when for section in definition.sections]
        #: A chain of fields that show one another is at most as long as there are conditions.
        self._longest_chain = len(conditions) - conditions.count(None)
        self.compute_order = tuple(self._compute_order())

    def _column(self, path: str, item: Field) -> Column:
        code_list = self.definition.code_list(path)
        field_type = field_types.get(item.type)
        inner = {column.key: self._column(f"{path}.{column.key}", column) for column in item.fields}
        return Column(
            path,
            item,
            field_type,
            code_list,
            field_type.compile(item, code_list),
            inner,
            {part.key: self._part(f"{path}.{part.key}", part, code_list) for part in field_type.parts(item)},
            field_type.stores and not field_type.computes,
        )

    @staticmethod
    def _part(path: str, part: Field, code_list: CodeList | None) -> Column:
        field_type = field_types.get(part.type)
        codes = code_list if field_type.has_options else None
        return Column(path, part, field_type, codes, field_type.compile(part, codes), {})

    def _compute_order(self) -> list[str]:
        computed = {path: item.compute for path, item in self.definition.walk() if item.compute is not None}
        graph = {
            path: (reads(expression.tree, path, self.types) & computed.keys()) - {path}
            for path, expression in computed.items()
        }
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError:
            # The check refuses such a form; a draft of it must still open.
            return list(computed)

    def clean(self, raw: Mapping[str, Any], *, context: Context | None = None) -> tuple[Answers, list[Problem]]:
        """Return *raw* normalised, and what does not fit.

        A value that does not fit its type stays as it is, so that a draft loses nothing. A key that is no field is a
        problem; computed fields and notes are dropped. New rows of sub-tables get their ``_row``.
        """
        del context  # types know no clock; rules, which do, run in validate()
        problems: list[Problem] = []
        return cleaning.clean(raw, self.columns, problems), problems

    def merge(self, current: Mapping[str, Any], changes: Mapping[str, Any]) -> Answers:
        """Return *current* with *changes*: absent is unchanged, None clears.

        A list of rows replaces the old one; rows of the same ``_row`` merge.
        """
        return cleaning.merge(current, changes, self.columns)

    def warnings(self, answers: Mapping[str, Any], *, context: Context) -> tuple[Problem, ...]:
        """Return what somebody should look at again, which blocks nothing: *warning* rules and doubts of types."""
        return tuple(item for item in self.validate(answers, context=context) if item.level == "warning")

    def environment(
        self,
        answers: Mapping[str, Any],
        context: Context,
        row: Mapping[str, Any] | None = None,
        table: str | None = None,
    ) -> Environment:
        """Return what names mean for *answers*, or for one row of the sub-table *table*."""
        variables = {**context.variables, "role": context.role}

        def reference(path: str, identifier: str, key: str) -> Any:
            column = self.by_path.get(path) or self.by_path.get(f"{table}.{path}")
            if column is None or column.field.form is None or context.reference is None:
                return None
            return context.reference(column.field.form, identifier, key)

        return Environment(
            answers=answers,
            row=row,
            table=table,
            today=context.today,
            variables=variables,
            reference=reference,
            previous=context.previous,
            types=self.types,
        )

    def evaluate(self, answers: Mapping[str, Any], *, context: Context) -> State:
        """Return what is visible and required, and the answers with computed fields filled.

        A hidden field counts as empty wherever a rule reads it, and so on along the chain of fields that show one
        another; ``State.answers`` still holds what was typed there.
        """
        answers = self._typed(answers)
        effective = self._computed(answers, context)
        visible = self._visible(effective, context)
        for _ in range(self._longest_chain + 1 if self._longest_chain else 0):
            shown = self._computed(self._without_hidden(answers, visible), context, visible)
            if shown == effective:
                break
            effective = shown
            again = self._visible(effective, context)
            # Rows that a hidden table keeps to itself must not come and go.
            if again == visible:
                break
            visible = again
        filled = {**answers, **effective}
        for key in self.tables:
            filled[key] = self._overlay(answers.get(key), effective.get(key))
        filled = {key: value for key, value in filled.items() if not is_empty(value)}
        return State(visible, self._required(visible, effective, context), filled, effective)

    def with_fixed_rows(self, answers: Mapping[str, Any]) -> Answers:
        """Return *answers* with every row of tables with fixed rows, in order (:mod:`forms.answers.fixed_rows`)."""
        return {
            **answers,
            **{key: fixed_rows.settled(self.columns[key], answers.get(key)) for key in self.fixed},
        }

    def _typed(self, answers: Mapping[str, Any]) -> Answers:
        """Return the answers without the empty ones and without what was computed from others before.

        None of the fixed rows is missing, whatever is stored.
        """
        typed = self.with_fixed_rows({key: value for key, value in answers.items() if not is_empty(value)})
        for path in self.compute_order:
            table, _, key = path.rpartition(".")
            if not table:
                typed.pop(key, None)
            elif isinstance(typed.get(table), list):
                typed[table] = [
                    {name: cell for name, cell in row.items() if name != key} if isinstance(row, Mapping) else row
                    for row in typed[table]
                ]
        return typed

    @staticmethod
    def _overlay(typed: Any, effective: Any) -> Any:
        """Return the typed rows with what was computed in them; hidden cells stay."""
        computed = {row.get("_row"): row for row in rows_of(effective)}
        if not isinstance(typed, list):
            return typed
        return [{**row, **computed.get(row.get("_row"), {})} if isinstance(row, Mapping) else row for row in typed]

    def _visible(self, answers: Answers, context: Context) -> frozenset[str]:
        visible: set[str] = set()
        outer = self.environment(answers, context)
        sections = {section.key: self.holds(section.visible_when, outer) for section in self.definition.sections}
        for key, column in self.columns.items():
            if not sections[self.section_of[key].key] or not self.holds(column.field.visible_when, outer):
                continue
            visible.add(key)
            if column.columns:
                self._visible_cells(column, answers, context, visible)
        return frozenset(visible)

    def _visible_cells(self, column: Column, answers: Answers, context: Context, visible: set[str]) -> None:
        always = [key for key, cell in column.columns.items() if cell.field.visible_when is None]
        rules = {key: cell.field.visible_when for key, cell in column.columns.items() if cell.field.visible_when}
        for row in rows_of(answers.get(column.path)):
            prefix = f"{column.path}[{row.get('_row')}]."
            visible.update(prefix + key for key in always)
            if rules:
                inner = self.environment(answers, context, row, column.path)
                visible.update(prefix + key for key, rule in rules.items() if self.holds(rule, inner))

    def _required(self, visible: frozenset[str], answers: Answers, context: Context) -> frozenset[str]:
        required: set[str] = set()
        outer = self.environment(answers, context)
        for key, column in self.columns.items():
            if key not in visible:
                continue
            if self._needs(column.field, outer):
                required.add(key)
            if column.columns:
                for row in rows_of(answers.get(key)):
                    inner = self.environment(answers, context, row, key)
                    prefix = f"{key}[{row.get('_row')}]."
                    required.update(
                        prefix + name
                        for name, cell in column.columns.items()
                        if prefix + name in visible and self._needs(cell.field, inner)
                    )
        return frozenset(required)

    def _without_hidden(self, answers: Mapping[str, Any], visible: frozenset[str]) -> Answers:
        """Return the answers of visible fields; a row keeps its id."""
        kept: Answers = {}
        for key, value in answers.items():
            if key not in visible or is_empty(value):
                continue
            kept[key] = self._visible_row_cells(key, value, visible) if key in self.tables else value
        return {key: value for key, value in kept.items() if not is_empty(value)}

    @staticmethod
    def _visible_row_cells(key: str, value: Any, visible: frozenset[str]) -> Any:
        return [
            {
                name: cell
                for name, cell in row.items()
                if name == "_row" or (f"{key}[{row.get('_row')}].{name}" in visible and not is_empty(cell))
            }
            for row in rows_of(value)
        ]

    @staticmethod
    def holds(expression: Expr | None, environment: Environment) -> bool:
        """Tell whether a condition holds; no condition always does, one too costly to work out does not hide."""
        try:
            return expression is None or holds(expression.tree, environment)
        except ExpressionError:
            return True

    @staticmethod
    def _needs(item: Field, environment: Environment) -> bool:
        if item.required or item.required_when is None:
            return item.required
        try:
            return holds(item.required_when.tree, environment)
        except ExpressionError:
            return False

    def _computed(self, answers: Mapping[str, Any], context: Context, visible: frozenset[str] | None = None) -> Answers:
        """Return the answers with what is computed from them; of that nothing that is not *visible*."""
        filled = {key: value for key, value in answers.items() if not is_empty(value)}
        for path in self.compute_order:
            table, _, key = path.rpartition(".")
            column = self.by_path[path]
            if table:
                if filled.get(table):
                    filled[table] = [
                        self._computed_row(column, row, filled, context, visible) for row in rows_of(filled[table])
                    ]
            elif visible is None or path in visible:
                value = self._result(column, self.environment(filled, context))
                if not is_empty(value):
                    filled[key] = value
        return filled

    def _computed_row(
        self,
        column: Column,
        row: Mapping[str, Any],
        answers: Answers,
        context: Context,
        visible: frozenset[str] | None,
    ) -> Mapping[str, Any]:
        table, _, key = column.path.rpartition(".")
        if visible is not None and f"{table}[{row.get('_row')}].{key}" not in visible:
            return row
        value = self._result(column, self.environment(answers, context, row, table))
        return row if is_empty(value) else {**row, key: value}

    @staticmethod
    def _result(column: Column, environment: Environment) -> Any:
        compute = column.field.compute
        try:
            value = canonical(evaluate(compute.tree, environment)) if compute else None
            return None if is_empty(value) else column.check(value)
        except (ExpressionError, Invalid):
            return None

    def validate(self, answers: Mapping[str, Any], *, context: Context) -> list[Problem]:
        """Return everything that keeps *answers* from being submitted, and the warnings, in the order of the form."""
        return validation.validate(self, answers, context)

    def submitted(self, answers: Mapping[str, Any], *, context: Context) -> Answers:
        """Return what a submit stores: hidden fields dropped, computed ones filled."""
        state = self.evaluate(answers, context=context)
        kept = {key: value for key, value in state.effective.items() if key in self.columns}
        return self._without_hidden(kept, state.visible)
