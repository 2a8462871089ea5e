"""Against guessing codes: from one address only so many are tried in vain within ten minutes."""

from __future__ import annotations

from app import attempts
from app.attempts import Attempt, succeeded

__all__ = ["MOST", "begin", "succeeded"]

#: A class of students behind one address mistypes now and then; guessing sixty bits takes far more.
MOST = 30
_LIMIT = attempts.Limit("visit", MOST)


def begin(address: str) -> Attempt:
    """Count an attempt before it is made; return what :func:`succeeded` takes. Raises ``TooMany``."""
    return attempts.begin(_LIMIT, address)
