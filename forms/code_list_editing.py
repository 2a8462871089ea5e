"""Changing a code list as it is written: options are added, renamed, retired, moved among their siblings; none goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from forms.files.reading import DefinitionError, Issue
from forms.labels import Label

CODE = re.compile(r"\S(?:.{0,46}\S)?")
MOST_PASTED = 2_000
_SPLIT = re.compile(r"\t|\s*[,，]\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """An option where it stands: how deep, below which code."""

    item: dict[str, Any]
    depth: int
    parent: str | None
    siblings: list[dict[str, Any]]


def places(raw: Mapping[str, Any]) -> Iterator[Place]:
    """Yield every option of a list, those below it behind it."""
    yield from _walk(raw.get("items") or [], 0, None)


def _walk(items: list[dict[str, Any]], depth: int, parent: str | None) -> Iterator[Place]:
    for item in items:
        yield Place(item, depth, item.get("parent") or parent, items)
        yield from _walk(item.get("children") or [], depth + 1, item["code"])


def text_of(item: Mapping[str, Any]) -> Label:
    """Return what an option is called."""
    label = item.get("label")
    return Label.of(label) if label else Label(item.get("zh") or item.get("en") or "", item.get("en") or "")


def added(raw: Mapping[str, Any], code: str, zh: str, en: str = "", parent: str = "") -> dict[str, Any]:
    """Return the list with a new option at the end, or at the end of those below *parent*.

    Raises DefinitionError for a code that is there already, or cannot be one, an empty label, an unknown parent.
    """
    found = deepcopy(dict(raw))
    _add(
        found,
        {place.item["code"]: place.item for place in places(found)},
        (code.strip(), zh.strip(), en.strip(), parent),
    )
    return found


def _add(raw: dict[str, Any], known: dict[str, dict[str, Any]], cells: tuple[str, str, str, str]) -> None:
    code, zh, en, parent = cells
    if not CODE.fullmatch(code):
        raise _refused(code, "代码须为 1 至 48 个字符", "A code has 1 to 48 characters")
    if not zh:
        raise _refused(code, f"代码“{code}”没有名称", f"The code “{code}” has no label")
    if code in known:
        raise _refused(code, f"代码“{code}”已经有了", f"The code “{code}” is there already")
    if parent and parent not in known:
        raise _refused(code, f"没有代码“{parent}”", f"There is no code “{parent}”")
    siblings = known[parent].setdefault("children", []) if parent else raw.setdefault("items", [])
    item = {"code": code, "zh": zh, **({"en": en} if en else {})}
    siblings.append(item)
    known[code] = item


def renamed(raw: Mapping[str, Any], code: str, zh: str, en: str = "") -> dict[str, Any]:
    """Return the list with another label on an option. Raises DefinitionError."""
    found = deepcopy(dict(raw))
    _rename(_place(found, code).item, zh.strip(), en.strip())
    return found


def _rename(item: dict[str, Any], zh: str, en: str) -> None:
    if not zh:
        raise _refused(item["code"], f"代码“{item['code']}”没有名称", f"The code “{item['code']}” has no label")
    item.pop("label", None)
    item.pop("en", None)
    item["zh"] = zh
    if en:
        item["en"] = en


def retired(raw: Mapping[str, Any], code: str, *, retire: bool) -> dict[str, Any]:
    """Return the list with an option retired, with all below it, or restored, with all above it."""
    found = deepcopy(dict(raw))
    place = _place(found, code)
    if retire:
        _mark(place.item, retire=True)
        return found
    parents = {one.item["code"]: one for one in places(found)}
    one: Place | None = place
    while one is not None:
        one.item.pop("retired", None)
        one = parents.get(one.parent) if one.parent else None
    return found


def _mark(item: dict[str, Any], *, retire: bool) -> None:
    item["retired"] = retire
    for child in item.get("children") or []:
        _mark(child, retire=retire)


def moved(raw: Mapping[str, Any], code: str, to: int) -> dict[str, Any]:
    """Return the list with an option at place *to*, from 1, among its siblings; beyond the end is the end."""
    found = deepcopy(dict(raw))
    place = _place(found, code)
    place.siblings.remove(place.item)
    place.siblings.insert(max(to, 1) - 1, place.item)
    return found


def pasted(raw: Mapping[str, Any], text: str) -> tuple[dict[str, Any], int, int]:
    """Return the list with pasted rows in it, and how many options are new and how many were renamed.

    A row is ``code, label, English, parent``, as cells of a spreadsheet or with commas; with one cell alone the label
    is also the code. Codes that are there get the new label; none is removed. Raises DefinitionError, naming the row.
    """
    found, new, changed = deepcopy(dict(raw)), 0, 0
    issues: list[Issue] = []
    rows = [line for line in text.splitlines() if line.strip()]
    if len(rows) > MOST_PASTED:
        raise _refused("", f"一次最多粘贴 {MOST_PASTED} 行", f"Paste at most {MOST_PASTED} rows at once")
    known = {place.item["code"]: place.item for place in places(found)}
    for number, line in enumerate(rows, 1):
        cells = line.split("\t") if "\t" in line else _SPLIT.split(line.strip())
        code, zh, en, parent = _cells([cell.strip() for cell in cells])
        try:
            if code not in known:
                _add(found, known, (code, zh, en, parent))
                new += 1
            elif (text_of(known[code]).zh, en or text_of(known[code]).en) != (zh, text_of(known[code]).en):
                _rename(known[code], zh, en or text_of(known[code]).en)
                changed += 1
        except DefinitionError as error:
            issues += [_at(number, issue) for issue in error.issues]
    if issues:
        raise DefinitionError(issues)
    return found, new, changed


def _cells(cells: Sequence[str]) -> tuple[str, str, str, str]:
    if len(cells) == 1:
        return cells[0], cells[0], "", ""
    code, zh, en, parent = [*cells, "", "", ""][:4]
    return code, zh, en, parent


def _at(number: int, issue: Issue) -> Issue:
    text = Label(f"第 {number} 行：{issue.message.zh}", f"Row {number}: {issue.message.get('en')}")
    return Issue(issue.code, issue.path, text)


def _place(raw: Mapping[str, Any], code: str) -> Place:
    found = next((place for place in places(raw) if place.item["code"] == code), None)
    if found is None:
        raise _refused(code, f"没有代码“{code}”", f"There is no code “{code}”")
    return found


def _refused(path: str, zh: str, en: str) -> DefinitionError:
    return DefinitionError([Issue("code_list", path, Label(zh, en))])
