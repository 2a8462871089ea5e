"""A tree as the text that an author would write."""

from __future__ import annotations

from forms.expressions.parser import Node

#: How tightly each operator holds its operands; what is not here is a function or a literal.
_STRENGTH = {
    "or": 1, "and": 2, "not": 3, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7,
}  # fmt: skip
_TIGHTEST = 8
_COMPARISON = 4


def text_of(node: Node) -> str:
    """Return the text of *node*; parsed again it is the same tree."""
    if node is None or isinstance(node, bool):
        return {None: "null", True: "true", False: "false"}[node]
    if isinstance(node, str):
        return "'" + node.replace("'", "''") + "'"
    ((operator, operands),) = node.items()
    if operator == "num":
        return str(operands)
    if operator == "var":
        return str(operands)
    if operator == "list":
        return "[" + ", ".join(map(text_of, operands)) + "]"
    if operator == "where":
        return f"{text_of(operands[0])} where {text_of(operands[1])}"
    if operator == "not":
        inner = operands[0]
        if _operator(inner) == "in":
            left, right = inner["in"]  # type: ignore[call-overload, index]
            return f"{_inside(left, _COMPARISON + 1)} not in {_inside(right, _COMPARISON + 1)}"
        return f"not {_inside(inner, _STRENGTH['not'])}"
    if operator == "neg":
        return f"-{_inside(operands[0], _STRENGTH['neg'])}"
    if operator not in _STRENGTH:
        return f"{operator}({', '.join(map(text_of, operands))})"
    strength = _STRENGTH[operator]
    # A comparison stands between sums; everything else is read from left to right.
    first = _inside(operands[0], strength + (strength == _COMPARISON))
    return f" {operator} ".join([first, *(_inside(operand, strength + 1) for operand in operands[1:])])


def _operator(node: Node) -> str:
    return next(iter(node)) if isinstance(node, dict) else ""


def _inside(node: Node, least: int) -> str:
    operator = _operator(node)
    strength = _STRENGTH.get(operator, _TIGHTEST)
    if operator == "not" and _operator(node["not"][0]) == "in":  # type: ignore[call-overload, index]
        strength = _COMPARISON
    text = text_of(node)
    return f"({text})" if strength < least else text
