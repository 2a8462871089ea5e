"""What may be done with one record. Nothing here commits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app import audit
from app.access.law import Mode
from app.access.query import require
from app.builder.catalogue import head
from app.errors import Conflict, Invalid, NotAllowed
from app.records.hooks import attachments_came, submitter
from app.records.models import VOID
from app.records.projection.tables import form_table
from app.records.reading.history import Revision, conflicts, revisions
from app.records.reading.record import RecordView, read
from app.records.versions import drafts
from app.records.writing import computing, owners
from app.records.writing import record as writing
from app.records.writing.context import context_for
from app.records.writing.creating import create
from app.records.writing.editing import require_current, require_editable, require_editor, require_unsealed
from app.records.writing.preparing import attach, changes_of, reference_id
from app.records.writing.record import Saved, hold_form
from forms.answers.answer import is_empty, rows_of
from forms.answers.problems import Problem
from forms.answers.validation import ATTACHMENTS
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.identity.models import Organization
    from app.records.writing.record import Held

__all__ = [
    "RecordView",
    "Revision",
    "Saved",
    "create",
    "hold_form",
    "read",
    "reveal",
    "revisions",
    "submit",
    "transition",
    "update",
    "void",
]

LONGEST_REASON = 500


def submit(actor: Actor, form_key: str, record_id: str, lock_version: int) -> Saved:
    """Submit a record as it was at *lock_version*: by its workflow, or at once where the form has none.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (somebody was faster; not in this state) and ``Invalid``.
    """
    hold_form(form_key)
    view = read(actor, form_key, record_id)
    form = view.definition
    if form.workflow is None and not owners.may(actor, form.resource, "S", view.keys):
        raise NotAllowed
    if view.lock_version != lock_version:
        raise Conflict(code="stale", lock_version=view.lock_version)
    return _submit(actor, form_key, view)


def _submit(actor: Actor, form_key: str, draft: RecordView) -> Saved:
    table = form_table(form_key)
    by_workflow = submitter()
    if table.definition.workflow is not None and by_workflow is not None:
        return by_workflow(actor, form_key, draft.id, draft.lock_version)
    held = writing.hold(form_key, draft.id)
    if held.record.state != writing.initial_state(held.definition):
        raise Conflict(
            Label("该记录在现在的状态下不能提交。", "The record cannot be submitted in its present state."),
            code="state",
            state=held.record.state,
            lock_version=held.record.lock_version,
        )
    _require_version(held)
    owners.require_named(actor, held.definition, held.organization, held.answers)
    known = context_for(actor, held.definition, held.organization, state=held.record.state)
    known = replace(known, masked=draft.hidden.union(draft.masked))
    found = held.compiled.validate(held.answers, context=known)
    problems = [item for item in found if item.level == "error"]
    if problems:
        raise Invalid(errors=problems)
    answers = held.compiled.submitted(held.answers, context=known)
    saved = writing.revise(actor, held, answers, origin="web", state="submitted", verb="submit", submitted=True)
    return replace(saved, warnings=tuple(found))


def _require_version(held: Held) -> None:
    """Refuse to hand in under a version that goes on no more, unless a campaign names it."""
    require_unsealed(held)
    if held.record.submitted_at is None and held.record.campaign_id is None:
        require_current(held.record.form_key, held.record.form_version_no)


def update(
    actor: Actor,
    form_key: str,
    record_id: str,
    lock_version: int,
    changes: Mapping[str, Any],
    *,
    origin: str = "web",
    drawn: int | None = None,
) -> Saved:
    """Merge *changes* into a record: absent is unchanged, ``None`` clears, a value equal to its own mask is no change.

    A draft comes to the present version with it where that asks for nothing new and takes nothing away.

    :param drawn: the version that the page was drawn with which is saved.

    Validation never stops it. Nothing changed: nothing is written. Raises ``NotFound``, ``NotAllowed`` (never by this
    actor), ``Conflict`` (somebody was faster, with both values; a state in which it cannot be changed) and ``Invalid``.
    """
    hold_form(form_key)
    require(actor, head(form_key).resource, "U")
    view = read(actor, form_key, record_id)
    require_editor(actor, view)
    held = writing.hold(form_key, record_id)
    if held.record.lock_version != lock_version:
        raise Conflict(
            code="stale",
            lock_version=held.record.lock_version,
            conflicts=conflicts(read(actor, form_key, record_id), held, lock_version, changes),
        )
    require_editable(actor, held)
    require_unsealed(held)
    stored = held.answers
    view, held = drafts.freshened(actor, form_key, view, held, drawn)
    record, form = held.record, held.compiled
    rights = owners.modes(actor, form_table(form_key), "U", view.keys, form=form.definition)
    around = partial(context_for, actor, form.definition, held.organization, state=record.state)
    prepared = changes_of(
        actor,
        form,
        changes,
        current=held.answers,
        rights=rights,
        context=around,
        modes=view.modes,
        record_id=record_id,
    )
    merged = form.merge(held.answers, prepared)
    # What somebody has just typed himself is told in full.
    unseen = frozenset(path for path in view.hidden.union(view.masked) if path.partition(".")[0] not in prepared)
    if _equal(computing.bare(form, merged), computing.bare(form, held.answers)):
        warnings = form.warnings(held.answers, context=replace(around(), masked=unseen))
        return Saved(record.id, record.serial, record.state, record.lock_version, "", warnings=warnings)
    owner = _new_owner(actor, held, prepared)
    around = partial(context_for, actor, form.definition, owner or held.organization, state=record.state)
    merged = computing.filled(form, merged, around)
    saved = writing.revise(actor, held, merged, origin=origin, organization=owner)
    saved = replace(saved, warnings=form.warnings(merged, context=replace(around(), masked=unseen)))
    attach(form, merged, record_id)
    if any(item.type in ATTACHMENTS and path.partition(".")[0] in prepared for path, item in form.definition.walk()):
        attachments_came(record_id, merged)
    fields = sorted(key for key in prepared if merged.get(key) != stored.get(key))
    audit.record(
        actor, "record_changed", object_type="record", object_id=record_id, detail={"form": form_key, "fields": fields}
    )
    return saved


def _new_owner(actor: Actor, held: Held, changes: Mapping[str, Any]) -> Organization | None:
    """Return the organization that a change makes the owner of a draft, or ``None`` where it stays."""
    item = owners.owner_field(held.definition)
    if held.record.submitted_at is not None or item is None or item.key not in changes:
        return None
    if reference_id(changes[item.key]) == reference_id(held.answers.get(item.key)):
        return None
    owner = owners.named(actor, held.definition, changes)
    return owner if owner is not None and owner.id != held.organization.id else None


def _equal(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return {key: value for key, value in left.items() if not is_empty(value)} == {
        key: value for key, value in right.items() if not is_empty(value)
    }


def transition(
    actor: Actor,
    record_id: str,
    form_key: str,
    *,
    expected_lock: int,
    to_state: str,
    verb: str,
    comment: str = "",
    answers: Mapping[str, Any] | None = None,
    set_submitted: bool = False,
    reassign_region: str | None = None,
) -> Saved:
    """Bring a record to another state; the workflow has decided that the actor may.

    :param answers: the answers from now on; ``None`` leaves them.
    Raises ``Conflict`` where somebody was faster, ``Invalid`` for a duplicate inside the organization.
    """
    hold_form(form_key)
    held = writing.hold(form_key, record_id)
    if held.record.lock_version != expected_lock:
        raise Conflict(code="stale", lock_version=held.record.lock_version)
    if set_submitted:
        _require_version(held)
    return writing.revise(
        actor,
        held,
        held.answers if answers is None else answers,
        origin="web" if set_submitted else "review",
        state=to_state,
        verb=verb,
        comment=comment or None,
        submitted=set_submitted,
        region=reassign_region,
    )


def void(actor: Actor, form_key: str, record_id: str, reason: str, *, lock_version: int | None = None) -> Saved:
    """Declare a record void; it is kept, and left out of lists.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (void already; somebody was faster) and ``Invalid`` (no reason).
    """
    hold_form(form_key)
    require(actor, head(form_key).resource, "D")
    view = read(actor, form_key, record_id)
    if not owners.may(actor, view.definition.resource, "D", view.keys):
        raise NotAllowed
    if not reason or len(reason) > LONGEST_REASON:
        text = Label(
            f"请填写作废理由（不超过 {LONGEST_REASON} 字）", f"Give the reason in at most {LONGEST_REASON} characters"
        )
        raise Invalid(errors=[Problem("reason", None, "required", text)])
    held = writing.hold(form_key, record_id)
    record = held.record
    if record.state == VOID:
        raise Conflict(Label("该记录已经作废。", "The record is void already."), code="void", state=VOID)
    if lock_version is not None and record.lock_version != lock_version:
        raise Conflict(code="stale", lock_version=record.lock_version)
    record.void_reason = reason
    saved = writing.revise(actor, held, held.answers, origin="review", state=VOID, verb="void", comment=reason)
    record.voided_at = record.updated_at
    audit.record(actor, "record_void", object_type="record", object_id=record_id, detail={"form": form_key})
    return saved


def reveal(actor: Actor, form_key: str, record_id: str, fields: Collection[str], reason: str) -> dict[str, Any]:
    """Return named answers in plain text; the audit keeps who looked at which fields and why, never their content.

    Raises ``NotFound``, ``NotAllowed`` (a field that is not open to a logged look) and ``Invalid`` (no reason).
    """
    view = read(actor, form_key, record_id)
    names = sorted(set(fields))
    if not names or any(view.modes.get(path, Mode.HIDE) < Mode.REVEAL for path in names):
        raise NotAllowed
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        text = Label(
            f"请填写查看原因（不超过 {LONGEST_REASON} 字）", f"Give the reason in at most {LONGEST_REASON} characters"
        )
        raise Invalid(errors=[Problem("reason", None, "required", text)])
    audit.record(
        actor,
        "reveal",
        object_type="record",
        object_id=record_id,
        detail={"form": form_key, "fields": names, "reason": words},
    )
    return _named(read(actor, form_key, record_id, reveal=names).answers, names)


def _named(answers: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the named answers; of sub-tables the named columns of every row."""
    shown: dict[str, Any] = {}
    for path in names:
        table, _, key = path.rpartition(".")
        if not table:
            shown[path] = answers.get(path)
            continue
        rows = rows_of(answers.get(table))
        listed = shown.setdefault(table, [{"_row": row.get("_row")} for row in rows])
        for row, cell in zip(listed, rows, strict=True):
            row[key] = cell.get(key)
    return shown
