"""Choices of a field as the page offers them: in tree order, searchable by pinyin initials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pypinyin import Style, lazy_pinyin

from app.records.entry.model import OptionView
from forms.definition import CodeList, Option

#: Above this many choices a field becomes an input with a suggestion list that all rows share.
LONG_LIST = 120


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """Return the initials by which *text* can be searched: 焊工 → ``hg``."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=lambda rest: rest)).replace(" ", "").lower()


def choices(code_list: CodeList | None, lang: str, chosen: Iterable[str] = ()) -> tuple[OptionView, ...]:
    """Return the options of *code_list* with their depth; retired ones only while they are *chosen*."""
    if code_list is None:
        return ()
    kept = set(chosen)
    known = {option.code for option in code_list.options}
    below: dict[str | None, list[Option]] = {}
    for option in code_list.options:
        below.setdefault(option.parent if option.parent in known else None, []).append(option)
    found: list[OptionView] = []
    stack = [(option, 0) for option in reversed(below.get(None, []))]
    while stack:
        option, depth = stack.pop()
        if not option.retired or option.code in kept:
            label = option.label.get(lang)
            found.append(
                OptionView(option.code, label, depth, initials(option.label.zh), option.retired, option.kind or "")
            )
        stack.extend((child, depth + 1) for child in reversed(below.get(option.code, [])))
    return tuple(found)


def codes(value: Any) -> tuple[str, ...]:
    """Return the codes that an answer of a field with options holds."""
    return tuple(map(str, value)) if isinstance(value, list) else (value,) if isinstance(value, str) else ()


def reference_options(value: Any, offered: Iterable[Mapping[str, Any]]) -> tuple[OptionView, ...]:
    """Return the first matches of a reference field, the chosen one among them."""
    chosen = value if isinstance(value, Mapping) else {"id": value} if value else None
    listed = [OptionView(str(item["id"]), str(item["label"])) for item in offered]
    if chosen and str(chosen["id"]) not in {option.code for option in listed}:
        listed.insert(0, OptionView(str(chosen["id"]), str(chosen.get("label") or chosen["id"])))
    return tuple(listed)
