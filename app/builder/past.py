"""What a form has ever published: keys that nothing else gets, and fields that can be brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.models import FieldRegistry, FormVersion
from app.database import db
from forms.designing.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def past_paths(form_key: str) -> frozenset[str]:
    """Return every path that was ever published: their keys are never used for something else."""
    return frozenset(db.session.scalars(sa.select(FieldRegistry.path).where(FieldRegistry.form_key == form_key)))


def versions(form_key: str) -> Iterator[dict[str, Any]]:
    """Yield the published definitions, the newest first, each read when it is asked for."""
    statement = sa.select(FormVersion.no, FormVersion.definition).where(FormVersion.form_key == form_key)
    statement = statement.order_by(FormVersion.no.desc()).limit(1)
    row = db.session.execute(statement).first()
    while row is not None:
        yield row.definition
        row = db.session.execute(statement.where(FormVersion.no < row.no)).first()


def last_seen(form_key: str, wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the fields at the paths *wanted* as they were published last, by path."""
    left = set(wanted)
    found: dict[str, dict[str, Any]] = {}
    for version in versions(form_key) if left else ():
        places = Outline(version, {}).places
        found |= {path: dict(places[path].raw) for path in left if path in places}
        left -= found.keys()
        if not left:
            break
    return found
