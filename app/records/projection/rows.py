"""From the ledger to the projection: the rows of one record, written in the transaction of its revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.actor import today
from app.access.query import tagged
from app.builder.catalogue import catalogue, compiled
from app.database import db
from app.records.lists import search
from app.records.models import VOID
from app.records.projection.tables import LABEL_SUFFIX, FormTable, form_table
from app.records.projection.together import Part
from forms.columns import SORT_SUFFIX, project
from forms.expressions import Environment, evaluate
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from forms.compiled import CompiledForm

#: Rows of one statement; a transaction on SQLite keeps others waiting.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the projection needs it: its shell and the answers of its head."""

    id: str
    serial: str
    state: str
    organization_id: int
    organization_name: str
    region: str
    version_no: int
    lock_version: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    created_by: int | None
    updated_by: int | None
    on_behalf: bool
    flagged: bool
    batch: str | None
    answers: Mapping[str, Any]
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one record."""

    main: dict[str, Any]
    children: dict[str, list[dict[str, Any]]]


def _until(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Publication:
    """Whether a record and which rows of it are open to the scope *published*, and until when."""

    open: bool
    until: date | None
    rows: Mapping[str, Mapping[str, date | None]]


_CLOSED = _Publication(open=False, until=None, rows={})


def _publication(table: FormTable, form: CompiledForm, entry: Entry) -> _Publication:
    when = table.definition.published_when
    if when is None or entry.state == VOID or (when.states and entry.state not in when.states):
        return _CLOSED
    answers, day = entry.answers, today()
    rows: dict[str, dict[str, date | None]] = {}
    ends: list[date | None] = []
    if when.record is not None:
        environment = Environment(answers, today=day, types=form.types)
        if evaluate(when.record.tree, environment) is True:
            ends.append(_until(answers.get(when.until.get("record", ""))))
    for key, expression in when.rows.items():
        rows[key] = {}
        listed = answers.get(key)
        for row in listed if isinstance(listed, list) else []:
            environment = Environment(answers, row=row, table=key, today=day, types=form.types)
            if isinstance(row, Mapping) and evaluate(expression.tree, environment) is True:
                rows[key][str(row.get("_row"))] = _until(row.get(when.until.get(key, "")))
        ends += rows[key].values()
    known = [end for end in ends if end is not None]
    return _Publication(open=bool(ends), until=max(known) if known and len(known) == len(ends) else None, rows=rows)


def _placed(table: FormTable, form: CompiledForm, prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return field values under the names of their columns; what has none any more is left out."""
    found = table.empty_row(prefix.rstrip("."))
    fields = form.definition.field(prefix.rstrip(".")).fields if prefix else form.definition.fields
    for field in fields:
        kind = field_type(field.type).column_kind
        column = table.placed.get((prefix + field.key, kind or ""))
        if column is None:
            continue
        for suffix in ("", LABEL_SUFFIX, SORT_SUFFIX):
            if field.key + suffix in values and column + suffix in found:
                found[column + suffix] = values[field.key + suffix]
        if form is not table.compiled and values.get(field.key) is not None:
            _resort(table, prefix + field.key, column, values[field.key], found)
    return found


def _resort(table: FormTable, path: str, column: str, value: Any, found: dict[str, Any]) -> None:
    """Let options sort by the list as it stands now: records of all versions stand in one order."""
    present = table.compiled.by_path.get(path)
    if present is None or present.code_list is None or table.columns.get(path) != column:
        return
    if column + SORT_SUFFIX in found:
        found[column + SORT_SUFFIX] = present.type.sort_key(present.field, value, present.code_list)


def rows_of(table: FormTable, entry: Entry) -> Rows:
    """Return the rows that a record projects to. A value that does not fit its type is NULL."""
    form = compiled(table.form_key, entry.version_no)
    main, children = project(form, entry.answers)
    publication = _publication(table, form, entry)
    shell = {
        "_id": entry.id,
        "_serial": entry.serial,
        "_state": entry.state,
        "_organization": entry.organization_id,
        "_organization_name": entry.organization_name,
        "_region": entry.region,
        "_published": publication.open,
        "_published_until": publication.until,
        "_version": entry.version_no,
        "_lock": entry.lock_version,
        "_created_at": entry.created_at,
        "_updated_at": entry.updated_at,
        "_submitted_at": entry.submitted_at,
        "_created_by": entry.created_by,
        "_updated_by": entry.updated_by,
        "_on_behalf": entry.on_behalf,
        "_flagged": entry.flagged,
        "_batch": entry.batch,
        "_campaign": entry.campaign,
    }
    rows: dict[str, list[dict[str, Any]]] = {}
    for key, listed in children.items():
        if key not in table.children:
            continue
        opened = publication.rows.get(key, {})
        rows[key] = [
            {
                "_record": entry.id,
                "_row": str(row["_row"]),
                "_position": position,
                "_published": str(row["_row"]) in opened,
                "_published_until": opened.get(str(row["_row"])),
                **_placed(table, form, f"{key}.", row),
            }
            for position, row in enumerate(listed, 1)
        ]
    return Rows({**shell, **_placed(table, form, "", main)}, rows)


def write(table: FormTable, entries: Sequence[Entry], *, new: bool) -> None:
    """Write the projections of records, with their search documents.

    :param new: nothing of them is there yet. Otherwise what is there is replaced.
    A unique key that is broken raises SQLAlchemy's ``IntegrityError``.
    """
    for start in range(0, len(entries), CHUNK):
        chunk = [rows_of(table, entry) for entry in entries[start : start + CHUNK]]
        write_rows(table, chunk, new=new)


def write_rows(table: FormTable, chunk: Sequence[Rows], *, new: bool) -> None:
    """Write the rows of a few records; see :func:`write`."""
    execute = db.session.execute
    ids = [rows.main["_id"] for rows in chunk]
    if new:
        execute(tagged(sa.insert(table.main), "projection"), [rows.main for rows in chunk])
    else:
        if len(chunk) == 1:
            values = {name: value for name, value in chunk[0].main.items() if name != "_id"}
            execute(tagged(sa.update(table.main).where(table.main.c._id == ids[0]).values(values), "projection"))
        else:
            execute(tagged(sa.delete(table.main).where(table.main.c._id.in_(ids)), "projection"))
            execute(tagged(sa.insert(table.main), "projection"), [rows.main for rows in chunk])
        for child in table.children.values():
            execute(tagged(sa.delete(child).where(child.c._record.in_(ids)), "projection"))
        search.remove(table, ids)
    for key, child in table.children.items():
        listed = [row for rows in chunk for row in rows.children.get(key, ())]
        if listed:
            execute(tagged(sa.insert(child), "projection"), listed)
    search.add(table, [rows.main for rows in chunk])


def parts(table: FormTable, rows: Rows) -> list[Part]:
    """Return the rows of a new record with its search document, to be written with the rest of it."""
    return [
        Part(table.main, [rows.main]),
        *(Part(child, rows.children[key]) for key, child in table.children.items() if key in rows.children),
        Part(table.search, [search.document(table, rows.main)]),
    ]


def show(table: FormTable, batch: str) -> None:
    """Make the rows of an import visible, all at once."""
    main = table.main
    execute = db.session.execute
    execute(tagged(sa.update(main).where(main.c._batch == batch).values(_batch=None), "import is shown"))


def rename_organization(organization_id: int, name: str) -> None:
    """Bring a new name of an organization to every projection that copies it."""
    for head in catalogue().heads.values():
        if not head.no:
            continue
        table = form_table(head.key)
        main = table.main
        mine = main.c._organization == organization_id
        execute = db.session.execute
        execute(tagged(sa.update(main).where(mine).values(_organization_name=name), "organization renamed"))
        rows = execute(tagged(sa.select(main).where(mine), "organization renamed")).mappings().all()
        for start in range(0, len(rows), CHUNK):
            chunk: Iterable[Mapping[str, Any]] = rows[start : start + CHUNK]
            search.remove(table, [row["_id"] for row in chunk])
            search.add(table, [dict(row) for row in chunk])
