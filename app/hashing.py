"""Keyed hashes: what is looked up again and shall not be read from the database."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app


def keyed(purpose: str, text: str) -> str:
    """Return the keyed hash of *text*: without the secret key of the site nobody can try all texts against it."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
