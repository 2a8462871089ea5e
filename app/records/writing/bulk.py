"""Many new drafts at once: staged where nobody sees them, then shown together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import tagged
from app.database import db, new_id, utcnow
from app.records.lists import search
from app.records.models import Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rows import Entry
from app.records.projection.tables import form_table
from app.records.writing import computing, owners, serials
from app.records.writing import record as writing
from app.records.writing.context import context_for
from app.records.writing.record import Saved
from forms.answers.prefill import prefill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.access.actor import Actor
    from app.identity.models import Organization
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition

#: Rows of one unit of work; a longer one keeps every other writer of an SQLite database waiting.
MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose records an import makes, and what their rules know. ``initial``: what a new record starts with."""

    organization: Organization
    context: Context
    initial: dict[str, Any]
    compiled: CompiledForm


def owner(actor: Actor, form_key: str, on_behalf_of: int | None = None) -> Owner:
    """Return for whom the actor fills the form, himself or another. Raises ``NotFound``, ``NotAllowed``.

    The operator of the installation belongs to no organization; that which runs it stands in for his own.
    """
    form = form_table(form_key).compiled
    owners.require_filler(actor, form.definition)
    if on_behalf_of is None and actor.is_operator:
        on_behalf_of = owners.house().id
    organization = owners.own(actor, form.definition, on_behalf_of)
    state = writing.initial_state(form.definition)
    known = context_for(actor, form.definition, organization, state=state, prefilling=True)
    return Owner(organization, known, prefill(form, known), form)


def create_many(
    actor: Actor,
    form_key: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    batch: str,
    origin: str = "import",
    on_behalf_of: Sequence[int | None] = (),
) -> list[Saved]:
    """Write drafts that nobody sees until :func:`show`; at most :data:`MOST_ROWS` of them.

    :param rows: answers, cleaned, with references and read-only fields as they shall be stored.
    :param on_behalf_of: for each row, the organization that it is filled for; ``None`` (or none at all): the actor's.
    Raises ``NotFound`` (an organization that he may not create for), ``NotAllowed``.
    """
    if not rows:
        return []
    if len(rows) > MOST_ROWS:
        raise ValueError(f"at most {MOST_ROWS} rows in one unit of work")
    writing.hold_form(form_key)
    table = form_table(form_key)
    form = table.definition
    owners.require_filler(actor, form)
    state, now = writing.initial_state(form), utcnow()
    wanted = list(on_behalf_of) or [None] * len(rows)
    holders = {number: owners.own(actor, form, number) for number in dict.fromkeys(wanted)}
    around = {
        number: cache(partial(context_for, actor, form, holder, state=state)) for number, holder in holders.items()
    }
    rows = [computing.filled(table.compiled, row, around[number]) for row, number in zip(rows, wanted, strict=True)]
    whose = [holders[number] for number in wanted]
    numbers = _serials(form, whose)
    ids = [new_id() for _ in rows]
    receipts = [new_id() for _ in rows]
    shells: list[dict[str, Any]] = [
        {
            "id": record_id,
            "form_key": form_key,
            "serial": serial,
            "organization_id": holder.id,
            "region": holder.region,
            "state": state,
            "form_version_no": table.version_no,
            "head_no": 1,
            "lock_version": 1,
            "created_by": actor.user_id,
            "created_at": now,
            "updated_at": now,
            "on_behalf_by": None if holder.id in actor.organizations else actor.user_id,
            "flagged": False,
            "batch": batch,
        }
        for record_id, serial, holder in zip(ids, numbers, whose, strict=True)
    ]
    revisions = [
        {
            "id": receipt,
            "record_id": record_id,
            "no": 1,
            "form_version_no": table.version_no,
            "answers": dict(answers),
            "state": state,
            "origin": origin,
            "author_id": actor.user_id,
            "author_name": actor.name,
            "author_role": actor.role,
            "at": now,
        }
        for receipt, record_id, answers in zip(receipts, ids, rows, strict=True)
    ]
    db.session.execute(tagged(sa.insert(Record.__table__), "drafts that the law lets the actor create"), shells)
    db.session.execute(
        tagged(sa.insert(RecordRevision.__table__), "drafts that the law lets the actor create"), revisions
    )
    entries = [
        Entry(
            id=shell["id"],
            serial=shell["serial"],
            state=state,
            organization_id=holder.id,
            organization_name=holder.name,
            region=holder.region,
            version_no=table.version_no,
            lock_version=1,
            created_at=now,
            updated_at=now,
            submitted_at=None,
            created_by=actor.user_id,
            updated_by=actor.user_id,
            on_behalf=shell["on_behalf_by"] is not None,
            flagged=False,
            batch=batch,
            answers=answers,
        )
        for shell, holder, answers in zip(shells, whose, rows, strict=True)
    ]
    projection.write(table, entries, new=True)
    return [
        Saved(record_id, serial, state, 1, receipt)
        for record_id, serial, receipt in zip(ids, numbers, receipts, strict=True)
    ]


def _serials(form: Definition, whose: Sequence[Organization]) -> list[str]:
    """Return a serial number for each of some new records, counted for the organization of each."""
    counts = Counter(holder.id for holder in whose)
    regions = {holder.id: holder.region for holder in whose}
    reserved = {number: iter(serials.reserve(form, number, regions[number], counts[number])) for number in counts}
    return [next(reserved[holder.id]) for holder in whose]


def show(actor: Actor, form_key: str, batch: str) -> int:
    """Make the drafts of a batch visible, all at once; return how many."""
    writing.hold_form(form_key)
    record = Record.__table__
    mine = sa.and_(record.c.batch == batch, record.c.form_key == form_key)
    # Told by its keys before they go: a row count of UPDATE is not to be had from every driver.
    count = db.session.scalar(tagged(sa.select(sa.func.count()).select_from(record).where(mine), "import is shown"))
    db.session.execute(tagged(sa.update(record).where(mine).values(batch=None), "import is shown"))
    projection.show(form_table(form_key), batch)
    audit.record(
        actor,
        "records_imported",
        object_type="import",
        object_id=batch,
        detail={"form": form_key, "records": count or 0},
    )
    return count or 0


def discard(form_key: str, batch: str) -> int:
    """Remove what was staged under a batch and never shown; return how many."""
    writing.hold_form(form_key)
    table = form_table(form_key)
    record, revision = Record.__table__, RecordRevision.__table__
    statement = sa.select(record.c.id).where(record.c.batch == batch, record.c.form_key == form_key)
    ids = list(db.session.scalars(tagged(statement, "import was given up")))
    for start in range(0, len(ids), projection.CHUNK):
        chunk = ids[start : start + projection.CHUNK]
        search.remove(table, chunk)
        for child in table.children.values():
            db.session.execute(tagged(sa.delete(child).where(child.c._record.in_(chunk)), "import was given up"))
        gone = table.main.c._id.in_(chunk)
        db.session.execute(tagged(sa.delete(table.main).where(gone), "import was given up"))
        db.session.execute(tagged(sa.delete(revision).where(revision.c.record_id.in_(chunk)), "import was given up"))
        db.session.execute(tagged(sa.delete(record).where(record.c.id.in_(chunk)), "import was given up"))
    return len(ids)
