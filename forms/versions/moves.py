"""Which fields of a form have another place: in another section, or elsewhere among those beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forms.definition import Definition, Section
from forms.labels import Label


@dataclass(frozen=True, slots=True)
class Move:
    """A field that has another place; ``before`` is empty within the same section or sub-table; places count from 1."""

    path: str
    before: Label | None
    now: Label
    place: int


def moves(old: Definition, new: Definition) -> Iterator[Move]:
    """Yield the fewest fields whose moving turns the order of *old* into that of *new*; none that came or went."""
    before = {item.key: section for section in old.sections for item in section.fields}
    kept = {section.key: section for section in new.sections}
    for section in new.sections:
        keys = [item.key for item in section.fields]
        stayed = [key for key in keys if key in before and _same(before[key], section, kept)]
        gone_round = _moved(_order(old, stayed), stayed)
        for place, key in enumerate(keys, 1):
            if key in gone_round:
                yield Move(key, None, section.title, place)
            elif key in before and key not in stayed:
                yield Move(key, before[key].title, section.title, place)
    for item in new.subtables:
        if old.has(item.key):
            columns = [column.key for column in item.fields]
            former = [column.key for column in old.field(item.key).fields if column.key in columns]
            for key in _moved(former, [key for key in columns if key in former]):
                yield Move(f"{item.key}.{key}", None, item.label, columns.index(key) + 1)


def _same(before: Section, now: Section, kept: dict[str, Section]) -> bool:
    """Tell whether a field's section is still the same; a section that got another key is known by its title."""
    return before.key == now.key or (before.key not in kept and before.title == now.title)


def _order(old: Definition, keys: Sequence[str]) -> list[str]:
    wanted = set(keys)
    return [item.key for item in old.fields if item.key in wanted]


def _moved(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return what is not part of the longest run that both have in the same order."""
    places = {key: place for place, key in enumerate(before)}
    tails: list[int] = []
    ends: list[int] = []
    behind: list[int] = [-1] * len(now)
    for at, key in enumerate(now):
        length = bisect_left(tails, places[key])
        behind[at] = ends[length - 1] if length else -1
        tails[length : length + 1] = [places[key]]
        ends[length : length + 1] = [at]
    at, stay = (ends[-1] if ends else -1), set()
    while at >= 0:
        stay.add(at)
        at = behind[at]
    return [key for at, key in enumerate(now) if at not in stay]
