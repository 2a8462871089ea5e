"""Reading records: the row by the law, the answers from the ledger, each cell in the mode of its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import KeyColumns, Mode, RowKeys, scope_sql
from app.access.parties import NOBODY, asks_for_parties, parties_of
from app.access.query import mask_answers, require, row_modes, scopes_of, select_rows, tagged
from app.builder.catalogue import compiled, workflow_of
from app.database import db
from app.errors import NotFound
from app.records.models import VOID, Record, RecordRevision
from app.records.projection.tables import FormTable, form_table
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.access.query import RowModes
    from forms.compiled import CompiledForm
    from forms.definition import Definition

#: What every reader of a record sees of its shell.
SHELL = (
    "_id", "_serial", "_state", "_organization", "_organization_name", "_region", "_version", "_lock",
    "_created_at", "_updated_at", "_submitted_at", "_on_behalf", "_flagged", "_campaign", "_created_by",
)  # fmt: skip

_OWN_STATES = {
    "draft": Label("草稿", "Draft"),
    "submitted": Label("已提交", "Submitted"),
    VOID: Label("已作废", "Void"),
}


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as one actor may see it.

    ``masked`` are the paths whose answers are masks, ``hidden`` those that are left out of ``answers``.
    """

    id: str
    serial: str
    state: str
    state_label: Label
    organization: Mapping[str, Any]
    region: str
    form_version: int
    lock_version: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    on_behalf: bool
    flagged: bool
    masked: tuple[str, ...]
    hidden: frozenset[str]
    modes: RowModes
    answers: dict[str, Any]
    compiled: CompiledForm
    #: The scopes of the actor in which the record lies.
    scopes: frozenset[str]
    #: The campaign that it was filled in.
    campaign: str | None
    #: What scopes ask of it.
    keys: RowKeys
    #: Another organization's record may speak of the same thing; told, in lists, to who approves both alone.
    duplicate: bool = False

    @property
    def definition(self) -> Definition:
        """The version that the record was filled under."""
        return self.compiled.definition


def state_label(form: Definition, state: str) -> Label:
    """Return what a state is called; the state itself where the workflow no longer knows it."""
    flow = workflow_of(form)
    found = flow.states.get(state) if flow is not None else None
    return found.label if found is not None else _OWN_STATES.get(state, Label(state))


def read(actor: Actor, form_key: str, record_id: str, *, reveal: Collection[str] = ()) -> RecordView:
    """Return a record. Raises ``NotFound`` for one out of view, exactly as for one that never existed.

    :param reveal: paths shown in plain although they are masked until a logged look; the caller has logged it.
    """
    found = read_many(actor, form_key, [record_id], reveal=reveal).get(record_id)
    if found is None:
        raise NotFound
    return found


def read_many(
    actor: Actor,
    form_key: str,
    record_ids: Sequence[str],
    *,
    action: str = "V",
    reveal: Collection[str] = (),
    approved: Collection[str] = (),
) -> dict[str, RecordView]:
    """Return those of the records on which the actor may do *action*, by id, in the order asked for.

    With ``E`` every cell is masked as it may leave the house. Three statements, however many records.

    :param approved: paths that an approved export request lets leave in plain; see :func:`row_modes`.
    """
    table = form_table(form_key)
    require(actor, table.resource, action)
    main = table.main
    statement = select_rows(actor, table, action, columns=SHELL).where(
        main.c._id.in_(record_ids),
        main.c._batch.is_(None),
    )
    rows = {row["_id"]: row for row in db.session.execute(statement).mappings()}
    return views(
        actor, table, action, [rows[key] for key in record_ids if key in rows], reveal=reveal, approved=approved
    )


def views(
    actor: Actor,
    table: FormTable,
    action: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    reveal: Collection[str] = (),
    approved: Collection[str] = (),
) -> dict[str, RecordView]:
    """Return rows that :func:`select_rows` found for the same actor and action (with :data:`SHELL`) as views."""
    ids = [row["_id"] for row in rows]
    answers = heads(ids)
    opened = published_rows(actor, table, ids)
    concerned = parties_of(ids) if asks_for_parties(actor, table.resource) else {}
    found: dict[str, RecordView] = {}
    for row in rows:
        form = compiled(table.form_key, row["_version"])
        modes = row_modes(actor, table, action, row, approved=approved, definition=form.definition)
        if reveal:
            modes = _revealed(modes, reveal)
        shown, masked = mask_answers(form, answers.get(row["_id"], {}), modes, published_rows=opened.get(row["_id"]))
        found[row["_id"]] = RecordView(
            id=row["_id"],
            serial=row["_serial"],
            state=row["_state"],
            state_label=state_label(form.definition, row["_state"]),
            organization={"id": row["_organization"], "name": row["_organization_name"]},
            region=row["_region"],
            form_version=row["_version"],
            lock_version=row["_lock"],
            created_at=row["_created_at"],
            updated_at=row["_updated_at"],
            submitted_at=row["_submitted_at"],
            on_behalf=row["_on_behalf"],
            flagged=row["_flagged"],
            masked=tuple(masked),
            hidden=frozenset(path for path, mode in modes.items() if mode is Mode.HIDE),
            modes=modes,
            answers=shown,
            compiled=form,
            scopes=frozenset(
                scope for number, scope in enumerate(scopes_of(actor, table.resource, action)) if row[f"_g{number}"]
            ),
            campaign=row["_campaign"],
            duplicate=bool(row.get("_duplicate")),
            keys=RowKeys(
                row["_organization"],
                row["_region"],
                record=row["_id"],
                author=row["_created_by"],
                parties=concerned.get(row["_id"], NOBODY)[0],
                assignees=concerned.get(row["_id"], NOBODY)[1],
            ),
        )
    return found


def heads(record_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the answers of the heads of records, past the law: for a caller that has applied it."""
    if not record_ids:
        return {}
    record, revision = Record.__table__, RecordRevision.__table__
    head = sa.and_(revision.c.record_id == record.c.id, revision.c.no == record.c.head_no)
    statement = sa.select(record.c.id, revision.c.answers).join(revision, head).where(record.c.id.in_(record_ids))
    return {row.id: row.answers for row in db.session.execute(tagged(statement, "heads of records already scoped"))}


def published_rows(actor: Actor, table: FormTable, record_ids: Sequence[str]) -> dict[str, dict[str, set[str]]]:
    """Return the published rows of each sub-table of each record, for an actor who sees some for that reason alone."""
    when = table.definition.published_when
    if when is None or not when.rows or "published" not in scopes_of(actor, table.resource, "V"):
        return {}
    found: dict[str, dict[str, set[str]]] = {}
    for key in when.rows:
        child = table.children.get(key)
        if child is None:
            continue
        statement = sa.select(child.c._record, child.c._row).where(
            child.c._record.in_(record_ids),
            scope_sql(actor, "published", KeyColumns.of(child)),
        )
        for record_id, row_id in db.session.execute(tagged(statement, "published rows of records already scoped")):
            found.setdefault(record_id, {}).setdefault(key, set()).add(row_id)
    return found


def _revealed(modes: RowModes, paths: Collection[str]) -> RowModes:
    """Return *modes* with the named paths in plain where a logged look allows it."""
    shown = type(modes)(modes)
    shown.unpublished = dict(modes.unpublished)
    for path in paths:
        for each in (shown, shown.unpublished):
            if each.get(path) is Mode.REVEAL:
                each[path] = Mode.PLAIN
    return shown
