"""Reads an expression into a JSON tree.

A tree is a literal (``null``, ``true``, ``false``, text), ``{"num": "1.5"}``, ``{"list": [...]}``, ``{"var": "a.b"}``,
``{"where": [rows, condition]}`` or ``{"<operator or function>": [arguments]}``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from forms.expressions.errors import ExpressionError
from forms.expressions.functions import FUNCTIONS, OVER_ROWS
from forms.expressions.lexer import Token, tokens
from forms.labels import Label

Node: TypeAlias = "bool | str | dict[str, Any] | None"

MAX_DEPTH = 40
MAX_NODES = 500

KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_LITERALS: dict[str, Node] = {"true": True, "false": False, "null": None}
#: Operators that take any number of operands, so that a long chain makes a flat tree.
_CHAINS = frozenset({"and", "or", "+", "*"})


def parse(text: str) -> Node:
    """Return the tree of *text*; raises ExpressionError with the position and a sentence for the author."""
    parser = _Parser(tokens(text))
    node = parser.disjunction()
    parser.finish()
    return node


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._index = 0
        self._depth = 0
        self._nodes = 0

    @property
    def _word(self) -> Token:
        return self._words[self._index]

    def finish(self) -> None:
        """Refuse anything after a whole expression."""
        if self._word.kind == "end":
            return
        if self._word.value == ")":
            raise self._error(Label("多了一个右括号", "One closing bracket too many"))
        raise self._error(
            Label(f"“{self._word.value}”之前缺少运算符", f"An operator is missing before “{self._word.value}”")
        )

    def disjunction(self) -> Node:
        """Read ``a or b or …``."""
        return self._chain(("or",), self._conjunction)

    def _conjunction(self) -> Node:
        return self._chain(("and",), self._negation)

    def _negation(self) -> Node:
        word = self._word
        if not self._take_word("not"):
            return self._comparison()
        self._deeper(word)
        node = self._made("not", self._negation())
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        left = self._sum()
        word = self._word
        if word.kind == "sign" and word.value in _COMPARISONS:
            self._index += 1
            node = self._compared(word.value, left, self._sum())
        elif self._take_word("in"):
            node = self._made("in", left, self._sum())
        elif self._keyword() == "not" and self._keyword(1) == "in":
            self._index += 2
            node = self._made("not", self._made("in", left, self._sum()))
        else:
            return left
        if self._word.kind == "sign" and self._word.value in _COMPARISONS:
            raise self._error(Label("比较不能连写，请用 and 连接", "Comparisons cannot be chained; join them with and"))
        return node

    def _compared(self, sign: str, left: Node, right: Node) -> Node:
        """Build a comparison; one with the literal null asks whether the other side is filled in."""
        if sign in {"=", "!="} and (left is None or right is None):
            return self._made("empty" if sign == "=" else "filled", right if left is None else left)
        return self._made(sign, left, right)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/"), self._signed)

    def _signed(self) -> Node:
        word = self._word
        if word.kind == "sign" and word.value == "-":
            self._deeper(word)
            self._index += 1
            operand = self._signed()
            self._depth -= 1
            if isinstance(operand, dict) and "num" in operand and not operand["num"].startswith("-"):
                return {"num": f"-{operand['num']}"}
            return self._made("neg", operand)
        return self._primary()

    def _primary(self) -> Node:
        word = self._word
        if word.kind == "number":
            self._index += 1
            return self._counted({"num": word.value})
        if word.kind == "text":
            self._index += 1
            return self._counted(word.value)
        if word.kind == "name":
            return self._named(word)
        if word.kind == "sign" and word.value in {"(", "["}:
            self._deeper(word)
            self._index += 1
            if word.value == "(":
                node = self.disjunction()
                self._close(")", word)
            else:
                node = self._counted({"list": self._arguments("]", word)})
            self._depth -= 1
            return node
        if word.kind == "end":
            raise self._error(Label("公式没有写完", "The formula stops too early"))
        raise self._error(
            Label(f"“{word.value}”处应是字段、数字或文字", f"A field, number or text is expected at “{word.value}”")
        )

    def _named(self, word: Token) -> Node:
        name = word.value.lower()
        following = self._words[self._index + 1]
        called = following.kind == "sign" and following.value == "("
        if name in _LITERALS:
            self._index += 1
            return self._counted(_LITERALS[name])
        if name in KEYWORDS:
            raise self._error(
                Label(f"“{word.value}”的前面或后面缺少内容", f"Something is missing around “{word.value}”")
            )
        if not called:
            self._index += 1
            return self._counted({"var": word.value})
        return self._call(name, word)

    def _call(self, name: str, word: Token) -> Node:
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._error(Label(f"没有函数“{word.value}”", f"There is no function “{word.value}”"))
        self._deeper(word)
        opening = self._words[self._index + 1]
        self._index += 2
        arguments = self._arguments(")", opening, where=name in OVER_ROWS)
        self._depth -= 1
        if not function.least <= len(arguments) <= function.most:
            raise ExpressionError(
                word.position,
                Label(
                    f"函数 {name} 的参数个数不对（{function.about.zh}）",
                    f"Wrong number of arguments for {name} ({function.about.en})",
                ),
            )
        return self._made(name, *arguments)

    def _arguments(self, closing: str, opening: Token, *, where: bool = False) -> list[Node]:
        found: list[Node] = []
        if self._word.value == closing and self._word.kind == "sign":
            self._index += 1
            return found
        while True:
            found.append(self.disjunction())
            if where and self._take_word("where"):
                found[-1] = self._made("where", self._rows(found[-1]), self.disjunction())
            if self._word.kind == "sign" and self._word.value == ",":
                self._index += 1
                continue
            self._close(closing, opening)
            return found

    def _rows(self, node: Node) -> Node:
        if isinstance(node, dict) and "var" in node:
            return node
        raise self._error(
            Label("where 之前应是明细表或它的一列", "A table or one of its columns must stand before where")
        )

    def _close(self, closing: str, opening: Token) -> None:
        if self._word.kind == "sign" and self._word.value == closing:
            self._index += 1
            return
        if self._word.kind == "end":
            raise ExpressionError(opening.position, Label("括号没有成对", "This bracket has no partner"))
        raise self._error(
            Label(
                f"“{self._word.value}”之前缺少运算符或逗号",
                f"An operator or a comma is missing before “{self._word.value}”",
            )
        )

    def _chain(self, signs: tuple[str, ...], operand: Any) -> Node:
        node: Node = operand()
        links = 0
        while (sign := self._operator(signs)) is not None:
            self._index += 1
            right = operand()
            if links and sign in _CHAINS and isinstance(node, dict) and sign in node:
                node[sign].append(right)
                continue
            node = self._made(sign, node, right)
            links += 1
            if links > MAX_DEPTH:
                raise self._error(_too_deep())
        return node

    def _operator(self, signs: tuple[str, ...]) -> str | None:
        word = self._word
        if word.kind == "sign" and word.value in signs:
            return word.value
        keyword = self._keyword()
        return keyword if keyword in signs else None

    def _keyword(self, ahead: int = 0) -> str | None:
        word = self._words[min(self._index + ahead, len(self._words) - 1)]
        return word.value.lower() if word.kind == "name" else None

    def _take_word(self, keyword: str) -> bool:
        if self._keyword() != keyword:
            return False
        self._index += 1
        return True

    def _deeper(self, word: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(word.position, _too_deep())

    def _made(self, operator: str, *arguments: Node) -> Node:
        return self._counted({operator: list(arguments)})

    def _counted(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error(
                Label("公式太长，请拆成几个计算字段", "The formula is too long; split it into computed fields")
            )
        return node

    def _error(self, message: Label) -> ExpressionError:
        return ExpressionError(self._word.position, message)


def _too_deep() -> Label:
    return Label("公式层次太深，请拆成几个计算字段", "The formula is nested too deeply; split it into computed fields")
