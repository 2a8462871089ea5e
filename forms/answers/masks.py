"""Masks: what of a text is left for those who may not see it."""

from __future__ import annotations

import re
from collections.abc import Callable

#: What stands for a value of which nothing may be seen.
WHOLE = "***"
_DIGIT = re.compile(r"[0-9０-９]")
#: A town; not the street that is called after one.
_TOWN = re.compile(r"街道|[镇乡](?![路街巷大])")
#: A district, county or city; not a residential, industrial or campus area, which ends in 区 as well.
_COUNTY = re.compile(r"(?<![小社园校厂库])区|县|市(?![场府政民])")


def mask(rule: str | None, text: str) -> str:
    """Return *text* masked by name_m, idcard_m, phone_m, bank_m, addr_m, email_m or hide; ``***`` by any other rule."""
    return _MASKS.get(rule or "", _whole)(text)


def _whole(_text: str) -> str:
    return WHOLE


def _name(text: str) -> str:
    return text[:1] + "*" * (len(text) - 1) if len(text) > 1 else "*"


def _middle(text: str, head: int, tail: int) -> str:
    """Show both ends; of a text too short for that its first character, of one or two characters none."""
    if len(text) < head + tail + 4:
        return text[:1] + "*" * (len(text) - 1) if len(text) > 3 else WHOLE
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]


def _address(text: str) -> str:
    """Show an address down to its town, or else its district; nothing from the first number on."""
    number = _DIGIT.search(text)
    until = min(number.start() if number else len(text), len(text) - 1)
    ends = [found.end() for found in _TOWN.finditer(text, 1, until)][:1]
    ends = ends or [found.end() for found in _COUNTY.finditer(text, 1, until)][-1:]
    if ends:
        return text[: ends[0]] + WHOLE
    return text[:3] + WHOLE if until > 6 else WHOLE


def _email(text: str) -> str:
    name, _, domain = text.partition("@")
    if not (name and domain):
        return WHOLE
    return f"{name[:1] if len(name) > 1 else ''}{WHOLE}@{domain}"


_MASKS: dict[str, Callable[[str], str]] = {
    "name_m": _name,
    "idcard_m": lambda text: _middle(text, 6, 4),
    "phone_m": lambda text: _middle(text, 3, 4),
    "bank_m": lambda text: _middle(text, 0, 4) if len(text) > 8 else WHOLE,
    "addr_m": _address,
    "email_m": _email,
    "hide": _whole,
}
MASKS = tuple(_MASKS)
