"""Which names an expression reads."""

from __future__ import annotations

from forms.expressions.parser import Node


def variables_of(node: Node) -> frozenset[str]:
    """Return the paths *node* reads, as written (``need_count``, ``positions.need_count``, ``parent.x``, ``_today``).

    A column named inside ``where`` comes with its sub-table.
    """
    return frozenset(_paths(node, ""))


def _paths(node: Node, table: str) -> set[str]:
    if not isinstance(node, dict):
        return set()
    ((operator, operands),) = node.items()
    if operator == "num":
        return set()
    if operator == "var":
        local = table and not operands.startswith(("_", "parent.", "previous."))
        return {f"{table}.{operands}" if local else operands}
    if operator == "where":
        rows = operands[0]["var"]
        return {rows} | _paths(operands[1], rows.removeprefix("parent.").partition(".")[0])
    return {path for operand in operands for path in _paths(operand, table)}
