"""Keys of new fields and sections: made once from the label, by its pinyin, and never used for something else."""

from __future__ import annotations

from collections.abc import Collection

from pypinyin import Style, lazy_pinyin

from forms.checks.keys import RESERVED
from forms.columns import LONGEST_KEY

#: A key is read in formulas: a few syllables tell enough.
SYLLABLES = 6
#: Room for the number of a second one and for the suffix of a converted column.
LONGEST = min(LONGEST_KEY, 32)


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
