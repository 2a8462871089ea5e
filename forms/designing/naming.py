"""Keys of new fields and sections: made once from the label, by its pinyin, and never used for something else.

What is added with a click has a label of its type's and a key to match (``text_1``) until somebody names it; the key
is made from the name then, once. Every editor asks here, so that they make the same definition.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pypinyin import Style, lazy_pinyin

from forms.checks.keys import RESERVED
from forms.columns import LONGEST_KEY
from forms.designing.fresh import COPY, NEW_SECTION
from forms.designing.outline import dicts
from forms.field_types import FIELD_TYPES
from forms.labels import Label

#: A key is read in formulas: a few syllables tell enough.
SYLLABLES = 6
#: Room for the number of a second one and for the suffix of a converted column.
LONGEST = min(LONGEST_KEY, 32)
_NUMBER = re.compile(r"_\d+$", re.ASCII)


def key_for(label: str, taken: Collection[str], fallback: str = "field") -> str:
    """Return a key for *label* that is none of *taken*: lower-case letters, digits and single underscores."""
    parts = lazy_pinyin(label[:40], style=Style.NORMAL, errors=lambda text: f" {text} ")
    words = [word for part in parts for word in _words(part)]
    key = "_".join(words[:SYLLABLES])[:LONGEST].strip("_")
    if not key or not key[0].isalpha() or key in RESERVED:
        key = f"{fallback}_{key}".strip("_")[:LONGEST].strip("_")
    number, base = 2, key
    while key in taken:
        key = f"{base}_{number}"
        number += 1
    return key


def _words(text: str) -> list[str]:
    """Return the runs of Latin letters and digits of *text*."""
    return "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in text.casefold()).split()


def new_key(type_: str, label: str, taken: Collection[str]) -> str:
    """Return the key of a new field: of its label, or ``text_1`` while it is called as its type is."""
    if type_ in FIELD_TYPES and label.strip() == FIELD_TYPES[type_].label.zh:
        return _numbered(type_, taken, 1)
    return key_for(label, taken)


def copied_key(key: str, taken: Collection[str]) -> str:
    """Return the key of a copy: that of the original with the next free number."""
    return _numbered(_NUMBER.sub("", key), taken, 2)


def _numbered(base: str, taken: Collection[str], number: int) -> str:
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"


def unnamed(key: str, label: str) -> bool:
    """Tell whether a field still has the label and the key that it was made with, as new or as a copy."""
    base = _NUMBER.sub("", key)
    if base == key:
        return False
    own = base in FIELD_TYPES and label == FIELD_TYPES[base].label.zh
    return own or label.endswith(COPY.zh) or (base == "section" and label == NEW_SECTION)


def named(
    raw: Mapping[str, Any], fields: Iterable[str], sections: Iterable[str], taken: Collection[str] = ()
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the keys that fields (by path) and sections (by key) of a definition get from their labels.

    What is not there, and what keeps its key, is left out. :param taken: paths that were used for something else.
    """
    places = _labels(raw)
    used = {*places, *taken}
    keys: dict[str, str] = {}
    for path in fields:
        table, _, key = path.rpartition(".")
        if path in places and (label := places[path]):
            there = {name.rpartition(".")[2] for name in used if name.rpartition(".")[0] == table} - {key}
            keys[path] = key_for(label, there)
            used.add(f"{table}.{keys[path]}" if table else keys[path])
    titles = {str(item.get("key")): _zh(item.get("title")) for item in dicts(raw.get("sections"))}
    heads = {*titles, *(path for path in used if "." not in path)}
    made: dict[str, str] = {}
    for key in sections:
        if titles.get(key):
            made[key] = key_for(titles[key], heads - {key}, "section")
            heads.add(made[key])
    return _changed(keys), _changed(made)


def _changed(keys: Mapping[str, str]) -> dict[str, str]:
    return {path: key for path, key in keys.items() if path.rpartition(".")[2] != key}


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in dicts(raw.get("sections")):
        for field in dicts(section.get("fields")):
            found[str(field.get("key"))] = _zh(field.get("label"))
            for column in dicts(field.get("fields")):
                found[f"{field.get('key')}.{column.get('key')}"] = _zh(column.get("label"))
    return found


def _zh(raw: Any) -> str:
    return Label.of(raw).zh.strip() if raw and Label.fits(raw) else ""
