"""What solution packs have brought in: loading one again must not undo what was changed here since. Nothing commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.digests import digest
from app.builder.models import PackItem
from app.database import db

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["all_brought", "changed_here", "is_news", "note"]


def is_news(kind: str, key: str, content: Any) -> bool:
    """Tell whether *content* is not what was brought in last under this name."""
    found = db.session.get(PackItem, (kind, key))
    return found is None or found.digest != digest(content)


def changed_here(kind: str, key: str, present: Any) -> bool:
    """Tell whether *present*, what holds now, is not what was brought in last; nothing at all is no change."""
    return present is not None and is_news(kind, key, present)


def all_brought(kind: str) -> set[str]:
    """Return the names of everything of a kind that was brought in, whatever has become of it."""
    return set(db.session.scalars(sa.select(PackItem.key).where(PackItem.kind == kind)))


def note(kind: str, keys: Iterable[str], content: Any = None) -> None:
    """Note that *content* was brought in under each of these names."""
    for key in keys:
        found = db.session.get(PackItem, (kind, key)) or PackItem(kind=kind, key=key)
        found.digest = digest(content)
        db.session.add(found)
    db.session.flush()
