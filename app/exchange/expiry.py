"""What is not kept: files of exports after their time, uploads and their content after a week."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, utcnow
from app.exchange import storage
from app.exchange.models import DONE, FAILED, READY, Export, Import
from forms.labels import Label

if TYPE_CHECKING:
    from pathlib import Path

IMPORTS_KEPT = timedelta(days=7)
#: A file that no row knows may be one that is just being written.
_STRAY_SECONDS = 24 * 3600
_REASON = "expiry of files"
EXPIRED = Label("上传已超过七天，请重新上传。", "The upload is older than seven days; upload it again.")


def expire() -> tuple[int, int]:
    """Remove what has expired; return how many export files and imports. For the system alone."""
    return _exports(), _imports()


def _exports() -> int:
    table = Export.__table__
    stale = sa.select(table.c.id, table.c.path).where(table.c.path.is_not(None), table.c.expires_at < utcnow())
    rows = db.session.execute(tagged(stale, _REASON)).all()
    if rows:
        gone = sa.update(table).where(table.c.id.in_([row.id for row in rows])).values(path=None)
        db.session.execute(tagged(gone, _REASON))
    for row in rows:
        (storage.exports() / row.path).unlink(missing_ok=True)
    known = set(db.session.scalars(tagged(sa.select(table.c.path).where(table.c.path.is_not(None)), _REASON)))
    for path in storage.exports().iterdir():
        if path.name in known or not _old(path):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(rows)


def _imports() -> int:
    table = Import.__table__
    stale = sa.select(table.c.id, table.c.state).where(
        table.c.state.in_([READY, DONE, FAILED]), table.c.created_at < utcnow() - IMPORTS_KEPT
    )
    folders = {path.name: path for path in storage.imports().iterdir()}
    rows = [row for row in db.session.execute(tagged(stale, _REASON)) if row.id in folders or row.state == READY]
    for row in rows:
        # The preview and the messages quote what was uploaded.
        values: dict[str, Any] = {"preview": [], "errors": []}
        if row.state == READY:
            values |= {"state": FAILED, "failure": EXPIRED.as_dict(), "ended_at": utcnow()}
        db.session.execute(tagged(sa.update(table).where(table.c.id == row.id).values(**values), _REASON))
        storage.drop_import(row.id)
    known = set(db.session.scalars(tagged(sa.select(table.c.id), _REASON)))
    for name, path in folders.items():
        if name not in known and _old(path):
            shutil.rmtree(path, ignore_errors=True)
    return len(rows)


def _old(path: Path) -> bool:
    return path.exists() and path.stat().st_mtime < time.time() - _STRAY_SECONDS
