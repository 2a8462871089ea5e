"""What a raw definition holds, however broken: its fields by path, their labels, types and options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from forms.code_lists import CodeList, Shelf
from forms.field_types import FIELD_TYPES
from forms.files.option_reading import parse_code_list
from forms.files.reading import DefinitionError
from forms.labels import Label
from forms.rule_types import rule_type


@dataclass(frozen=True, slots=True)
class Place:
    """A field where it stands: its section, its sub-table if it is a column, and its number there from 1."""

    path: str
    raw: Mapping[str, Any]
    section: str
    table: str
    number: int

    @property
    def type(self) -> str:
        """The name of its type; empty where it has none."""
        found = self.raw.get("type")
        return found if isinstance(found, str) else ""

    @property
    def label(self) -> Label:
        """Its label, or its key where it has none."""
        return label_of(self.raw.get("label")) or Label(self.path.rpartition(".")[2])


def label_of(raw: Any) -> Label | None:
    """Return the label that *raw* is, None for anything else and for an empty one."""
    if raw is None or not Label.fits(raw):
        return None
    found = Label.of(raw)
    return found if found.zh else None


def dicts(raw: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, none where *raw* is no list."""
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


@dataclass(frozen=True)
class Outline:
    """A raw definition, read leniently."""

    raw: Mapping[str, Any]
    code_lists: Mapping[str, CodeList]

    @cached_property
    def places(self) -> dict[str, Place]:
        """Every field and column by path, in order; of two with one key the first."""
        found: dict[str, Place] = {}
        for place in self._walk():
            found.setdefault(place.path, place)
        return found

    def _walk(self) -> Iterator[Place]:
        for section in dicts(self.raw.get("sections")):
            name = str(section.get("key") or "")
            for number, field in enumerate(dicts(section.get("fields")), 1):
                key = str(field.get("key") or "")
                yield Place(key, field, name, "", number)
                for position, column in enumerate(dicts(field.get("fields")), 1):
                    yield Place(f"{key}.{column.get('key') or ''}", column, name, key, position)

    @cached_property
    def types(self) -> dict[str, str]:
        """The type of every path, as rules see it."""
        return {path: rule_type(place.type) for path, place in self.places.items() if place.type in FIELD_TYPES}

    @cached_property
    def sections(self) -> dict[str, Mapping[str, Any]]:
        """The sections by key."""
        return {str(section.get("key") or ""): section for section in dicts(self.raw.get("sections"))}

    def label(self, path: str) -> Label:
        """Return what a field is called; the path where there is none."""
        place = self.places.get(path)
        return place.label if place else Label(path)

    def referred(self, path: str) -> Outline | None:
        """Return the form whose records the field at *path* refers to, None where it is not known here."""
        place = self.places.get(path)
        key = place.raw.get("form") if place else None
        raw = self.code_lists.form(key) if isinstance(key, str) and isinstance(self.code_lists, Shelf) else None
        return None if raw is None else Outline(raw, self.code_lists)

    def code_list(self, path: str) -> CodeList | None:
        """Return the options of a field, None where it has none or they cannot be read."""
        place = self.places.get(path)
        if place is None:
            return None
        named = place.raw.get("codelist")
        if isinstance(named, str):
            return self.code_lists.get(named)
        if not place.raw.get("options"):
            return None
        try:
            return parse_code_list(path, {"title": path, "items": place.raw["options"]})
        except DefinitionError:
            return None
