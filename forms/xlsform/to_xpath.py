"""Expressions of ours as XPath."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from forms.expressions import Node
from forms.xlsform.pairs import template_of
from forms.xlsform.remarks import Unsayable
from forms.xlsform.xpath import Tree, filled

YES, NO = "yes", "no"
NOTHING: Tree = ("str", "")
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)
_DATES = frozenset({"date", "month"})
_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "div"}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True)
class Names:
    """What the paths of a form are called in the workbook, and of which type they are."""

    names: Mapping[str, str]
    types: Mapping[str, str]
    #: Names of the choices, inside a choice filter.
    choices: Mapping[str, str] = field(default_factory=dict)

    def path_of(self, written: str, table: str) -> str:
        """Return the path that a name of an expression means; raises Unsayable."""
        head, _, rest = written.partition(".")
        if head == "parent":
            path = rest
        elif table and f"{table}.{head}" in self.types:
            path = f"{table}.{written}"
        else:
            path = written
        if path not in self.names:
            raise Unsayable(f"“{written}”在 XLSForm 里没有对应", f"XLSForm has no “{written}”")
        if table and path.startswith(f"{table}.") and written == path:
            raise Unsayable(
                f"在明细行里不能引用整列“{written}”", f"Inside a row the whole column “{written}” cannot be named"
            )
        return path


class Writer:
    """Writes the expressions that belong to one field."""

    def __init__(self, names: Names, own: str = "") -> None:
        self.names = names
        self.own = own
        self.table = own.rpartition(".")[0]
        #: Whether ``.`` stands for the own field, as in a constraint.
        self.dotted = False

    def condition(self, node: Node) -> Tree:
        """Return *node* where a yes or no is wanted; raises Unsayable."""
        if isinstance(node, dict) and "var" in node and self._type(node) == "bool":
            return ("=", self.value(node), ("str", YES))
        return self.value(node)

    def constraint(self, node: Node) -> Tree:
        """Return *node* with ``.`` for the own field; raises Unsayable."""
        self.dotted = True
        try:
            return self.condition(node)
        finally:
            self.dotted = False

    def value(self, node: Node) -> Tree:
        """Return *node*; raises Unsayable."""
        if node is None:
            return NOTHING
        if isinstance(node, bool):
            return ("call", "true" if node else "false")
        if isinstance(node, str):
            return ("str", node)
        ((operator, operands),) = node.items()
        if operator == "num":
            text = str(operands)
            return ("neg", ("num", text[1:])) if text.startswith("-") else ("num", text)
        if operator == "var":
            return self._variable(operands)
        special = getattr(self, f"_{operator}", None) if operator.isalpha() else None
        if special is not None:
            tree: Tree = special(operands)
            return tree
        if operator in _ARITHMETIC:
            parts = [self.value(operand) for operand in operands]
            return reduce(lambda left, right: (_ARITHMETIC[operator], left, right), parts)
        if operator in _COMPARISONS:
            return self._compared(operator, operands)
        return self._function(operator, operands)

    def _function(self, name: str, operands: list[Node]) -> Tree:
        known = template_of(name, len(operands))
        if known is None:
            raise Unsayable(f"XLSForm 没有“{name}”", f"XLSForm has no “{name}”")
        slots, template = known
        if name == "if":
            parts = [self.condition(operands[0]), *(self.value(operand) for operand in operands[1:])]
        else:
            parts = [self._single(operand) for operand in operands]
        tree: Tree = filled(template, dict(zip(slots, parts, strict=True)))
        return tree

    def _type(self, node: Node) -> str:
        if isinstance(node, dict) and "var" in node and not node["var"].startswith("_"):
            return self.names.types.get(self.names.path_of(node["var"], self.table), "")
        return "date" if node == {"var": "_today"} else ""

    def _variable(self, written: str) -> Tree:
        if written in self.names.choices:
            return ("name", self.names.choices[written])
        if written == "_today":
            return ("call", "today")
        path = self.names.path_of(written, self.table)
        if self.dotted and path == self.own:
            return ("dot",)
        return ("ref", self.names.names[path])

    def _across(self, node: Node) -> bool:
        """Tell whether *node* names a column across all rows."""
        if not (isinstance(node, dict) and "var" in node) or node["var"].startswith("_"):
            return False
        path = self.names.path_of(node["var"], self.table)
        table = path.partition(".")[0]
        return "." in path and self.names.types.get(table) == "subtable" and table != self.table

    def _single(self, node: Node) -> Tree:
        if self._across(node) or self._type(node) == "subtable":
            raise Unsayable("这里不能用整列", "A whole column cannot stand here")
        return self.value(node)

    def _compared(self, operator: str, operands: list[Node]) -> Tree:
        left, right = operands
        types = {self._type(left), self._type(right)}
        parts: list[Tree] = []
        for operand in operands:
            if isinstance(operand, bool) and "bool" in types:
                parts.append(("str", YES if operand else NO))
            elif isinstance(operand, str) and types & _DATES and _DAY.fullmatch(operand):
                parts.append(("call", "date", ("str", operand if len(operand) == 10 else f"{operand}-01")))
            else:
                parts.append(self._single(operand))
        return (operator, *parts)

    def _and(self, operands: list[Node]) -> Tree:
        return reduce(lambda left, right: ("and", left, right), map(self.condition, operands))

    def _or(self, operands: list[Node]) -> Tree:
        return reduce(lambda left, right: ("or", left, right), map(self.condition, operands))

    def _not(self, operands: list[Node]) -> Tree:
        return ("call", "not", self.condition(operands[0]))

    def _neg(self, operands: list[Node]) -> Tree:
        return ("neg", self.value(operands[0]))

    def _in(self, operands: list[Node]) -> Tree:
        value, listed = self._single(operands[0]), operands[1]
        if isinstance(listed, dict) and "list" in listed and listed["list"]:
            items = listed["list"]
            if all(isinstance(item, str) and item and not re.search(r"\s", item) for item in items):
                return ("call", "selected", ("str", " ".join(items)), value)
            if all(isinstance(item, str) or (isinstance(item, dict) and "num" in item) for item in items):
                tests = [("=", value, self.value(item)) for item in items]
                return reduce(lambda left, right: ("or", left, right), tests)
        if self._type(listed) == "multiselect":
            return ("call", "selected", self.value(listed), value)
        raise Unsayable("in 的右边 XLSForm 写不出", "XLSForm cannot say the right side of in")

    def _contains(self, operands: list[Node]) -> Tree:
        whole, part = self._single(operands[0]), self.value(operands[1])
        return ("call", "selected" if self._type(operands[0]) == "multiselect" else "contains", whole, part)

    def _empty(self, operands: list[Node], sign: str = "=") -> Tree:
        if not (isinstance(operands[0], dict) and "var" in operands[0]) or self._across(operands[0]):
            raise Unsayable("只能问一个字段是否为空", "Only a field can be asked whether it is empty")
        value = self.value(operands[0])
        if self._type(operands[0]) == "subtable":
            return (">" if sign == "!=" else "=", ("call", "count", value), ("num", "0"))
        return (sign, value, NOTHING)

    def _filled(self, operands: list[Node]) -> Tree:
        return self._empty(operands, "!=")

    def _count(self, operands: list[Node]) -> Tree:
        kind = self._type(operands[0])
        if kind == "multiselect" and not self._across(operands[0]):
            return ("call", "count-selected", self.value(operands[0]))
        return ("call", "count" if kind == "subtable" else "count-non-empty", self._column(operands[0]))

    def _column(self, node: Node) -> Tree:
        if self._across(node) or self._type(node) == "subtable":
            return self.value(node)
        raise Unsayable("这里要用明细表的一列", "A column of a sub-table must stand here")

    def _sum(self, operands: list[Node]) -> Tree:
        # Its sum takes one column.
        sums: list[Tree] = [("call", "sum", self._column(operand)) for operand in operands]
        return reduce(lambda left, right: ("+", left, right), sums)

    def _avg(self, operands: list[Node]) -> Tree:
        if len(operands) != 1:
            raise Unsayable("XLSForm 的平均只能用一列", "An average in XLSForm takes one column")
        column = self._sum(operands)
        return ("div", column, ("call", "count-non-empty", column[2]))

    def _min(self, operands: list[Node], name: str = "min") -> Tree:
        return ("call", name, *(self.value(operand) for operand in operands))

    def _max(self, operands: list[Node]) -> Tree:
        return self._min(operands, "max")

    def _len(self, operands: list[Node]) -> Tree:
        name = "count-selected" if self._type(operands[0]) == "multiselect" else "string-length"
        return ("call", name, self._single(operands[0]))

    def _coalesce(self, operands: list[Node]) -> Tree:
        parts = [self._single(operand) for operand in operands]
        return (
            reduce(lambda right, left: ("call", "coalesce", left, right), reversed(parts))
            if len(parts) > 1
            else parts[0]
        )

    def _concat(self, operands: list[Node]) -> Tree:
        return ("call", "concat", *(self._single(operand) for operand in operands))

    def _if(self, operands: list[Node]) -> Tree:
        return self._function("if", operands if len(operands) == 3 else [*operands, None])


def asks_of_nothing(tree: Any) -> bool:
    """Tell whether *tree* holds ``!=`` or ``not``, which XPath answers with yes where a value is empty."""
    if not isinstance(tree, tuple):
        return False
    denies = tree[0] == "!=" and NOTHING not in tree[1:]
    return denies or tree[:2] == ("call", "not") or any(asks_of_nothing(part) for part in tree)
