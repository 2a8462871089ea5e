"""Author-made patterns: google-re2, which cannot be made to take long; the simplest by Python's own, far faster."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import re2

#: A character, ``.``, ``\d``, an escaped sign or a class of characters and ranges: one step each.
_ONE = r"(?:[^\\()|*+?\[\]{}.^$]|\\[d.\-/()]|\.|\[\^?(?:\w-\w|\w|\\d|[ ,._:/@])+-?\])"
#: A row of those with fixed counts: both read it alike, and it takes as many steps as the text is long.
_SIMPLE = re.compile(rf"(?:{_ONE}(?:\{{\d{{1,3}}\}})?)+")


def whole(pattern: str) -> Callable[[str], Any]:
    """Return what tells whether a whole text fits *pattern*. Raises ``re2.error`` for one that cannot be used."""
    safe = re2.compile(pattern)
    bare = pattern.removeprefix("^").removesuffix("$")
    return re.compile(bare, re.ASCII).fullmatch if _SIMPLE.fullmatch(bare) else safe.fullmatch
