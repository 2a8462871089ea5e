"""Evaluates a tree against the answers of a record.

Empty is contagious in arithmetic and comparison, so that a check with an empty operand is neither true nor false and
passes, and a condition with one does not hold; ``and``, ``or`` and ``not`` follow (unknown and false is false).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forms.expressions import operations
from forms.expressions.decimals import number
from forms.expressions.errors import BudgetExceededError
from forms.expressions.parser import Node
from forms.expressions.values import rows_of, settled

#: ``(path of the reference field, id, field of the referenced record) -> JSON value``
Reference = Callable[[str, str, str], Any]


@dataclass(frozen=True, slots=True)
class Environment:
    """What names mean during one evaluation.

    ``answers`` the record; ``row`` and ``table`` the sub-table row a column's rule is evaluated for and its sub-table;
    ``today`` and ``variables`` what ``_today``, ``_role``, ``_org_id`` … stand for (a variable ``_x.y`` is looked up as
    ``x.y``); ``reference`` reads a field of a referenced record; ``previous`` the answers before; ``types`` maps paths
    (``salary_min``, ``positions.need_count``) to type names, so that the text of a number field is a number and a
    column is told from a field of the same name; ``budget`` how many steps one evaluation may take.
    """

    answers: Mapping[str, Any]
    row: Mapping[str, Any] | None = None
    table: str | None = None
    today: date | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    reference: Reference | None = None
    previous: Mapping[str, Any] | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    budget: int = 10_000


def evaluate(node: Node, environment: Environment) -> Any:
    """Return the value of *node*: None, bool, Decimal, str or list; raises BudgetExceededError."""
    return _Evaluation(environment).value(node)


def holds(node: Node, environment: Environment) -> bool:
    """Return whether the condition *node* holds; unknown does not."""
    return evaluate(node, environment) is True


def passes(node: Node, environment: Environment) -> bool:
    """Return whether the check *node* passes; unknown does."""
    return evaluate(node, environment) is not False


class _Evaluation:
    """One evaluation and the steps it has left."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment
        self._left = environment.budget
        self._row, self._table = environment.row, environment.table or ""
        self._strict = False

    def value(self, node: Node) -> Any:
        self._spend(1)
        if not isinstance(node, dict):
            return node if node != "" else None
        ((operator, operands),) = node.items()
        special = _SPECIAL.get(operator)
        if special is not None:
            return special(self, operands)
        arguments = [self.value(operand) for operand in operands]
        return operations.OPERATIONS[operator](*arguments)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise BudgetExceededError

    def number_of(self, text: str) -> Any:
        return number(text)

    def list_of(self, items: list[Node]) -> Any:
        values = [self.value(item) for item in items]
        return [value for value in values if value is not None] or None

    def variable(self, path: str) -> Any:
        head, _, rest = path.partition(".")
        if head.startswith("_"):
            return self._system(path)
        if rest and head == "parent":
            return self._read(self._env.answers, rest, "")
        if rest and head == "previous":
            return self._read(self._env.previous or {}, rest, "")
        if self._row is not None and (self._strict or self._is_column(head)):
            return self._read(self._row, path, self._table)
        return self._read(self._env.answers, path, "")

    def _is_column(self, name: str) -> bool:
        row = self._row or {}
        return name in row or f"{self._table}.{name}" in self._env.types

    def _system(self, path: str) -> Any:
        if path == "_today":
            return self._env.today.isoformat() if self._env.today else None
        variables = self._env.variables
        return settled(variables[path] if path in variables else variables.get(path[1:]))

    def _read(self, container: Mapping[str, Any], path: str, prefix: str) -> Any:
        head, _, rest = path.partition(".")
        value = container.get(head)
        qualified = f"{prefix}.{head}" if prefix else head
        if not rest:
            return settled(value, self._env.types.get(qualified, ""))
        rows = rows_of(value)
        if rows is not None:
            self._spend(len(rows))
            column = [self._read(row, rest, qualified) for row in rows]
            return [item for item in column if item is not None] or None
        return self._referenced(value, qualified, rest)

    def _referenced(self, value: Any, path: str, name: str) -> Any:
        if isinstance(value, Mapping) and name in {"id", "label"}:
            return settled(value.get(name))
        if isinstance(value, Mapping) and "id" not in value:
            return settled(value.get(name))
        record_id = settled(value)
        if not isinstance(record_id, str) or self._env.reference is None:
            return record_id if name == "id" else None
        return settled(self._env.reference(path, record_id, name))

    def where(self, operands: list[Any]) -> Any:
        table, column, rows = self._rows(operands[0])
        found = [row for row in rows if self._meets(row, table, operands[1])]
        if column:
            found = [item for item in (self._read(row, column, table) for row in found) if item is not None]
        return found or None

    def every(self, operands: list[Any]) -> bool:
        node = operands[0]
        if isinstance(node, dict) and "where" in node:
            table, _, rows = self._rows(node["where"][0])
            return all(self._meets(row, table, node["where"][1]) for row in rows)
        return operations.every(self.value(node))

    def _rows(self, node: dict[str, str]) -> tuple[str, str, list[Mapping[str, Any]]]:
        """Return sub-table, column and rows that the operand of ``where`` names."""
        table, _, column = node["var"].removeprefix("parent.").partition(".")
        rows = rows_of(self._env.answers.get(table)) or []
        self._spend(len(rows))
        return table, column, rows

    def _meets(self, row: Mapping[str, Any], table: str, condition: Node) -> bool:
        outer = self._row, self._table, self._strict
        self._row, self._table, self._strict = row, table, True
        try:
            return self.value(condition) is True
        finally:
            self._row, self._table, self._strict = outer

    def conjunction(self, operands: list[Node]) -> Any:
        return self._logic(operands, decisive=False)

    def disjunction(self, operands: list[Node]) -> Any:
        return self._logic(operands, decisive=True)

    def _logic(self, operands: list[Node], *, decisive: bool) -> bool | None:
        unknown = False
        for operand in operands:
            value: object = self.value(operand)
            if value is decisive:
                return decisive
            unknown = unknown or not isinstance(value, bool)
        return None if unknown else not decisive

    def choice(self, operands: list[Node]) -> Any:
        if self.value(operands[0]) is True:
            return self.value(operands[1])
        return self.value(operands[2]) if len(operands) > 2 else None

    def first(self, operands: list[Node]) -> Any:
        for operand in operands:
            value = self.value(operand)
            if value is not None:
                return value
        return None


#: Operators that do not simply take the values of their operands.
_SPECIAL: dict[str, Callable[[_Evaluation, Any], Any]] = {
    "num": _Evaluation.number_of,
    "list": _Evaluation.list_of,
    "var": _Evaluation.variable,
    "where": _Evaluation.where,
    "all": _Evaluation.every,
    "and": _Evaluation.conjunction,
    "or": _Evaluation.disjunction,
    "if": _Evaluation.choice,
    "coalesce": _Evaluation.first,
}
