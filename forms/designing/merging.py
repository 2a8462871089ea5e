"""Three-way merge of definitions by key: what two designers did since the same state.

Fields are known by their keys wherever they stand, so one may move a field while another renames it. Objects merge
member by member, lists of keyed things (fields, options) item by item and in their order; every other value is one
attribute: changed by one, it is taken; changed by both, differently, somebody has to choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Raw = Mapping[str, Any]

#: Stands for what is not there.
ABSENT: Any = object()
#: What the field's section is called among its attributes while it is compared.
SECTION = "@section"
#: What names an item of a list.
_NAMES = ("key", "code")


@dataclass(frozen=True, slots=True)
class Clash:
    """An attribute that both changed differently; None stands for what one side removed."""

    path: str
    mine: Any
    theirs: Any

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"path": self.path, "mine": self.mine, "theirs": self.theirs}


@dataclass(frozen=True, slots=True)
class Merged:
    """What both together make: my choice stands where they clash; ``mine`` and ``theirs`` name what each changed."""

    definition: dict[str, Any]
    clashes: tuple[Clash, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]


def merge(base: Raw, mine: Raw, theirs: Raw, choices: Mapping[str, str] | None = None) -> Merged:
    """Return *mine* and *theirs* as one, both made from *base*.

    :param choices: ``mine`` or ``theirs`` for paths that clash; these are no clashes any more.
    """
    work = _Merge(choices or {})
    parts = [_parted(raw) for raw in (base, mine, theirs)]
    if any(part is None for part in parts):
        # Keys stand twice or are missing: fields cannot be told apart, so the definition is one value.
        found = work.value("", dict(base), dict(mine), dict(theirs), whole=True)
    else:
        found = work.definition(*(part for part in parts if part is not None))
    return Merged(found, tuple(work.clashes), tuple(work.mine), tuple(work.theirs))


@dataclass(frozen=True)
class _Parts:
    form: dict[str, Any]
    sections: dict[str, dict[str, Any]]
    fields: dict[str, dict[str, Any]]

    def keys_in(self, section: str) -> list[str]:
        return [key for key, field in self.fields.items() if field[SECTION] == section]


def _keyed(items: Any, name: str = "key") -> dict[str, dict[str, Any]] | None:
    """Return a list of named things by name; None where it is none, or one name stands twice."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    found = {item.get(name): item for item in items}
    named = all(isinstance(key, str) and key for key in found)
    return {str(key): item for key, item in found.items()} if named and len(found) == len(items) else None


def _parted(raw: Raw) -> _Parts | None:
    sections = _keyed(raw.get("sections") or [])
    if sections is None:
        return None
    fields: dict[str, dict[str, Any]] = {}
    for key, section in sections.items():
        own = _keyed(section.get("fields") or [])
        if own is None or own.keys() & fields.keys():
            return None
        fields |= {name: {**field, SECTION: key} for name, field in own.items()}
    heads = {key: {name: value for name, value in item.items() if name != "fields"} for key, item in sections.items()}
    return _Parts({key: value for key, value in raw.items() if key != "sections"}, heads, fields)


class _Merge:
    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self.clashes: list[Clash] = []
        self.mine: list[str] = []
        self.theirs: list[str] = []

    def definition(self, base: _Parts, mine: _Parts, theirs: _Parts) -> dict[str, Any]:
        """Merge the three and put the fields back into their sections."""
        form = self.members("", base.form, mine.form, theirs.form)
        heads = self.items("sections", base.sections, mine.sections, theirs.sections)
        fields = self.items("sections.fields", base.fields, mine.fields, theirs.fields, ordered=False)
        # A section that one removed while the other put a field into it stays, as the other has it.
        for field in fields.values():
            name = field[SECTION]
            heads.setdefault(name, theirs.sections.get(name) or mine.sections.get(name) or {"key": name})
        sections = []
        for key, head in heads.items():
            names = [name for name, field in fields.items() if field[SECTION] == key]
            before, ours, others = (part.keys_in(key) for part in (base, mine, theirs))
            order = self.order(f"sections.{key}.fields", before, ours, others, names)
            plain = ({k: v for k, v in fields[name].items() if k != SECTION} for name in order)
            sections.append({**head, "fields": list(plain)})
        return {**form, "sections": sections}

    def value(self, path: str, base: Any, mine: Any, theirs: Any, *, whole: bool = False) -> Any:
        """Return one value merged, going into objects and keyed lists unless it counts as a *whole*."""
        if mine == theirs:
            return mine
        if theirs == base:
            self.mine.append(path)
            return mine
        if mine == base:
            self.theirs.append(path)
            return theirs
        sides = [base, mine, theirs]
        if not whole:
            if all(isinstance(side, dict) for side in sides[1:]) and (base is ABSENT or isinstance(base, dict)):
                return self.members(path, {} if base is ABSENT else base, mine, theirs)
            for name in _NAMES:
                keyed = [_keyed([] if side is ABSENT else side, name) for side in sides]
                if all(side is not None for side in keyed) and any(keyed):
                    return list(self.items(path, *(side or {} for side in keyed)).values())
        return self.clash(path, mine, theirs)

    def clash(self, path: str, mine: Any, theirs: Any) -> Any:
        """Return what was chosen, mine before anything is."""
        chosen = self.choices.get(path)
        if chosen not in {"mine", "theirs"}:
            self.clashes.append(Clash(path, *(None if side is ABSENT else side for side in (mine, theirs))))
        return theirs if chosen == "theirs" else mine

    def members(self, path: str, base: Raw, mine: Raw, theirs: Raw) -> dict[str, Any]:
        """Merge objects member by member."""
        found = {}
        for name in dict.fromkeys([*mine, *theirs, *base]):
            where = f"{path}.{name}" if path else name
            value = self.value(where, *(side.get(name, ABSENT) for side in (base, mine, theirs)))
            if value is not ABSENT:
                found[name] = value
        return found

    def items(self, path: str, base: Raw, mine: Raw, theirs: Raw, *, ordered: bool = True) -> dict[str, Any]:
        """Merge lists of named things, given by name."""
        found = self.members(path, base, mine, theirs)
        if not ordered:
            return found
        return {key: found[key] for key in self.order(path, list(base), list(mine), list(theirs), list(found))}

    def order(
        self, path: str, base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], wanted: Iterable[str]
    ) -> list[str]:
        """Return *wanted* in the order that one of both gave it; what only the other has, where it stood there."""
        keep = set(wanted)
        common = keep & set(base) & set(mine) & set(theirs)
        before, ours, others = ([key for key in side if key in common] for side in (base, mine, theirs))
        chosen = self.value(f"{path}.*", before, ours, others, whole=True)
        first, second = (theirs, mine) if chosen == others and chosen != ours else (mine, theirs)
        found = [key for key in first if key in keep]
        for number, key in enumerate(second):
            if key in keep and key not in found:
                previous = next((one for one in reversed(second[:number]) if one in found), None)
                found.insert(found.index(previous) + 1 if previous is not None else 0, key)
        return [*found, *(key for key in keep if key not in found)]
