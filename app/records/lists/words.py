"""Search in Chinese: the index narrows down, LIKE decides, the law limits.

A field takes part only on the rows where it is plain to the actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.access.query import plain_clause, tagged
from app.caches import Itself, on_clear
from app.database import PLANNED_ONCE, by_itself
from app.records.lists.bigrams import bigrams, folded, runs
from app.records.lists.search import PUBLIC, on_postgresql, searched

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable

#: A term that more rows hold than this is found faster by reading in list order.
DENSE = 2_000
#: So many found rows are named in the statements that follow.
FEW = 200
MAX_TERMS = 6
#: The values of a search are not known where its statement is put together.
NO_VALUES: Mapping[str, Any] = MappingProxyType({})


def like(text: str) -> str:
    """Return *text* with the signs of LIKE escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def terms(q: str) -> list[str]:
    """Return the terms of a search: what blanks separate."""
    return list(dict.fromkeys(folded(q).split()))[:MAX_TERMS]


@dataclass(frozen=True, slots=True)
class Term:
    """How a term is looked for; what is looked for is a parameter, so that one statement serves all alike.

    ``narrowed``: among few records that are named, among those that the index finds once more, or among all.
    """

    folding: bool
    narrowed: Literal["few", "many", ""]


@dataclass(frozen=True, slots=True)
class Words:
    """A search that the index was asked about: the kinds of its terms, their values, and how many rows it has at most.

    ``most``: ``None`` where the index cannot tell.
    """

    terms: tuple[Term, ...]
    values: dict[str, Any]
    most: int | None


def ask(actor: Actor, table: FormTable, action: str, q: str) -> Words | None:
    """Look up in the index where *q* can stand; ``None`` for an empty search."""
    classes = _classes(Itself(actor), table, action)
    kinds: list[Term] = []
    values: dict[str, Any] = {}
    counts: list[int] = []
    for number, term in enumerate(terms(q)):
        values[f"like_{number}"] = f"%{'%'.join(map(like, runs(term))) or like(term)}%"
        narrowed: Literal["few", "many", ""] = ""
        wanted = _wanted(term, classes)
        if wanted is not None:
            with by_itself() as connection:
                ids = connection.scalars(_lookup(table, classes, DENSE), {"wanted": wanted}).all()
            if len(ids) < DENSE:
                counts.append(len(ids))
                narrowed = "few" if len(ids) <= FEW else "many"
                values |= {f"ids_{number}": ids} if narrowed == "few" else {f"wanted_{number}": wanted}
        kinds.append(Term(term.upper() != term.lower(), narrowed))
    return Words(tuple(kinds), values, min(counts, default=None)) if kinds else None


@lru_cache(maxsize=1024)
def _classes(actor: Itself[Actor], table: FormTable, action: str) -> tuple[str, ...]:
    """Return the classes with a searched field that the actor sees in plain somewhere."""
    fields = searched(table.definition).items()
    plain = (class_ for key, class_ in fields if plain_clause(actor.it, table, action, key) is not None)
    return tuple(sorted({"public", *plain}))


def _wanted(term: str, classes: Collection[str]) -> list[str] | str | None:
    """Return what the index is asked for: all bigrams of *term*; ``None`` where it has none."""
    pieces = bigrams(term)
    if not pieces:
        return None
    if on_postgresql():
        return pieces
    phrase = " AND ".join(f'"{piece}"' for piece in pieces)
    return f"{{{' '.join(classes)}}} : ({phrase})"


@lru_cache(maxsize=256)
def _lookup(table: FormTable, classes: tuple[str, ...], most: int) -> sa.Select[Any]:
    looked_up = _looked_up(table, classes, "wanted").limit(sa.literal_column(str(most)))
    return tagged(looked_up, "search index").execution_options(**{PLANNED_ONCE: True})


def _looked_up(
    table: FormTable, classes: Collection[str], name: str, values: Mapping[str, Any] = NO_VALUES
) -> sa.Select[Any]:
    """Return the records whose documents hold what the parameter *name* wants of them."""
    side = table.search
    if on_postgresql():
        pieces = _parameter(name, postgresql.ARRAY(sa.Text), values)
        condition: sa.ColumnElement[bool] = sa.or_(*(side.c[class_].contains(pieces) for class_ in classes))
    else:
        match = _parameter(name, sa.Text(), values)
        condition = sa.literal_column(f'"{side.name}"').op("MATCH", is_comparison=True)(match)
    return sa.select(side.c._record).where(condition)


def holding(
    actor: Actor, table: FormTable, action: str, words: Sequence[Term], values: Mapping[str, Any] = NO_VALUES
) -> sa.ColumnElement[bool]:
    """Return the condition of the rows that hold every term where the actor sees plain text.

    :param values: those of the search, to be part of the condition; without them they are given when it is asked.
    """
    open_fields = {
        table.text_column(key): clause
        for key in searched(table.definition)
        if (clause := plain_clause(actor, table, action, key)) is not None
    }
    found: list[sa.ColumnElement[bool]] = []
    for number, term in enumerate(words):
        pattern = _parameter(f"like_{number}", sa.Text(), values)
        alternatives = [_holds(table.main.c[name], term, pattern) for name in PUBLIC]
        alternatives += [sa.and_(clause, _holds(column, term, pattern)) for column, clause in open_fields.items()]
        found.append(sa.or_(*alternatives))
        if term.narrowed == "few":
            # Named outright: rows and count then need no second and third look into the index.
            found.append(_one_of(table.main.c._id, f"ids_{number}", values))
        elif term.narrowed:
            classes = _classes(Itself(actor), table, action)
            found.append(table.main.c._id.in_(_looked_up(table, classes, f"wanted_{number}", values)))
    return sa.and_(*found)


def condition(actor: Actor, table: FormTable, action: str, q: str) -> sa.ColumnElement[bool] | None:
    """Return the condition of the rows that hold every term of *q*, values and all; ``None`` for an empty search."""
    words = ask(actor, table, action, q)
    return None if words is None else holding(actor, table, action, words.terms, words.values)


def _parameter(name: str, kind: sa.types.TypeEngine[Any], values: Mapping[str, Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, values[name], kind) if name in values else sa.bindparam(name, type_=kind)


def _one_of(column: sa.ColumnElement[Any], name: str, values: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a text is one of a list given as the parameter *name*, however long it is."""
    if on_postgresql():
        # One parameter: a list of them would be a new statement for every length, to be planned anew.
        return column == sa.any_(_parameter(name, postgresql.ARRAY(sa.Text), values))
    if name in values:
        return column.in_(values[name])
    return column.in_(sa.bindparam(name, expanding=True))


def _holds(column: sa.ColumnElement[Any], term: Term, pattern: sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a text holds a term. Folding every text costs several times what comparing it does.

    Between the words of a term any sign will do: brackets and dots are full width in one text and narrow in another.
    """
    return column.ilike(pattern, escape="\\") if term.folding else column.like(pattern, escape="\\")


on_clear(_classes.cache_clear)
on_clear(_lookup.cache_clear)
