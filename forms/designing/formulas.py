"""A formula as somebody types it: what it says, as rows where it can be, and what is wrong with it and where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forms.designing.outline import Outline
from forms.designing.rule_rows import Rows, rows_of
from forms.designing.rule_words import FRAMES, framed
from forms.expressions import ExpressionError, Node, parse, result_type, typecheck
from forms.expressions.lexer import tokens
from forms.labels import Label
from forms.rule_types import reads

#: Properties that hold a condition: it must be yes or no.
CONDITIONS = frozenset({"visible_when", "required_when", "option_filter", "checks", "published_when"})
_PLACE = re.compile(
    r"(?:(?P<path>.+)\.)?(?P<kind>visible_when|required_when|compute|prefill|option_filter|checks(?:\[\d+\])?)"
)
_NAMED = re.compile("“([^”]+)”")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong and where: ``position`` counts characters from 0."""

    position: int
    message: Label


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula read at its place."""

    tree: Node
    sentence: Label
    rows: Rows | None
    reads: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def placed(where: str) -> tuple[str, str]:
    """Return path and property that *where* names: ``positions.salary.visible_when``, ``total.compute``.

    A rule of a sub-table's publication stands among its columns.
    """
    if where.startswith("published_when"):
        table = where.removeprefix("published_when.rows.") if ".rows." in where else ""
        return f"{table}." if table else "", "published_when"
    found = _PLACE.fullmatch(where)
    if found is None:
        return where, "compute"
    return found["path"] or "", found["kind"].partition("[")[0]


def read_formula(text: str, where: str, outline: Outline) -> Formula:
    """Return what *text* says at *where*; whatever is wrong stands among its mistakes."""
    path, kind = placed(where)
    try:
        tree = parse(text)
    except ExpressionError as error:
        return Formula(None, Label(""), None, (), (Mistake(error.position, error.message),))
    table = path.rpartition(".")[0]
    mistakes = [Mistake(_position(text, message), message) for message in typecheck(tree, outline.types, table)]
    given = result_type(tree, outline.types, table)
    if kind in CONDITIONS and given not in "ba":
        message = Label("这里要写一个条件，结果应为是或否", "A condition is needed here: its result must be yes or no")
        mistakes.append(Mistake(0, message))
    sentence = framed(kind if kind in FRAMES else "checks", tree, outline, path)
    found = tuple(sorted(reads(tree, path, outline.types)))
    return Formula(tree, sentence, rows_of(tree, outline, path, own=kind == "checks"), found, tuple(mistakes))


def _position(text: str, message: Label) -> int:
    """Return where the name stands that *message* quotes; 0 where it quotes none."""
    named = set(_NAMED.findall(message.zh))
    return next((token.position for token in tokens(text) if token.value in named), 0)
