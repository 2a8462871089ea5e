"""Changes of many records in one unit of work: what an import changes in records that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import tagged
from app.builder.catalogue import workflow_of
from app.database import db, new_id, utcnow
from app.errors import Conflict, DomainError, NotAllowed, NotFound
from app.identity.models import Organization
from app.records import service
from app.records.models import VOID, Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.rows import Entry
from app.records.projection.tables import form_table
from app.records.reading.record import RecordView, heads, read_many
from app.records.versions import quarantine
from app.records.writing import computing, owners
from app.records.writing import record as writing
from app.records.writing.context import context_for
from app.records.writing.editing import SEALED, is_sealed
from app.records.writing.preparing import attach, changes_of
from app.records.writing.record import Saved
from forms.answers.answer import is_empty

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from forms.compiled import Context

_CHUNK = 500
_REASON = "changes of records that the actor may change"


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to be changed in a record that was at ``lock_version`` when that was decided."""

    record_id: str
    lock_version: int
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An amendment that will be written: the record's shell, how the actor sees it, and its answers from now on."""

    shell: Any
    view: RecordView
    answers: dict[str, Any]
    fields: list[str]
    receipt: str


def reaches(actor: Actor, view: RecordView) -> bool:
    """Tell whether the actor may change a record that he sees, in one state or another."""
    return owners.may(actor, view.definition.resource, "U", view.keys)


def open_to(actor: Actor, view: RecordView) -> bool:
    """Tell whether a record can be changed by somebody of the actor's role in its present state."""
    form, flow = view.definition, workflow_of(view.definition)
    if view.state == VOID:
        return False
    if flow is None:
        return not form.fill_roles or actor.role in form.fill_roles
    state = flow.states.get(view.state)
    return state is not None and actor.role in state.editable_by


def amend(
    actor: Actor, form_key: str, amendments: Sequence[Amendment], *, origin: str = "import"
) -> list[Saved | DomainError]:
    """Merge changes into records; return in order what was written, or the error for which a record was left as it is.

    The same as :func:`app.records.service.update` for each of them, in a number of statements that hardly grows.
    """
    found: list[Saved | DomainError] = []
    for start in range(0, len(amendments), _CHUNK):
        found += _amend(actor, form_key, amendments[start : start + _CHUNK], origin)
    return found


def _amend(actor: Actor, form_key: str, chunk: Sequence[Amendment], origin: str) -> list[Saved | DomainError]:
    writing.hold_form(form_key)
    ids = [item.record_id for item in chunk]
    views = read_many(actor, form_key, ids)
    table = Record.__table__
    rows = sa.select(table).where(table.c.id.in_(list(views))).order_by(table.c.id).with_for_update()
    shells = {row.id: row for row in db.session.execute(tagged(rows, _REASON))}
    stored = heads(list(views))
    results: list[Saved | DomainError] = []
    prepared: list[_Prepared] = []
    now = utcnow()
    for item in chunk:
        try:
            view = views.get(item.record_id)
            if view is None:
                raise NotFound
            if _alone(view, shells[item.record_id], item):
                results.append(_one_by_one(actor, form_key, item, origin))
                continue
            ready = _prepare(actor, view, shells[item.record_id], stored.get(view.id, {}), item)
        except DomainError as error:
            results.append(error)
            continue
        shell = shells[item.record_id]
        if ready is None:
            results.append(Saved(shell.id, shell.serial, shell.state, shell.lock_version, ""))
            continue
        prepared.append(ready)
        results.append(Saved(shell.id, shell.serial, shell.state, shell.lock_version + 1, ready.receipt))
    if prepared:
        _write(actor, form_key, prepared, origin=origin, now=now)
    return results


def _alone(view: RecordView, shell: Any, item: Amendment) -> bool:
    """Tell whether a record takes more than a new revision: unique keys are asked, or its owner may change."""
    owner = owners.owner_field(view.definition)
    return shell.submitted_at is not None or (owner is not None and owner.key in item.answers)


def _one_by_one(actor: Actor, form_key: str, item: Amendment, origin: str) -> Saved:
    with db.session.begin_nested():
        return service.update(actor, form_key, item.record_id, item.lock_version, item.answers, origin=origin)


def _prepare(
    actor: Actor, view: RecordView, shell: Any, stored: Mapping[str, Any], item: Amendment
) -> _Prepared | None:
    """Return what is to be written; ``None`` where nothing changes. Raises what an update raises."""
    if not reaches(actor, view):
        raise NotAllowed
    if shell.lock_version != item.lock_version:
        raise Conflict(code="stale", lock_version=shell.lock_version)
    if not open_to(actor, view):
        raise Conflict(code="state", state=view.state, lock_version=shell.lock_version)
    if is_sealed(view):
        raise Conflict(SEALED, code="sealed", form_version=view.form_version, lock_version=shell.lock_version)
    form = view.compiled
    rights = owners.modes(actor, form_table(shell.form_key), "U", view.keys, form=form.definition)

    def around() -> Context:
        organization = db.session.get_one(Organization, shell.organization_id)
        return context_for(actor, form.definition, organization, state=shell.state)

    changes = changes_of(
        actor,
        form,
        item.answers,
        current=stored,
        rights=rights,
        context=around,
        modes=view.modes,
        record_id=view.id,
    )
    merged = form.merge(stored, changes)
    fields = sorted(key for key in changes if _content(merged.get(key)) != _content(stored.get(key)))
    return _Prepared(shell, view, computing.filled(form, merged, around), fields, new_id()) if fields else None


def _content(value: Any) -> Any:
    return None if is_empty(value) else value


def _write(actor: Actor, form_key: str, prepared: Sequence[_Prepared], *, origin: str, now: datetime) -> None:
    revisions = [
        {
            "id": item.receipt,
            "record_id": item.shell.id,
            "no": item.shell.head_no + 1,
            "form_version_no": item.shell.form_version_no,
            "answers": item.answers,
            "state": item.shell.state,
            "origin": origin,
            "author_id": actor.user_id,
            "author_name": actor.name,
            "author_role": actor.role,
            "at": now,
        }
        for item in prepared
    ]
    table = Record.__table__
    shell = sa.update(table).where(table.c.id == sa.bindparam("record_id"))
    shell = shell.values(head_no=table.c.head_no + 1, lock_version=table.c.lock_version + 1, updated_at=now)
    db.session.execute(tagged(sa.insert(RecordRevision.__table__), _REASON), revisions)
    db.session.execute(tagged(shell, _REASON), [{"record_id": item.shell.id} for item in prepared])
    entries = [_entry(actor, item, now) for item in prepared]
    projection.write(form_table(form_key), entries, new=False)
    for item in prepared:
        attach(item.view.compiled, item.answers, item.shell.id)
        detail = {"form": form_key, "fields": item.fields}
        audit.record(actor, "record_changed", object_type="record", object_id=item.shell.id, detail=detail)
    quarantine.settle(actor, form_key, {item.shell.id: item.answers for item in prepared}, now)
    ids = {item.shell.id for item in prepared}
    for instance in list(db.session.identity_map.values()):
        if isinstance(instance, Record) and instance.id in ids:
            db.session.expire(instance)


def _entry(actor: Actor, item: _Prepared, now: datetime) -> Entry:
    shell = item.shell
    return Entry(
        id=shell.id,
        serial=shell.serial,
        state=shell.state,
        organization_id=shell.organization_id,
        organization_name=item.view.organization["name"],
        region=shell.region,
        version_no=shell.form_version_no,
        lock_version=shell.lock_version + 1,
        created_at=shell.created_at,
        updated_at=now,
        submitted_at=None,
        created_by=shell.created_by,
        updated_by=actor.user_id,
        on_behalf=shell.on_behalf_by is not None,
        flagged=shell.flagged,
        batch=None,
        answers=item.answers,
        campaign=shell.campaign_id,
    )
