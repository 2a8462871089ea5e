"""What solution packs have brought in: an update of a pack must not undo what was changed here. Nothing here commits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from app.builder.models import PackItem
from app.database import db

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest(content: Any) -> str:
    """Return the hash of a content made of JSON values, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def brought(kind: str, key: str) -> str | None:
    """Return the hash of what was brought in last under this name; ``None``: nothing ever was."""
    found = db.session.get(PackItem, (kind, key))
    return found.digest if found is not None else None


def all_brought(kind: str) -> set[str]:
    """Return the names of everything of a kind that was brought in."""
    return {key for (key,) in db.session.query(PackItem.key).filter(PackItem.kind == kind)}


def note(kind: str, keys: Iterable[str], hash_: str = "") -> None:
    """Note that something was brought in."""
    for key in keys:
        found = db.session.get(PackItem, (kind, key)) or PackItem(kind=kind, key=key)
        found.digest = hash_
        db.session.add(found)
    db.session.flush()


def changed_here(kind: str, key: str, present: Any) -> bool:
    """Tell whether *present*, what holds now, differs from what was brought in last."""
    return present is not None and digest(present) != brought(kind, key)
