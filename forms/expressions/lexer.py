"""Cuts the author's text into tokens.

Chinese input methods type full-width signs; those that mean the same here are read as their half-width twins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from forms.expressions.errors import ExpressionError
from forms.labels import Label

MAX_LENGTH = 2_000

_TWINS = str.maketrans("（），［］＋－＊／＜＞＝　", "(),[]+-*/<>= ")
_SIGNS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">=", "！=": "!=", "×": "*", "÷": "/", "−": "-"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|‘[^’]*’|“[^”]*”)
      | (?P<sign><=|>=|==|!=|<>|！=|[≤≥≠×÷−=<>+\-*/(),\[\]])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression: ``kind`` is number, name, text, sign or end."""

    kind: str
    value: str
    position: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of *text*, the last of kind ``end``; raises ExpressionError at the first unreadable place."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            MAX_LENGTH, Label(f"公式不能超过 {MAX_LENGTH} 个字符", f"A formula has at most {MAX_LENGTH} characters")
        )
    readable = text.translate(_TWINS)  # same length; quoted text is cut from the original
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(readable, position)
        if match is None:
            raise _unreadable(text, position)
        kind = match.lastgroup or ""
        if kind == "text":
            quote = match[0][0]
            found.append(Token(kind, text[match.start() + 1 : match.end() - 1].replace(quote * 2, quote), position))
        elif kind == "sign":
            found.append(Token(kind, _SIGNS.get(match[0], match[0]), position))
        elif kind != "space":
            found.append(Token(kind, match[0], position))
        position = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _unreadable(text: str, position: int) -> ExpressionError:
    sign = text[position]
    if sign in "'\"‘’“”":
        return ExpressionError(position, Label("引号没有成对", "This quotation mark has no partner"))
    if not sign.isascii() and sign.isalnum():
        return ExpressionError(
            position,
            Label(
                f"“{sign}”处：文字要放在引号里，字段要用英文标识",
                f"At “{sign}”: put text in quotes and name fields by key",
            ),
        )
    return ExpressionError(position, Label(f"看不懂的符号“{sign}”", f"Unknown sign “{sign}”"))
