"""One-time codes: twelve letters and digits that can be read aloud, sixty random bits; stored as a keyed hash."""

from __future__ import annotations

import secrets

from app.hashing import keyed

#: Without I, L, O and U, which are read for others.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_GROUP = 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new() -> str:
    """Return a new code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def spaced(code: str) -> str:
    """Return a code in groups, as it is printed."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read(text: str) -> str | None:
    """Return the code that somebody typed, with whatever blanks and strokes; ``None`` where it can be none."""
    signs = "".join(sign for sign in text[:60].upper() if not sign.isspace() and sign not in "-—－_.")
    code = signs.translate(_MISREAD)
    return code if len(code) == LENGTH and not set(code) - set(ALPHABET) else None


def digest(code: str) -> str:
    """Return what is stored of a code."""
    return keyed("visit-code", code)
