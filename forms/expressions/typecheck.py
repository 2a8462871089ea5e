"""Finds expressions that cannot mean what they say: unknown names, operands of the wrong type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forms.expressions.functions import FUNCTIONS, OVER_ROWS, Function
from forms.expressions.parser import Node
from forms.expressions.values import NUMERIC_TYPES
from forms.labels import Label

# Letters: n number, t text, d date, b yes/no, l list, r rows, a unknown.
_LETTERS = {
    "date": "d",
    "month": "d",
    "year": "d",
    "datetime": "d",
    "bool": "b",
    "multiselect": "l",
    "parts": "l",
    "file": "l",
    "image": "l",
    "subtable": "r",
    "reference": "t",
    "text": "t",
} | dict.fromkeys(NUMERIC_TYPES, "n")

#: The types that rules tell apart; a type of any other name counts as text.
KNOWN_TYPES = frozenset(_LETTERS)

_SYSTEM = {"_today": "d"}
_WORDS = {
    "n": Label("数字", "a number"),
    "t": Label("文字", "text"),
    "d": Label("日期", "a date"),
    "b": Label("是/否", "yes or no"),
    "l": Label("多选", "a list"),
    "r": Label("明细表", "a table"),
}
_LOGIC = frozenset({"and", "or", "not"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "neg"})
_COMPARISON = frozenset({"=", "!=", "<", "<=", ">", ">="})


def typecheck(node: Node, types: Mapping[str, str], table: str = "") -> list[Label]:
    """Return one sentence per mistake in *node*; empty when there is none.

    *types* maps every path that exists (``need_count``, ``positions``, ``positions.need_count``) to its type name, with
    the parts of an answer of several behind it (``parts:lat:lng``); *table* is the sub-table whose column the
    expression belongs to. ``ref.x`` is accepted for every reference, ``previous.x`` for every field, ``_x`` always.
    """
    checker = _Checker(types, table)
    checker.type_of(node)
    return list(dict.fromkeys(checker.found))


def result_type(node: Node, types: Mapping[str, str], table: str = "") -> str:
    """Return what *node* gives: n number, t text, d date, b yes/no, l list, r rows, a anything."""
    return _Checker(types, table).type_of(node)


class _Checker:
    def __init__(self, types: Mapping[str, str], table: str) -> None:
        self._types = types
        self._table = table
        self._strict = False
        self.found: list[Label] = []

    def type_of(self, node: Node) -> str:
        """Return the letter of *node*'s type and collect the mistakes below it."""
        if not isinstance(node, dict):
            return "b" if isinstance(node, bool) else "t" if isinstance(node, str) else "a"
        ((operator, operands),) = node.items()
        if operator == "num":
            return "n"
        if operator == "var":
            return self._variable(operands)
        if operator == "list":
            self._each(operands)
            return "l"
        if operator == "where":
            return self._where(operands)
        kinds = self._each(operands)
        if operator in _LOGIC:
            self._expect(kinds, "b", Label("and、or、not", "and, or, not"))
            return "b"
        if operator in _ARITHMETIC:
            self._expect(kinds, "nt", Label("算术运算", "arithmetic"))
            return "n"
        if operator in _COMPARISON:
            self._compare(operator, kinds)
            return "b"
        if operator == "in":
            self._expect(kinds[1:], "l", Label("in 的右边", "the right side of in"))
            return "b"
        return self._function(FUNCTIONS[operator], kinds)

    def _each(self, operands: Iterable[Node]) -> list[str]:
        return [self.type_of(operand) for operand in operands]

    def _variable(self, path: str) -> str:
        head, _, rest = path.partition(".")
        if head.startswith("_"):
            return _SYSTEM.get(path, "a")
        if rest and head in {"parent", "previous"}:
            return self._known(rest, path)
        if self._table and f"{self._table}.{head}" in self._types:
            return self._known(f"{self._table}.{path}", path)
        if self._strict:
            self._say(
                Label(f"明细表里没有列“{path}”，主表字段请写 parent.{path}", f"No column “{path}”; write parent.{path}")
            )
            return "a"
        return self._known(path, path)

    def _known(self, path: str, written: str) -> str:
        """Return the letter of *path*; a column read across all rows is a list."""
        if path in self._types:
            name = self._types[path].partition(":")[0]
            head = path.partition(".")[0]
            across = "." in path and self._types.get(head) == "subtable" and not written_in_row(written, path)
            return "l" if across else _LETTERS.get(name, "t")
        parent = path.rpartition(".")[0]
        if parent and self._types.get(parent, "").partition(":")[0] == "reference":
            return "a"
        kind, *parts = self._types.get(parent, "").split(":")
        if kind == "parts" and path.rpartition(".")[2] in parts:
            return "l" if self._types.get(path.partition(".")[0]) == "subtable" and written.count(".") > 1 else "a"
        self._say(Label(f"没有字段“{written}”", f"There is no field “{written}”"))
        return "a"

    def _where(self, operands: list[Node]) -> str:
        rows = operands[0]
        self.type_of(rows)
        outer = self._table, self._strict
        path = str(rows["var"]) if isinstance(rows, dict) else ""
        self._table, self._strict = path.removeprefix("parent.").partition(".")[0], True
        self._expect([self.type_of(operands[1])], "b", Label("where 之后", "the condition after where"))
        self._table, self._strict = outer
        return "l"

    def _function(self, function: Function, kinds: list[str]) -> str:
        if function.name not in OVER_ROWS:
            for index, kind in enumerate(kinds):
                wanted = function.takes[min(index, len(function.takes) - 1)]
                accepted = {"n": "nt", "d": "dt", "t": "tn"}.get(wanted, wanted)
                if wanted != "a":
                    self._expect([kind], accepted, Label(f"函数 {function.name}", f"function {function.name}"))
        return function.gives

    def _compare(self, operator: str, kinds: list[str]) -> None:
        if "l" in kinds or "r" in kinds:
            self._say(
                Label("多选和明细不能直接比较，请用 contains 或 count", "Use contains or count to compare a list")
            )
            return
        if {"b", "t"} == set(kinds):
            self._say(
                Label("是/否不能和文字比较，请写 true 或 false", "Compare yes or no with true or false, not text")
            )
            return
        pair = set(kinds) - {"a", "t"}
        if len(pair) > 1:
            names = [_WORDS[kind] for kind in sorted(pair)]
            zh, en = "和".join(name.zh for name in names), " and ".join(name.en for name in names)
            self._say(Label(f"{zh}不能比较", f"Cannot compare {en}"))
        elif operator not in {"=", "!="} and "b" in pair:
            self._say(Label("是/否没有大小", "Yes and no have no order"))

    def _expect(self, kinds: Iterable[str], accepted: str, place: Label) -> None:
        for kind in kinds:
            if kind != "a" and kind not in accepted:
                got, wanted = _WORDS[kind], _WORDS[accepted[0]]
                self._say(
                    Label(
                        f"{place.zh}需要{wanted.zh}，这里是{got.zh}", f"{place.en}: {wanted.en} is needed, not {got.en}"
                    )
                )

    def _say(self, message: Label) -> None:
        self.found.append(message)


def written_in_row(written: str, path: str) -> bool:
    """Return whether *written* names a column of the current row: the sub-table is not part of what was written."""
    return written != path and not written.endswith(path)
