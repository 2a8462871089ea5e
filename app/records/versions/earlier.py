"""What a record's versions of before asked and its present one does not: found in the ledger, nothing of it is copied.

A field that was retired leaves the answers of a record when that is upgraded; the revision of before keeps them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.builder.catalogue import catalogue, definition
from app.builder.models import FormVersion
from app.database import db
from app.records.models import RecordRevision
from forms.answers.answer import is_empty, rows_of
from forms.field_types import get as field_type
from forms.versions.conversions import carries, stays

if TYPE_CHECKING:
    from forms.definition import Definition

_REASON = "earlier revisions of records already scoped"
RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last answer to a field that is asked no more: of a column of a sub-table, a mapping from row to cell."""

    path: str
    version_no: int
    value: Any


def apart(form_key: str, from_no: int, to_no: int) -> frozenset[str]:
    """Return the paths that mean something else in one of two versions: their answers stay with their version."""
    first, last = sorted((from_no, to_no))

    def build() -> dict[int, frozenset[str]]:
        rows = db.session.execute(
            sa.select(FormVersion.no, FormVersion.choices).where(
                FormVersion.form_key == form_key, FormVersion.choices.is_not(None)
            )
        )
        return {no: frozenset(path for path, choice in chosen.items() if choice == RETIRE) for no, chosen in rows}

    choices = catalogue().keep(("apart", form_key), build)
    return frozenset(path for no, paths in choices.items() if first < no <= last for path in paths)


def earlier(form_key: str, records: Mapping[str, int]) -> dict[str, dict[str, Earlier]]:
    """Return what records were asked before, by record and path, past the law: the caller applies it.

    :param records: the present version of each.
    """
    several = _upgraded(records)
    if not several:
        return {}
    found: dict[str, dict[str, Earlier]] = {}
    for row in _last_of_versions(several):
        present = records[row.record_id]
        if row.form_version_no == present:
            continue
        seen = found.setdefault(row.record_id, {})
        for path in _unasked(form_key, row.form_version_no, present):
            # The latest version that asked decides: what was cleared there is gone.
            if path not in seen:
                seen[path] = Earlier(path, row.form_version_no, _answer(row.answers, path))
    return {
        record_id: {path: item for path, item in items.items() if not is_empty(item.value)}
        for record_id, items in found.items()
    }


def restorable(form_key: str, items: Mapping[str, Earlier], target: Definition, version_no: int) -> dict[str, Any]:
    """Return the answers among *items* that a version asks for again.

    As :func:`forms.versions.upgrading.upgrade` takes them.
    """
    return {
        path: item.value
        for path, item in items.items()
        if target.has(path)
        and path not in apart(form_key, item.version_no, version_no)
        and stays(definition(form_key, item.version_no).field(path), target.field(path))
    }


def _upgraded(record_ids: Collection[str]) -> list[str]:
    columns = RecordRevision.__table__.c
    statement = (
        sa.select(columns.record_id)
        .where(columns.record_id.in_(list(record_ids)))
        .group_by(columns.record_id)
        .having(sa.func.min(columns.form_version_no) != sa.func.max(columns.form_version_no))
    )
    return list(db.session.scalars(tagged(statement, _REASON)))


def _last_of_versions(record_ids: Collection[str]) -> list[Any]:
    """Return the last revision of each version that the records were filled under, the latest first."""
    columns = RecordRevision.__table__.c
    last = (
        sa.select(columns.record_id, sa.func.max(columns.no).label("no"))
        .where(columns.record_id.in_(record_ids))
        .group_by(columns.record_id, columns.form_version_no)
        .subquery()
    )
    statement = (
        sa.select(columns.record_id, columns.no, columns.form_version_no, columns.answers)
        .join(last, sa.and_(last.c.record_id == columns.record_id, last.c.no == columns.no))
        .order_by(columns.record_id, columns.no.desc())
    )
    return list(db.session.execute(tagged(statement, _REASON)))


def _unasked(form_key: str, former: int, present: int) -> tuple[str, ...]:
    """Return the paths of version *former* whose answers have no place in version *present*."""

    def build() -> tuple[str, ...]:
        old, new = definition(form_key, former), definition(form_key, present)
        differing = apart(form_key, former, present)
        gone = [
            path
            for path, item in old.walk()
            if field_type(item.type).stores
            and (path in differing or not new.has(path) or not carries(item, new.field(path)))
        ]
        # A sub-table that is gone takes its columns with it.
        return tuple(path for path in gone if "." not in path or path.partition(".")[0] not in gone)

    return catalogue().keep(("unasked", form_key, former, present), build)


def _answer(answers: Mapping[str, Any], path: str) -> Any:
    table, dot, key = path.rpartition(".")
    if not dot:
        return answers.get(path)
    cells = {str(row.get("_row")): row.get(key) for row in rows_of(answers.get(table))}
    return {row_id: cell for row_id, cell in cells.items() if not is_empty(cell)}
