"""Settings of a field type that XLSForm says in the constraint: least, most, length, pattern."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from forms import field_types
from forms.definition import Field
from forms.xlsform.remarks import Unsayable
from forms.xlsform.xpath import Tree, bare, filled, parse, unify, written

_TURNED = {">=": "<=", "<=": ">=", "=": "="}


@lru_cache(maxsize=64)
def _template(text: str) -> Tree:
    tree: Tree = bare(parse(text))
    return tree


def written_limits(kind: field_types.FieldType, item: Field) -> list[str]:
    """Return the settings of *item* as parts of a constraint."""
    parts = []
    for name, text in kind.xlsform_limits.items():
        value = item.settings.get(name)
        if value is not None:
            try:
                parts.append(written(filled(_template(text), {"n": _literal(value)})))
            except Unsayable:
                # Only a pattern can hold what XPath cannot write.
                continue
    return parts


def unwritten(kind: field_types.FieldType, item: Field) -> list[str]:
    """Return the names of settings that :func:`written_limits` had to leave out."""
    return [
        name
        for name in kind.xlsform_limits
        if isinstance(item.settings.get(name), str) and not _sayable(item.settings[name])
    ]


def _sayable(text: str) -> bool:
    try:
        written(("str", text))
    except Unsayable:
        return False
    return True


def _literal(value: Any) -> Tree:
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    try:
        number = Decimal(text)
    except ArithmeticError:
        return ("str", text)
    return ("neg", ("num", text.lstrip("-"))) if number < 0 else ("num", text)


def read_limit(kind: field_types.FieldType, part: Tree) -> tuple[str, Any] | None:
    """Return the setting and the value that a part of a constraint means, None where it is no setting of *kind*."""
    tree = bare(part)
    for name, text in kind.xlsform_limits.items():
        template = _template(text)
        turned = (_TURNED[template[0]], template[2], template[1]) if template[0] in _TURNED else template
        for candidate in (template, turned):
            found: dict[str, Tree] = {}
            if unify(candidate, tree, found):
                value = _value(found["n"])
                if value is not None and isinstance(value, str) == (name == "pattern"):
                    return name, value
    return None


def _value(tree: Tree) -> Any:
    if tree[0] == "str":
        return tree[1]
    sign, number = (-1, tree[1]) if tree[0] == "neg" else (1, tree)
    if number[0] != "num":
        return None
    text = number[1]
    return sign * int(text) if text.isdecimal() else sign * float(text)
