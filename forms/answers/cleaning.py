"""Brings raw answers into their canonical form, and merges changes into answers."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from forms.answers import fixed_rows
from forms.answers.answer import Answers, Column, is_empty, rows_of
from forms.answers.problems import Invalid, Problem
from forms.labels import Label

LONGEST_ROW_ID = 40
#: How deep a misfit value is kept; no field nests deeper.
DEEPEST = 4
#: Larger whole numbers are not the same in every reader of JSON.
LARGEST = 2**53 - 1


def clean(
    raw: Mapping[str, Any],
    columns: Mapping[str, Column],
    problems: list[Problem],
    table: str = "",
    row: int | None = None,
) -> Answers:
    """Return *raw* in canonical form and append what does not fit to *problems*."""
    answers: Answers = {}
    for key, value in raw.items():
        column = columns.get(key)
        if column is None:
            if not (table and key == "_row"):
                problems.append(_unknown(table, str(key), row))
            continue
        if not column.takes_answers:
            continue
        if not value and is_empty(value):
            answers[key] = None
            continue
        try:
            try:
                checked = column.check(value)
            except Invalid:
                checked = _second_chance(column, value)
        except Invalid as error:
            kept = storable(value)
            answers[key] = None if is_empty(kept) else kept
            if not is_empty(kept):
                problems.append(Problem(column.path, row, error.code, error.message))
            continue
        if column.columns:
            answers[key] = _rows(checked, column, problems)
        else:
            answers[key] = None if not checked and is_empty(checked) else checked
    return answers


def _second_chance(column: Column, value: Any) -> Any:
    """Return the canonical value of what would be stored of a misfit; raises Invalid where that is no better."""
    kept = storable(value)
    return column.check(value if is_empty(kept) else kept)


def _unknown(table: str, key: str, row: int | None) -> Problem:
    shown = str(storable(key))[:60]
    path = f"{table}.{shown}" if table else shown
    return Problem(path, row, "unknown_field", Label(f"表单没有“{shown}”这个字段", f"The form has no field “{shown}”"))


def _rows(rows: list[Mapping[str, Any]], column: Column, problems: list[Problem]) -> list[Answers]:
    cleaned = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        identifier = row.get("_row")
        if not _usable(identifier) or identifier in seen:
            identifier = secrets.token_hex(8)
        seen.add(str(identifier))
        cleaned.append({"_row": identifier, **clean(row, column.columns, problems, column.path, number)})
    return cleaned


def _usable(identifier: object) -> bool:
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ROW_ID:
        return False
    return identifier.isascii() and identifier.replace("-", "").replace("_", "").isalnum()


def storable(value: Any, depth: int = 0) -> Any:
    """Return a value that fits no type as JSON that every database stores; text without anything readable is empty."""
    if isinstance(value, str):
        text = value.replace("\x00", "")
        text = text.encode("utf-8", "ignore").decode("utf-8")
        return text if text.strip() else ""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal | date | time | timedelta) or depth > DEEPEST:
        return str(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, depth + 1) for item in value]
    return storable(str(value))


def merge(current: Mapping[str, Any], changes: Mapping[str, Any], columns: Mapping[str, Column]) -> Answers:
    """Return *current* with *changes*: absent is unchanged, None clears, rows replace and merge by ``_row``.

    Of fixed rows none goes: see :mod:`forms.answers.fixed_rows`.
    """
    merged = dict(current)
    for key, value in changes.items():
        column = columns.get(key)
        if is_empty(value):
            merged.pop(key, None)
            if column is not None and fixed_rows.heading(column) is not None:
                merged[key] = fixed_rows.settled(column, [])
        elif column is not None and column.columns and isinstance(value, list):
            known = {str(row["_row"]): row for row in rows_of(current.get(key)) if row.get("_row")}
            merged[key] = [
                _merge_row(known.get(str(row.get("_row")), {}), row) if isinstance(row, Mapping) else row
                for row in fixed_rows.settled(column, value, current.get(key))
            ]
            merged[key] = fixed_rows.settled(column, merged[key])
        else:
            merged[key] = value
    return merged


def _merge_row(current: Mapping[str, Any], row: Mapping[str, Any]) -> Answers:
    merged = {**current, **row}
    return {key: value for key, value in merged.items() if not is_empty(value)}
