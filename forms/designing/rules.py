"""Putting a rule into a raw definition, at the place that names it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from forms.designing import fields, sections
from forms.designing.formulas import placed
from forms.designing.refusal import Refused, gone

Raw = dict[str, Any]


def check_number(place: str) -> int | None:
    """Return which check of its field *place* names (``a.checks[2]``); None for a new one."""
    head, _, rest = place.rpartition("[")
    return int(rest[:-1]) if head and place.endswith("]") and rest[:-1].isdecimal() else None


def put(
    raw: Mapping[str, Any],
    place: str,
    text: str,
    *,
    message: Mapping[str, str] | None = None,
    level: str = "error",
) -> Raw:
    """Return the definition with the rule *text* at *place*; an empty text takes the rule away.

    :param message: of a check, what is said where it does not hold; its *level* is ``error`` or ``warning``.
    """
    path, kind = placed(place)
    if kind == "published_when":
        return _published(raw, text)
    if kind == "checks":
        said = {name: words for name, words in (message or {}).items() if words}
        check: Raw = {"expression": text, "message": said, **({"level": level} if level != "error" else {})}
        return _check(raw, path, check_number(place), check if text else None)
    if any(section.get("key") == path for section in raw.get("sections") or []) and not _is_field(raw, path):
        return sections.change(raw, path, {kind: text or None})
    return fields.change(raw, path, {kind: text or None})


def _is_field(raw: Mapping[str, Any], path: str) -> bool:
    try:
        fields.get(raw, path)
    except Refused:
        return False
    return True


def _published(raw: Mapping[str, Any], text: str) -> Raw:
    new = deepcopy(dict(raw))
    found = new.get("published_when")
    if isinstance(found, dict):
        found.pop("record", None)
        if text:
            found["record"] = text
        if not found:
            del new["published_when"]
    elif text:
        new["published_when"] = text
    else:
        new.pop("published_when", None)
    return new


def _check(raw: Mapping[str, Any], path: str, number: int | None, check: Raw | None) -> Raw:
    new = deepcopy(dict(raw))
    field = fields.get(new, path)
    checks = field.setdefault("checks", [])
    if number is not None and number >= len(checks):
        raise gone()
    if number is None:
        checks += [check] if check else []
    elif check:
        checks[number] = check
    else:
        del checks[number]
    if not checks:
        field.pop("checks")
    return new
