"""Adding, changing, moving and taking away sections of a raw definition."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from forms.designing.naming import key_for
from forms.designing.refusal import Refused, gone

Raw = dict[str, Any]


def _found(raw: Mapping[str, Any], key: str) -> tuple[list[Raw], int]:
    sections: list[Raw] = raw.get("sections") or []
    for place, section in enumerate(sections):
        if section.get("key") == key:
            return sections, place
    raise gone()


def add(raw: Mapping[str, Any], title: Mapping[str, str]) -> tuple[Raw, str]:
    """Return the definition with a new empty section at the end, and its key."""
    if not title.get("zh", "").strip():
        raise Refused("请写分组名称。", "Write the title of the section.")
    new = deepcopy(dict(raw))
    sections = new.setdefault("sections", [])
    fields = {field.get("key") for section in sections for field in section.get("fields") or []}
    # Issues name sections and fields alike by their keys, so no section takes a field's.
    key = key_for(title["zh"], {str(section.get("key")) for section in sections} | fields, "section")
    sections.append({"key": key, "title": dict(title), "fields": []})
    return new, key


def change(raw: Mapping[str, Any], key: str, changes: Mapping[str, Any]) -> Raw:
    """Return the definition with properties of a section set; None takes one away."""
    new = deepcopy(dict(raw))
    sections, place = _found(new, key)
    for name, value in changes.items():
        if value is None:
            sections[place].pop(name, None)
        else:
            sections[place][name] = value
    return new


def move(raw: Mapping[str, Any], key: str, position: int) -> Raw:
    """Return the definition with a section at another number from 1."""
    new = deepcopy(dict(raw))
    sections, place = _found(new, key)
    section = sections.pop(place)
    sections.insert(max(0, min(position - 1, len(sections))), section)
    return new


def remove(raw: Mapping[str, Any], key: str) -> Raw:
    """Return the definition without an empty section."""
    new = deepcopy(dict(raw))
    sections, place = _found(new, key)
    if sections[place].get("fields"):
        raise Refused(
            "分组里还有字段。请先把它们移到别的分组，或停用。",
            "There are fields in the section. Move them to another one or retire them first.",
        )
    del sections[place]
    return new
