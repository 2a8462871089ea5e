"""Names of questions as keys of fields."""

from __future__ import annotations

import re
from collections.abc import Collection

from forms.checks.keys import RESERVED
from forms.columns import LONGEST_KEY

_OTHER = re.compile(r"[^a-z0-9]+")


def key_of(name: str, taken: Collection[str] = (), *, longest: int = LONGEST_KEY) -> str:
    """Return a key for *name*: lower-case letters, digits and single underscores, and none of *taken*."""
    key = _OTHER.sub("_", name.casefold()).strip("_")[:longest].strip("_")
    if not key or not key[0].isalpha() or key in RESERVED:
        key = f"f_{key}"[:longest].strip("_")
    number, base = 2, key
    while key in taken:
        key = f"{base[: longest - len(str(number)) - 1]}_{number}"
        number += 1
    return key
