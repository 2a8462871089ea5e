"""The XPath of XLSForm: text to a tree and back.

A tree is a tuple: ``("num", "1.5")``, ``("str", "text")``, ``("ref", name)`` for ``${name}``, ``("dot",)``,
``("name", word)`` for a column of the choices, ``("slot", letter)`` for ``$a`` of a template,
``("call", name, *arguments)``, ``("group", x)`` for brackets, ``("neg", x)`` and ``(operator, left, right)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from forms.xlsform.remarks import Unsayable

Tree = tuple[Any, ...]

#: From the loosest to the tightest.
LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
STRENGTH = {operator: number for number, level in enumerate(LEVELS, 1) for operator in level}
_NEGATIVE = len(LEVELS) + 1
MOST_DEPTH = 60
LONGEST = 10_000

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<num>\d+(?:\.\d+)?|\.\d+)
    | (?P<ref>\$\{\s*[^\s{}]+\s*\})
    | (?P<slot>\$[a-z]\b)
    | (?P<str>'[^']*'|"[^"]*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_.:-]*)
    | (?P<sign><=|>=|!=|[=<>+*(),-])
    | (?P<dot>\.(?![.\d]))
    )""",
    re.VERBOSE | re.ASCII,
)
#: What word processors make of quotes and signs.
_TWINS = str.maketrans("‘’“”（），＝＜＞＋　\u00a0", "''\"\"(),=<>+  ")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise Unsayable("公式太长", "The expression is too long")
    text, found, position = text.translate(_TWINS), [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].strip()[:12]
            raise Unsayable(f"看不懂“{rest}”", f"“{rest}” is not understood")
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "ref":
            value = value[2:-1].strip()
        elif kind == "str":
            value = value[1:-1]
        elif kind == "slot":
            value = value[1:]
        found.append(_Token(kind, value))
        position = match.end()
    found.append(_Token("end", ""))
    return found


def parse(text: str) -> Tree:
    """Return the tree of *text*; raises Unsayable for what is no XPath, and for parts of it that are not read here."""
    parser = _Parser(_tokens(text))
    tree = parser.level(0)
    if parser.token.kind != "end":
        raise Unsayable(f"“{parser.token.value}”处看不懂", f"“{parser.token.value}” is not understood here")
    return tree


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def level(self, number: int) -> Tree:
        if number == len(LEVELS):
            return self.signed()
        left = self.level(number + 1)
        while self.token.kind in {"sign", "name"} and self.token.value in LEVELS[number]:
            operator = self.token.value
            self.index += 1
            left = (operator, left, self.level(number + 1))
        return left

    def signed(self) -> Tree:
        if self.token == _Token("sign", "-"):
            self.index += 1
            self._deeper()
            tree: Tree = ("neg", self.signed())
            self.depth -= 1
            return tree
        return self.primary()

    def primary(self) -> Tree:
        token = self.token
        self.index += 1
        if token.kind in {"num", "str", "ref", "slot"}:
            return (token.kind, token.value)
        if token.kind == "dot":
            return ("dot",)
        if token.kind == "name":
            return self.call(token.value) if self.token == _Token("sign", "(") else ("name", token.value)
        if token == _Token("sign", "("):
            self._deeper()
            inner = self.level(0)
            self.depth -= 1
            self._close()
            return ("group", inner)
        raise Unsayable(f"“{token.value}”处公式不完整", f"The expression is incomplete at “{token.value}”")

    def call(self, name: str) -> Tree:
        self.index += 1
        self._deeper()
        arguments: list[Tree] = []
        while self.token != _Token("sign", ")"):
            arguments.append(self.level(0))
            if self.token != _Token("sign", ","):
                break
            self.index += 1
        self.depth -= 1
        self._close()
        return ("call", name, *arguments)

    def _close(self) -> None:
        if self.token != _Token("sign", ")"):
            raise Unsayable("括号没有成对", "A bracket has no partner")
        self.index += 1

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Unsayable("公式层次太深", "The expression is nested too deeply")


def written(tree: Tree) -> str:
    """Return the text of *tree*; raises Unsayable for a text with both kinds of quotes."""
    kind = tree[0]
    if kind == "str":
        return _quoted(tree[1])
    if kind == "ref":
        return f"${{{tree[1]}}}"
    if kind in {"num", "name"}:
        return str(tree[1])
    if kind == "dot":
        return "."
    if kind == "group":
        return f"({written(tree[1])})"
    if kind == "call":
        return f"{tree[1]}({', '.join(map(written, tree[2:]))})"
    if kind == "neg":
        return f"-{_inside(tree[1], _NEGATIVE)}"
    strength = STRENGTH[kind]
    return f"{_inside(tree[1], strength)} {kind} {_inside(tree[2], strength + 1)}"


def _inside(tree: Tree, least: int) -> str:
    strength = _NEGATIVE if tree[0] == "neg" else STRENGTH.get(tree[0], _NEGATIVE + 1)
    return f"({written(tree)})" if strength < least else written(tree)


def _quoted(text: str) -> str:
    if "${" in text or ("'" in text and '"' in text):
        raise Unsayable("文字里有 XPath 写不出的引号或 ${", "A text holds quotes or ${ that XPath cannot write")
    return f'"{text}"' if "'" in text else f"'{text}'"


def bare(tree: Any) -> Any:
    """Return *tree* without its brackets."""
    if not isinstance(tree, tuple):
        return tree
    if tree[0] == "group":
        return bare(tree[1])
    return tuple(bare(part) for part in tree)


def unify(template: Any, tree: Any, found: dict[str, Tree]) -> bool:
    """Tell whether *tree* is *template* with its slots filled; what fills them is put into *found*."""
    if isinstance(template, tuple) and template[0] == "slot":
        return bool(found.setdefault(template[1], tree) == tree)
    if isinstance(template, tuple) and isinstance(tree, tuple):
        return len(template) == len(tree) and all(unify(a, b, found) for a, b in zip(template, tree, strict=True))
    return bool(template == tree)


def filled(template: Any, parts: dict[str, Tree]) -> Any:
    """Return *template* with *parts* in its slots."""
    if not isinstance(template, tuple):
        return template
    if template[0] == "slot":
        return parts[template[1]]
    return tuple(filled(part, parts) for part in template)


def conjuncts(tree: Tree) -> list[Tree]:
    """Return the parts that ``and`` joins at the top."""
    return [*conjuncts(tree[1]), *conjuncts(tree[2])] if tree[0] == "and" else [tree]
