"""Sections as blocks of questions: taken out of one raw definition, copied into another under free keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from forms.designing.outline import dicts, label_of
from forms.designing.refusal import Refused, gone

Raw = dict[str, Any]
#: Names in an expression, and the quoted texts in which none stand.
_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_]\w*(?:\.\w+)*")
_RULES = ("visible_when", "required_when", "compute", "prefill", "option_filter")
#: What stands before the key of a field in a rule.
_PREFIXES = ("parent", "previous")


def block_of(raw: Mapping[str, Any], section: str) -> Raw:
    """Return a section as it stands in a definition. Raises Refused for an unknown or an empty one."""
    found = next((item for item in dicts(raw.get("sections")) if item.get("key") == section), None)
    if found is None:
        raise gone()
    if not dicts(found.get("fields")):
        raise Refused("分组里没有字段。", "There is no field in the section.")
    return deepcopy(dict(found))


def inserted(raw: Mapping[str, Any], block: Mapping[str, Any], taken: Collection[str] = ()) -> tuple[Raw, str]:
    """Return the definition with a copy of the block as its last section, and the key of that section.

    Keys that are in use there, or are *taken* otherwise, get a number; the block's own rules follow. What a rule of the
    block says of fields outside it stays as it is, for the check to show.
    """
    form, section = deepcopy(dict(raw)), deepcopy(dict(block))
    used = set(taken)
    for item in dicts(form.get("sections")):
        used |= {str(item.get("key"))} | {str(field.get("key")) for field in dicts(item.get("fields"))}
    fields = dicts(section.get("fields"))
    names: dict[str, str] = {}
    for field in fields:
        key = str(field.get("key"))
        names[key] = _free(key, used)
        used.add(names[key])
    section["key"] = _free(str(section.get("key") or "section"), used)
    for field in fields:
        field["key"] = names[str(field.get("key"))]
        _follow(field, names)
        columns = dicts(field.get("fields"))
        own = {str(column.get("key")) for column in columns}
        for column in columns:
            # In a row, a name means its own column first.
            _follow(column, {name: new for name, new in names.items() if name not in own}, parents=names)
    _follow(section, names)
    form.setdefault("sections", []).append(section)
    return form, str(section["key"])


def _free(key: str, used: Collection[str]) -> str:
    number, found = 2, key
    while found in used:
        found, number = f"{key}_{number}", number + 1
    return found


def _follow(item: Raw, names: Mapping[str, str], parents: Mapping[str, str] | None = None) -> None:
    for name in _RULES:
        if isinstance(item.get(name), str):
            item[name] = _renamed(item[name], names, parents or names)
    for check in dicts(item.get("checks")):
        if isinstance(check.get("expression"), str):
            check["expression"] = _renamed(check["expression"], names, parents or names)


def _renamed(text: str, names: Mapping[str, str], parents: Mapping[str, str]) -> str:
    def new(found: re.Match[str]) -> str:
        parts = found[0].split(".")
        if parts[0] in _PREFIXES and len(parts) > 1:
            parts[1] = parents.get(parts[1], parts[1])
        elif found[0][0] not in "'\"":
            parts[0] = names.get(parts[0], parts[0])
        return ".".join(parts)

    return _NAMES.sub(new, text)


def title_of(block: Mapping[str, Any]) -> str:
    """Return the Chinese title of a block's section."""
    label = label_of(block.get("title"))
    return label.zh if label is not None else ""
