"""Conditions as the page of a rule lists them: rows, and groups of rows, while somebody is still choosing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forms.designing.rule_rows import WITHOUT_VALUE, Row, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ROWS = 20
#: A row in which nothing is chosen yet.
BLANK = Row("", "eq")


def changed(rows: Sequence[Row | Rows], match: str, do: str) -> list[Row | Rows]:
    """Return the rows as the button *do* asks for them: a row or a group more, or a row less; never none at all.

    Conditions are numbered through on the page; a group that loses its last one is gone.

    :param do: ``add``, ``add:<group>``, ``group`` or ``remove:<row>``; anything else changes nothing.
    """
    verb, _, index = do.partition(":")
    found = list(rows)
    groups = [place for place, row in enumerate(found) if isinstance(row, Rows)]
    if verb == "remove" and index.isdecimal():
        found = _without(found, int(index))
    elif len(flat(found)) >= MOST_ROWS:
        return found
    elif verb == "group":
        found.append(Rows("any" if match == "all" else "all", (BLANK, BLANK)))
    elif verb == "add" and index.isdecimal() and int(index) < len(groups):
        group = found[groups[int(index)]]
        assert isinstance(group, Rows)  # noqa: S101 - one of the groups
        found[groups[int(index)]] = Rows(group.match, (*group.rows, BLANK))
    elif verb == "add":
        found.append(BLANK)
    return found or [BLANK]


def _without(rows: Sequence[Row | Rows], number: int) -> list[Row | Rows]:
    found: list[Row | Rows] = []
    for row in rows:
        size = len(row.rows) if isinstance(row, Rows) else 1
        if not 0 <= number < size:
            found.append(row)
        elif isinstance(row, Rows) and size > 1:
            found.append(Rows(row.match, row.rows[:number] + row.rows[number + 1 :]))
        number -= size
    return found


def whole(rows: Iterable[Row | Rows]) -> list[Row | Rows]:
    """Return the conditions that are complete; a group of one is that one."""
    found: list[Row | Rows] = []
    for row in rows:
        if isinstance(row, Rows):
            inner = [item for item in row.rows if isinstance(item, Row) and complete(item)]
            found += [Rows(row.match, tuple(inner))] if len(inner) > 1 else inner
        elif complete(row):
            found.append(row)
    return found


def flat(rows: Iterable[Row | Rows]) -> list[Row]:
    """Return the conditions without their groups, in the order of the page."""
    return [item for row in rows for item in (flat(row.rows) if isinstance(row, Rows) else [row])]


def complete(row: Row) -> bool:
    """Tell whether field and value are chosen."""
    return bool(row.field) and (row.operator in WITHOUT_VALUE or bool(row.other or row.values))
