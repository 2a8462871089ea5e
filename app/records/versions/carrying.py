"""Records brought to another version of their form: planned, then written, many in a few statements.

Whoever calls this has asked the law. Nothing is lost on the way: the revision of before stays, what does not fit a new
type is set aside, what is asked no more is found in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access.query import tagged
from app.builder.catalogue import compiled, workflow_of
from app.database import db, new_id, utcnow
from app.errors import DomainError, Invalid
from app.identity.models import Organization
from app.records.models import VOID, Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rows import Entry
from app.records.projection.tables import form_table
from app.records.reading.record import heads
from app.records.versions import quarantine
from app.records.versions.earlier import apart, earlier, restorable
from app.records.versions.naming import names
from app.records.writing import claims, computing
from app.records.writing.context import context_for
from forms.labels import Label
from forms.versions.upgrading import Upgraded, upgrade

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from app.records.reading.record import RecordView
    from forms.compiled import CompiledForm

#: Records of one unit of work. Each is a revision, its shell, its projection and what search knows of it: a longer
#: transaction keeps every other writer of an SQLite database waiting.
CHUNK = 250
_REASON = "records brought to another version, scoped by the caller"

STATE_UNKNOWN = Label(
    "新版本的流程没有该记录现在的状态，不能升级。", "The workflow of the new version does not know the record's state."
)


@dataclass(frozen=True, slots=True)
class BareShell:
    """What a plan asks of a record that nobody has locked."""

    id: str
    state: str
    form_version_no: int
    organization_id: int


def bare(view: RecordView) -> BareShell:
    """Return the shell of a record that is only looked at."""
    return BareShell(view.id, view.state, view.form_version, view.organization["id"])


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one record: its shell as it stands, both versions, and its answers from now on."""

    shell: Any
    old: CompiledForm
    new: CompiledForm
    version_no: int
    done: Upgraded
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Motive:
    """Why records are written, and whether that counts as a change by a person, which shows in lists."""

    origin: str
    comment: str | None = None
    conversion_id: str | None = None
    job_id: str | None = None
    by_person: bool = True


def knows_state(form: CompiledForm, state: str) -> bool:
    """Tell whether a record in *state* can be one of this version."""
    flow = workflow_of(form.definition)
    return state == VOID or (state in flow.states if flow is not None else state in {"draft", "submitted"})


def plans(
    actor: Actor,
    form_key: str,
    shells: Sequence[Any],
    version_no: int,
    *,
    form: CompiledForm | None = None,
    computing_too: bool = True,
) -> list[Plan]:
    """Return what becomes of records under a version.

    :param form: the version, where it is not published yet.
    :param computing_too: work out computed fields anew, which costs a look at the organization of each record.
    """
    stored = heads([shell.id for shell in shells])
    former = earlier(form_key, {shell.id: shell.form_version_no for shell in shells})
    new = form or compiled(form_key, version_no)
    known = names(actor, form_key, shells, stored, new)
    found = []
    for shell in shells:
        old = compiled(form_key, shell.form_version_no)
        done = upgrade(
            old,
            new,
            stored.get(shell.id, {}),
            earlier=restorable(form_key, former.get(shell.id, {}), new.definition, version_no),
            apart=apart(form_key, shell.form_version_no, version_no),
            lookup=known,
        )
        around = partial(_context, actor, new, shell)
        answers = computing.filled(new, done.answers, around) if computing_too else done.answers
        found.append(Plan(shell, old, new, version_no, done, answers))
    return found


def _context(actor: Actor, form: CompiledForm, shell: Any) -> Any:
    organization = db.session.get_one(Organization, shell.organization_id)
    return context_for(actor, form.definition, organization, state=shell.state)


def write(actor: Actor, form_key: str, found: Sequence[Plan], motive: Motive) -> dict[str, DomainError | None]:
    """Write records as planned; return for each the error for which it was left as it was, or ``None``.

    A record whose state the new version does not know, or whose unique key collides under it, is left.
    """
    table = form_table(form_key)
    results: dict[str, DomainError | None] = {}
    ready: list[Plan] = []
    for plan in found:
        if knows_state(plan.new, plan.shell.state):
            ready.append(plan)
        else:
            results[plan.shell.id] = Invalid(STATE_UNKNOWN, code="state_unknown")
    if not table.definition.unique:
        _write(actor, table, ready, motive)
        return {**results, **dict.fromkeys((plan.shell.id for plan in ready), None)}
    for plan in ready:
        try:
            with db.session.begin_nested():
                _write(actor, table, [plan], motive)
            results[plan.shell.id] = None
        except DomainError as error:
            results[plan.shell.id] = error
        except IntegrityError as error:
            refused = claims.broken(table, error)
            if not isinstance(refused, DomainError):
                raise
            results[plan.shell.id] = refused
    return results


def _write(actor: Actor, table: FormTable, ready: Sequence[Plan], motive: Motive) -> None:
    if not ready:
        return
    now = utcnow()
    organizations = _organizations({plan.shell.organization_id for plan in ready})
    entries = [_entry(actor, plan, organizations, now if motive.by_person else None) for plan in ready]
    flags = _claimed(table, entries)
    insert_revisions(actor, [(plan.shell, plan.version_no, plan.answers) for plan in ready], motive, now)
    update_shells(
        [
            {
                "record_id": plan.shell.id,
                "version": plan.version_no,
                "flag": flags.get(plan.shell.id, plan.shell.flagged),
            }
            for plan in ready
        ],
        now if motive.by_person else None,
    )
    projection.write(table, [_flagged(entry, flags) for entry in entries], new=False)
    quarantine.keep(table.form_key, ready, motive, now)
    expire({plan.shell.id for plan in ready})


def _claimed(table: FormTable, entries: Sequence[Entry]) -> dict[str, bool]:
    """Return which submitted records collide over the city. Raises ``Invalid`` for a duplicate of the organization."""
    if not table.definition.unique:
        return {}
    return {
        entry.id: claims.check(table, projection.rows_of(table, entry).main)
        for entry in entries
        if entry.submitted_at is not None and entry.state != VOID
    }


def _flagged(entry: Entry, flags: Mapping[str, bool]) -> Entry:
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return Entry(**{**values, "flagged": flags.get(entry.id, entry.flagged)})


def insert_revisions(
    actor: Actor, rows: Sequence[tuple[Any, int, Mapping[str, Any]]], motive: Motive, now: datetime
) -> None:
    """Add the next revision of each record: its shell as it stands, the version and the answers from now on."""
    revisions = [
        {
            "id": new_id(),
            "record_id": shell.id,
            "no": shell.head_no + 1,
            "form_version_no": version_no,
            "answers": dict(answers),
            "state": shell.state,
            "origin": motive.origin,
            "comment": motive.comment,
            "author_id": actor.user_id,
            "author_name": actor.name,
            "author_role": actor.role,
            "at": now,
            "conversion_id": motive.conversion_id,
        }
        for shell, version_no, answers in rows
    ]
    db.session.execute(tagged(sa.insert(RecordRevision.__table__), _REASON), revisions)


def update_shells(rows: Sequence[dict[str, Any]], touched: datetime | None) -> None:
    """Count the new revision of each record: ``record_id``, ``version``, ``flag``. *touched*: when a person did it."""
    table = Record.__table__
    values: dict[str, Any] = {
        "head_no": table.c.head_no + 1,
        "lock_version": table.c.lock_version + 1,
        "form_version_no": sa.bindparam("version"),
        "flagged": sa.bindparam("flag"),
    }
    if touched is not None:
        values["updated_at"] = touched
    statement = sa.update(table).where(table.c.id == sa.bindparam("record_id")).values(values)
    db.session.execute(tagged(statement, _REASON), list(rows))


def expire(ids: Collection[str]) -> None:
    """Let the session forget what it knows of these records."""
    for instance in list(db.session.identity_map.values()):
        if isinstance(instance, Record) and instance.id in ids:
            db.session.expire(instance)


def _organizations(ids: Collection[int]) -> dict[int, str]:
    columns = Organization.__table__.c
    rows = db.session.execute(sa.select(columns.id, columns.name).where(columns.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _entry(actor: Actor, plan: Plan, organizations: Mapping[int, str], touched: datetime | None) -> Entry:
    shell = plan.shell
    return Entry(
        id=shell.id,
        serial=shell.serial,
        state=shell.state,
        organization_id=shell.organization_id,
        organization_name=organizations[shell.organization_id],
        region=shell.region,
        version_no=plan.version_no,
        lock_version=shell.lock_version + 1,
        created_at=shell.created_at,
        updated_at=touched or shell.updated_at,
        submitted_at=shell.submitted_at,
        created_by=shell.created_by,
        updated_by=actor.user_id,
        on_behalf=shell.on_behalf_by is not None,
        flagged=shell.flagged,
        batch=shell.batch,
        campaign=shell.campaign_id,
        answers=plan.answers,
    )


def shells_of(record_ids: Collection[str]) -> dict[str, Any]:
    """Return the shells of records, locked until the unit of work ends, by id; the caller has scoped them."""
    table = Record.__table__
    statement = sa.select(table).where(table.c.id.in_(list(record_ids))).order_by(table.c.id).with_for_update()
    return {row.id: row for row in db.session.execute(tagged(statement, _REASON))}
