"""Two-character pieces of text: Chinese has no blanks between words, and most words have two characters."""

from __future__ import annotations

import re
import unicodedata

#: Runs of letters, digits and ideographs; everything else separates.
_RUN = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Return *text* narrowed and in lower case, as it is indexed and asked for."""
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text: str) -> list[str]:
    """Return the words of *text* as they are indexed: what stands between signs and blanks."""
    return _RUN.findall(folded(text))


def bigrams(text: str) -> list[str]:
    """Return the distinct pairs of neighbouring characters of *text*, in order; a run of one character has none."""
    found: dict[str, None] = {}
    for run in runs(text):
        for start in range(len(run) - 1):
            found[run[start : start + 2]] = None
    return list(found)
