"""Sub-tables with fixed rows (固定行矩阵): the rows are the options of one column, which is the heading of its row.

The setting ``fixed_rows`` names that column. There is one row for each option that is offered, in the order of the
list; nobody adds, removes or doubles a row. What is sent may leave rows out: a new record gets them as the form starts
a row, in one that is there they stay as they are. The row of an option that is no longer offered stays while it holds
an answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forms.answers.answer import Answers, Column, is_empty, rows_of
from forms.answers.problems import Invalid, Problem
from forms.definition import Definition, Option
from forms.labels import Label

CLOSED = Label(
    "这张明细表的行是固定的，不能增加、复制或删除，请直接填写各行",
    "The rows of this table are fixed and are neither added, copied nor removed; fill in those that are there",
)


def heading(column: Column) -> Column | None:
    """Return the column whose options are the rows of a sub-table; None where its rows are not fixed."""
    key = column.field.setting("fixed_rows", "")
    found = column.columns.get(key) if key else None
    return found if found is not None and found.code_list is not None else None


def option_of(head: Column, row: Mapping[str, Any]) -> Option | None:
    """Return the option that *row* is the row of; None for one that is not on the list."""
    value = row.get(head.field.key)
    if is_empty(value) or head.code_list is None:
        return None
    try:
        code = head.check(value)
    except Invalid:
        return None
    return head.code_list.get(code) if isinstance(code, str) else None


def places(head: Column, options: Sequence[Option | None], filled: Sequence[bool]) -> list[int | Option]:
    """Return in which order rows stand: the position of a given row, or the option of one that is missing.

    :param options: which option each given row is the row of. :param filled: whether it holds an answer besides: the
        row of an option that is no longer offered goes without one. Rows that are not on the list come last, and so
        does the second row of an option.
    """
    first: dict[str, int] = {}
    for number, known in enumerate(options):
        if known is not None:
            first.setdefault(known.code, number)
    found: list[int | Option] = []
    for option in head.code_list.options if head.code_list else ():
        position = first.get(option.code)
        if position is None:
            found += [] if option.retired else [option]
        elif filled[position] or not option.retired:
            found.append(position)
    return found + [place for place, option in enumerate(options) if option is None or first[option.code] != place]


def settled(column: Column, rows: Any, current: Any = ()) -> Any:
    """Return the rows of a sub-table as they stand: each option once and in order, none missing.

    Where rows are not fixed, or where something else stands, that is returned as it is.

    :param current: the rows as they are now. A row is known by its option, or else by its ``_row``; it keeps its
        ``_row``, and one that is left out stays; merging keeps its answers.
    """
    head = heading(column)
    if head is None or not (rows is None or (isinstance(rows, list) and len(rows_of(rows)) == len(rows))):
        return rows
    key = head.field.key
    given = [_named(head, row, rows_of(current)) for row in rows_of(rows)]
    options = [option_of(head, row) for row in given]
    before = {option.code: row for row in reversed(rows_of(current)) if (option := option_of(head, row)) is not None}
    for code, row in before.items():
        if all(option is None or option.code != code for option in options):
            given.append({name: row[name] for name in ("_row", key)} if row.get("_row") else dict(row))
            options.append(option_of(head, row))
    filled = [
        _filled(key, row) or (option is not None and option.code in before)
        for row, option in zip(given, options, strict=True)
    ]
    kept = {str(row["_row"]) for row in before.values() if row.get("_row")}
    found: list[Answers] = []
    used: set[str] = set()
    seen: set[str] = set()
    for place in places(head, options, filled):
        row = {key: place.code} if isinstance(place, Option) else given[place]
        option = place if isinstance(place, Option) else options[place]
        known = before.get(option.code, {}) if option is not None and option.code not in seen else {}
        identifier = known.get("_row") or row.get("_row")
        if not known.get("_row") and (not identifier or identifier in kept | used):
            identifier = _new_id(option, kept | used)
        used.add(str(identifier))
        seen.add(option.code if option is not None else "")
        found.append({**row, "_row": identifier, **({key: option.code} if option is not None else {})})
    return found


def _named(head: Column, row: Mapping[str, Any], current: Sequence[Mapping[str, Any]]) -> Answers:
    """Return a row with the option that it had, where it says none: whoever does not see the heading cannot say it."""
    if option_of(head, row) is not None:
        return dict(row)
    former = next((one for one in current if row.get("_row") and one.get("_row") == row.get("_row")), {})
    return {**row, **({head.field.key: former[head.field.key]} if option_of(head, former) is not None else {})}


def _filled(key: str, row: Mapping[str, Any]) -> bool:
    return any(name not in {"_row", key} and not is_empty(value) for name, value in row.items())


def _new_id(option: Option | None, taken: set[str]) -> str:
    """Return an id for a row: that of an option is always the same, so that a page drawn twice says the same."""
    code = option.code if option is not None else ""
    usable = code.isascii() and code.replace("-", "").replace("_", "").isalnum() and len(code) <= 32
    made = f"row-{code}"
    return made if usable and made not in taken else secrets.token_hex(8)


def strays(column: Column, rows: Any) -> frozenset[int]:
    """Return the positions of rows that the list knows nothing of, or has had already: these alone may go."""
    head = heading(column)
    if head is None:
        return frozenset()
    seen: set[str] = set()
    found: set[int] = set()
    for position, row in enumerate(rows_of(rows)):
        option = option_of(head, row)
        if option is None or option.code in seen:
            found.add(position)
        else:
            seen.add(option.code)
    return frozenset(found)


def problems(column: Column, rows: Any, before: Any = ()) -> Iterator[Problem]:
    """Yield what is wrong with the rows themselves; they are in order.

    :param before: the rows as they were stored: an option that was there may have been retired since.
    """
    head = heading(column)
    if head is None:
        return
    odd = strays(column, rows)
    former = {option.code for row in rows_of(before) if (option := option_of(head, row)) is not None}
    for number, row in enumerate(rows_of(rows), 1):
        option = option_of(head, row)
        if number - 1 in odd:
            yield stray(head, row, number)
        elif option is not None and option.retired and option.code not in former:
            text = Label(
                f"“{option.label.zh}”已停用，请清空这一行",
                f"“{option.label.get('en')}” is no longer offered; clear its row",
            )
            yield Problem(head.path, number, "retired_option", text)


def stray(head: Column, row: Mapping[str, Any], number: int) -> Problem:
    """Return what is said of a row that should not be there."""
    option = option_of(head, row)
    if option is not None:
        text = Label(
            f"“{option.label.zh}”只能有一行，请删去多出的这行",
            f"There is one row for “{option.label.get('en')}” only; leave this one out",
        )
        return Problem(head.path, number, "repeated", text)
    said = str(row.get(head.field.key) or "")[:30]
    text = Label(
        f"没有“{said}”这一行，请按固定的各行填写" if said else f"请写明是哪一行（“{head.field.label.zh}”）",
        f"There is no row “{said}”; use the rows that are fixed"
        if said
        else f"Say which row this is (“{head.field.label.get('en')}”)",
    )
    return Problem(head.path, number, "unknown_row", text)


def row_label(definition: Definition, table: str, row: int) -> Label | None:
    """Return what row *row* (from 1) is called; None where that depends on the answers, or rows are not fixed."""
    if not definition.has(table):
        return None
    key = definition.field(table).setting("fixed_rows", "")
    code_list = definition.code_list(f"{table}.{key}") if key and definition.has(f"{table}.{key}") else None
    options = code_list.options if code_list else ()
    # The row of a retired option comes and goes with its answers; the numbers after it say nothing.
    known = options[:row]
    return known[-1].label if len(known) == row > 0 and not any(option.retired for option in known) else None
