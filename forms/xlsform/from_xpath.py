"""XPath of a workbook as expressions of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from forms.expressions import Node
from forms.xlsform.pairs import ALIASES, PAIRS
from forms.xlsform.remarks import Unsayable
from forms.xlsform.xpath import Tree, bare, unify

NOTHING: Tree = ("str", "")
_TEMPLATES = (*PAIRS, *ALIASES)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_DATES = frozenset({"date", "month"})
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Fields:
    """What the names of a workbook mean: paths, types, and which codes of a yes/no list mean yes or no."""

    paths: Mapping[str, str]
    types: Mapping[str, str]
    switches: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    #: Columns of the choices, inside a choice filter.
    choices: Mapping[str, str] = field(default_factory=dict)


class Reader:
    """Reads the expressions that belong to one field."""

    def __init__(self, fields: Fields, own: str = "", table: str = "") -> None:
        self.fields = fields
        self.own = own
        self.table = table or own.rpartition(".")[0]

    def expression(self, tree: Tree) -> Node:
        """Return the tree of ours; raises Unsayable."""
        return self._value(bare(tree))

    def _path(self, tree: Tree) -> str:
        """Return the path of a reference, or nothing for anything else."""
        if tree[0] == "dot":
            if not self.own:
                raise Unsayable("“.”在这里没有意义", "“.” means nothing here")
            return self.own
        if tree[0] != "ref":
            return ""
        path = self.fields.paths.get(tree[1])
        if path is None:
            raise Unsayable(f"没有问题“{tree[1]}”", f"There is no question “{tree[1]}”")
        return path

    def _type(self, tree: Tree) -> str:
        if tree == ("call", "today"):
            return "date"
        return self.fields.types.get(self._path(tree), "")

    def _across(self, tree: Tree) -> bool:
        path = self._path(tree)
        table = path.partition(".")[0]
        return "." in path and self.fields.types.get(table) == "subtable" and table != self.table

    def _named(self, path: str) -> Node:
        head, _, column = path.partition(".")
        if column and head == self.table:
            return {"var": column}
        if not column and self.table and f"{self.table}.{path}" in self.fields.types:
            return {"var": f"parent.{path}"}
        return {"var": path}

    def _value(self, tree: Tree, *, column: bool = False) -> Node:
        kind = tree[0]
        if kind in {"ref", "dot"}:
            if not column and (self._across(tree) or self._type(tree) == "subtable"):
                raise Unsayable(
                    f"“{tree[-1]}”在重复组里，这里要汇总", f"“{tree[-1]}” repeats; it must be summed up here"
                )
            return self._named(self._path(tree))
        if kind == "num":
            return {"num": tree[1] if not tree[1].startswith(".") else f"0{tree[1]}"}
        if kind == "str":
            return str(tree[1]) if tree[1] else None
        if kind == "name":
            return self._choice(tree[1])
        if kind == "neg":
            return self._negative(tree[1])
        if kind in {"and", "or"}:
            return {kind: [self._value(part) for part in _chain(kind, tree)]}
        if kind in _COMPARISONS:
            return self._compared(kind, tree[1], tree[2])
        for name, slots, template in _TEMPLATES:
            found: dict[str, Tree] = {}
            if unify(template, tree, found) and self._fits(name, found):
                return self._function(name, [found[slot] for slot in slots])
        if kind == "div" and tree[1][:2] == ("call", "sum") and tree[2] == ("call", "count-non-empty", *tree[1][2:]):
            return {"avg": [self._value(tree[1][2], column=True)]}
        if kind in {"+", "-"} and (shifted := self._shifted(kind, tree[1], tree[2])):
            return shifted
        if kind in {"+", "-", "*", "div"}:
            sign = "/" if kind == "div" else kind
            return {sign: [self._value(part) for part in (_chain(kind, tree) if kind in "+*" else tree[1:])]}
        if kind == "call":
            return self._call(tree[1], list(tree[2:]))
        raise Unsayable(f"本系统没有“{kind}”", f"There is no “{kind}” here")

    def _fits(self, name: str, found: Mapping[str, Tree]) -> bool:
        # ``date($a + $b)`` shifts a date; of two numbers it makes one.
        return name != "add_days" or self._type(found["a"]) in _DATES or found["a"][0] == "call"

    def _function(self, name: str, parts: list[Tree]) -> Node:
        if name == "if" and parts[2] == NOTHING:
            parts = parts[:2]
        return {name: [self._value(part) for part in parts]}

    def _negative(self, tree: Tree) -> Node:
        inner = self._value(tree)
        if isinstance(inner, dict) and "num" in inner and not inner["num"].startswith("-"):
            return {"num": f"-{inner['num']}"}
        return {"neg": [inner]}

    def _choice(self, name: str) -> Node:
        if name not in self.fields.choices:
            raise Unsayable(f"看不懂“{name}”", f"“{name}” is not understood")
        return {"var": self.fields.choices[name]}

    def _compared(self, operator: str, left: Tree, right: Tree) -> Node:
        if NOTHING in (left, right) and operator in {"=", "!="}:
            other = right if left == NOTHING else left
            return {"empty" if operator == "=" else "filled": [self._value(other)]}
        counted = self._counted(operator, left, right) or self._counted(_SWAPPED.get(operator, operator), right, left)
        if counted:
            return counted
        pair: list[Node] = []
        for tree, other in ((left, right), (right, left)):
            switch = self.fields.switches.get(self._path(other)) if other[0] in {"ref", "dot"} else None
            if switch is not None and tree[0] in {"str", "num"}:
                pair.append(self._switched(switch, tree[1]))
            elif tree[:2] == ("call", "date") and len(tree) == 3 and tree[2][0] == "str":
                pair.append(tree[2][1][:7] if self._type(other) == "month" else tree[2][1])
            else:
                pair.append(self._value(tree))
        return {operator: pair}

    def _counted(self, operator: str, left: Tree, right: Tree) -> Node:
        """Return what ``count(${rows}) = 0`` and its like ask, or nothing."""
        if left[:2] != ("call", "count") or right != ("num", "0") or operator not in {"=", ">", "!="}:
            return None
        return {"empty" if operator == "=" else "filled": [self._value(left[2], column=True)]}

    @staticmethod
    def _switched(switch: Mapping[str, bool], code: str) -> bool:
        if code not in switch:
            raise Unsayable(f"“{code}”不是这个是/否题的选项", f"“{code}” is no choice of this yes/no question")
        return switch[code]

    def _shifted(self, sign: str, left: Tree, right: Tree) -> Node:
        types = self._type(left), self._type(right)
        if sign == "-" and types[0] in _DATES and types[1] in _DATES:
            return {"days": [self._value(right), self._value(left)]}
        if types[0] in _DATES:
            count = self._value(right)
            return {"add_days": [self._value(left), count if sign == "+" else self._negative(right)]}
        return None

    def _call(self, name: str, parts: list[Tree]) -> Node:
        reading = _CALLS.get(name)
        if reading is None:
            raise Unsayable(f"本系统没有函数 {name}()", f"There is no function {name}() here")
        least, most, read = reading
        if not least <= len(parts) <= most:
            raise Unsayable(f"{name}() 的参数个数不对", f"{name}() has the wrong number of arguments")
        return read(self, parts)

    def _selected(self, parts: list[Tree]) -> Node:
        whole, part = parts
        if whole[0] == "str":
            return {"in": [self._value(part), {"list": whole[1].split()}]}
        switch = self.fields.switches.get(self._path(whole))
        if switch is not None and part[0] == "str":
            return {"=": [self._value(whole), self._switched(switch, part[1])]}
        if self._type(whole) in {"multiselect", ""}:
            return {"contains": [self._value(whole), self._value(part)]}
        return {"=": [self._value(whole), self._value(part)]}

    def _column_of(self, name: str) -> Callable[[list[Tree]], Node]:
        return lambda parts: {name: [self._value(part, column=True) for part in parts]}

    def _int(self, parts: list[Tree]) -> Node:
        value = self._value(parts[0])
        return {"if": [{">=": [value, {"num": "0"}]}, {"floor": [value]}, {"ceil": [value]}]}

    def _coalesce(self, parts: list[Tree]) -> Node:
        left, right = (self._value(part) for part in parts)
        rest = right["coalesce"] if isinstance(right, dict) and "coalesce" in right else [right]
        return {"coalesce": [left, *rest]}

    def _date(self, parts: list[Tree]) -> Node:
        if parts[0][0] not in {"str", "ref", "dot"}:
            raise Unsayable("date() 的内容无法对应", "What date() holds has no counterpart")
        return self._value(parts[0])


_Reading = tuple[int, int, Callable[[Reader, list[Tree]], Node]]


def _columns(name: str, most: int = 1) -> _Reading:
    return 1, most, lambda reader, parts: reader._column_of(name)(parts)  # noqa: SLF001 - its own table


def _values(name: str, least: int = 1, most: int = 1) -> _Reading:
    return least, most, lambda reader, parts: {name: [reader._value(part) for part in parts]}  # noqa: SLF001


_CALLS: dict[str, _Reading] = {
    "selected": (2, 2, Reader._selected),  # noqa: SLF001
    "coalesce": (2, 2, Reader._coalesce),  # noqa: SLF001
    "int": (1, 1, Reader._int),  # noqa: SLF001
    "date": (1, 1, Reader._date),  # noqa: SLF001
    "number": (1, 1, lambda reader, parts: reader._value(parts[0])),  # noqa: SLF001
    "true": (0, 0, lambda _reader, _parts: True),
    "false": (0, 0, lambda _reader, _parts: False),
    "today": (0, 0, lambda _reader, _parts: {"var": "_today"}),
    "not": _values("not"),
    "contains": _values("contains", 2, 2),
    "concat": _values("concat", 1, 20),
    "string-length": _values("len"),
    "count-selected": _values("count"),
    "count": _columns("count"),
    "count-non-empty": _columns("count"),
    "sum": _columns("sum"),
    "min": _columns("min", 20),
    "max": _columns("max", 20),
}


def _chain(operator: str, tree: Tree) -> list[Any]:
    """Return the operands of a chain of one operator, which is read from left to right."""
    return [*_chain(operator, tree[1]), tree[2]] if tree[0] == operator else [tree]


def joined(nodes: list[Node]) -> Node:
    """Return the conditions *nodes* joined by ``and``."""
    return reduce(lambda left, right: {"and": [left, right]}, nodes) if len(nodes) > 1 else nodes[0]
