"""Three-way comparison of definitions by key: what two designers changed differently since the same state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(path, value)`` of everything in a definition; lists of keyed things go by key, not by position."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and all(isinstance(item, dict) and ("key" in item) for item in value):
        yield f"{path}.*", [item["key"] for item in value]
        for item in value:
            yield from _flat(item, f"{path}.{item['key']}")
    else:
        yield path, value


def conflicts(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{"path", "mine", "theirs"}`` for every place that both changed since *base*, differently."""
    before, ours, others = (dict(_flat(dict(side))) for side in (base, mine, theirs))
    found = []
    for path in sorted({*before, *ours, *others}):
        old, left, right = before.get(path), ours.get(path), others.get(path)
        if left != right and old not in (left, right):
            found.append({"path": path, "mine": left, "theirs": right})
    return found
