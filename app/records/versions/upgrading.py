"""A record brought to the present version of its form because somebody says so: shown first, then done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import audit
from app.access.law import Mode
from app.access.query import modes_in, require
from app.builder.catalogue import compiled, definition, head
from app.database import db
from app.errors import Conflict
from app.identity.models import Organization
from app.records.projection.tables import form_table
from app.records.reading.record import read
from app.records.versions import carrying, drafts, earlier, quarantine
from app.records.versions.carrying import Motive
from app.records.writing import record as writing
from app.records.writing.context import context_for
from app.records.writing.editing import require_editable, require_editor
from app.records.writing.record import Saved
from forms.answers.answer import is_empty, rows_of
from forms.answers.difference import definition_changes
from forms.field_types import get as field_type
from forms.labels import Label
from forms.versions.upgrading import ASIDE, RESTORED, RETIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.access.actor import Actor
    from app.access.query import RowModes
    from app.records.reading.record import RecordView
    from app.records.versions.carrying import Plan
    from forms.answers.difference import DefinitionChange
    from forms.compiled import CompiledForm
    from forms.definition import Definition
    from forms.versions.upgrading import Step

#: Somebody brought the record to another version.
UPGRADE = Motive("upgrade")
UP_TO_DATE = Label("该记录已是最新版本。", "The record is of the present version already.")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """What becomes of an answer, as one actor may see it; of a masked one both values are masks and no reason is given.

    ``old`` is an answer under the version of before, ``new`` one under the present version.
    """

    path: str
    row: int | None
    kind: str
    old: Any
    new: Any
    masked: bool
    raw: str = ""
    reason: Label | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an upgrade of one record would do. ``required``: path and row of what would still have to be filled in."""

    view: RecordView
    old: Definition
    new: Definition
    from_no: int
    to_no: int
    change_class: str
    changes: tuple[DefinitionChange, ...]
    steps: tuple[ShownStep, ...]
    required: tuple[tuple[str, int | None], ...]
    state_known: bool

    def of_kind(self, kind: str) -> list[ShownStep]:
        """Return the steps of one kind."""
        return [step for step in self.steps if step.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """How many answers of each kind there are."""
        found: dict[str, int] = {}
        for step in self.steps:
            found[step.kind] = found.get(step.kind, 0) + 1
        return found


def preview(actor: Actor, form_key: str, record_id: str) -> Preview:
    """Return what an upgrade would do. Raises ``NotFound``, ``NotAllowed`` and ``Conflict`` (up to date already)."""
    require(actor, head(form_key).resource, "U")
    view = read(actor, form_key, record_id)
    require_editor(actor, view)
    if view.form_version == head(form_key).no:
        raise Conflict(UP_TO_DATE, code="up_to_date", form_version=view.form_version)
    plan = carrying.plans(actor, form_key, [carrying.bare(view)], head(form_key).no)[0]
    return shown(actor, form_key, view, plan)


def shown(actor: Actor, form_key: str, view: RecordView, plan: Plan) -> Preview:
    """Return a plan as the actor may see it."""
    old, new = plan.old.definition, plan.new.definition
    after = drafts.seen(actor, form_key, view, plan)
    return Preview(
        view=view,
        old=old,
        new=new,
        from_no=view.form_version,
        to_no=plan.version_no,
        change_class=drafts.heaviest(form_key, view.form_version, plan.version_no),
        changes=tuple(definition_changes(old, new)),
        steps=tuple(shown_steps(plan, view.modes, after.modes)),
        required=tuple(_newly_required(actor, plan, view, after)),
        state_known=carrying.knows_state(plan.new, view.state),
    )


def shown_steps(plan: Plan, before: Mapping[str, Mode], after: Mapping[str, Mode]) -> list[ShownStep]:
    """Return what becomes of each answer, by the modes of its reader under both versions."""
    found = (_shown(plan, item, before, after) for item in plan.done.steps)
    return [step for step in found if step is not None]


def _shown(plan: Plan, step: Step, before: Mapping[str, Mode], after: Mapping[str, Mode]) -> ShownStep | None:
    known = [modes[step.path] for modes in (before, after) if step.path in modes]
    mode = min(known, default=Mode.HIDE)
    if mode is Mode.HIDE:
        return None
    if mode is Mode.PLAIN:
        reason = step.reason.message if step.reason is not None else None
        return ShownStep(step.path, step.row, step.kind, step.old, step.new, False, step.raw, reason)
    former, later = plan.old.by_path.get(step.path), plan.new.by_path.get(step.path)
    old = _mask(former.field, step.old) if former is not None else None
    new = _mask(later.field, step.new) if later is not None else None
    return ShownStep(step.path, step.row, step.kind, old, new, True)


def _mask(item: Any, value: Any) -> Any:
    return None if is_empty(value) else field_type(item.type).masked(item, value)


def _newly_required(actor: Actor, plan: Plan, view: RecordView, after: RecordView) -> Iterator[tuple[str, int | None]]:
    """Yield what the new version requires and the record lacks, where the old one did not ask for it."""
    organization = db.session.get_one(Organization, plan.shell.organization_id)
    known = context_for(actor, plan.new.definition, organization, state=plan.shell.state)
    # Both go by what the reader sees: a rule must not tell what is masked.
    missing = _missing(plan.new, after.answers, known)
    missing_before = set(_missing(plan.old, view.answers, known))
    for path, row in missing:
        if (path, row) not in missing_before and after.modes.get(path, Mode.HIDE) is not Mode.HIDE:
            yield path, row


def _missing(form: CompiledForm, answers: Mapping[str, Any], known: Any) -> list[tuple[str, int | None]]:
    state = form.evaluate(answers, context=known)
    found: list[tuple[str, int | None]] = []
    for key, column in form.columns.items():
        if key in state.required and is_empty(answers.get(key)):
            found.append((key, None))
        for number, row in enumerate(rows_of(answers.get(key)) if column.columns else (), 1):
            found += [
                (inner.path, number)
                for name, inner in column.columns.items()
                if f"{key}[{row.get('_row')}].{name}" in state.required and is_empty(row.get(name))
            ]
    return found


def lacks(actor: Actor, view: RecordView) -> bool:
    """Tell whether a record lacks something that its version requires and the actor may see."""
    organization = db.session.get_one(Organization, view.organization["id"])
    known = context_for(actor, view.definition, organization, state=view.state)
    return any(
        view.modes.get(path, Mode.HIDE) is not Mode.HIDE for path, _ in _missing(view.compiled, view.answers, known)
    )


def upgrade(actor: Actor, form_key: str, record_id: str, lock_version: int) -> Saved:
    """Bring a record to the present version: a new revision, nothing lost.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` (somebody was faster; up to date already; a state in which it
    cannot be changed) and ``Invalid`` (the new version does not know its state; a duplicate under a new unique key).
    """
    number = writing.hold_form(form_key).no
    require(actor, head(form_key).resource, "U")
    view = read(actor, form_key, record_id)
    require_editor(actor, view)
    held = writing.hold(form_key, record_id)
    if held.record.lock_version != lock_version:
        raise Conflict(code="stale", lock_version=held.record.lock_version)
    require_editable(actor, held)
    if held.record.form_version_no == number:
        raise Conflict(UP_TO_DATE, code="up_to_date", form_version=number)
    shell = carrying.shells_of([record_id])[record_id]
    plan = carrying.plans(actor, form_key, [shell], number)[0]
    found = Saved(shell.id, shell.serial, shell.state, shell.lock_version + 1, "")
    refused = carrying.write(actor, form_key, [plan], UPGRADE)[record_id]
    if refused is not None:
        raise refused
    note(actor, form_key, plan)
    return found


def note(actor: Actor, form_key: str, plan: Plan) -> None:
    """Write an upgrade into the audit trail: versions, and which fields did not stay as they were."""
    detail = {
        "form": form_key,
        "from": plan.shell.form_version_no,
        "to": plan.version_no,
        "aside": sorted({step.path for step in plan.done.steps if step.kind == ASIDE}),
        "retired": sorted({step.path for step in plan.done.steps if step.kind == RETIRED}),
        "restored": sorted({step.path for step in plan.done.steps if step.kind == RESTORED}),
    }
    audit.record(actor, "record_upgraded", object_type="record", object_id=plan.shell.id, detail=detail)


@dataclass(frozen=True, slots=True)
class Unasked:
    """An answer to a field that the record's version does not ask for, under the label of then."""

    path: str
    version_no: int
    definition: Definition
    value: Any
    masked: bool


def unasked(actor: Actor, form_key: str, view: RecordView) -> list[Unasked]:
    """Return the drawer of a record: what it was asked before and is asked no more, as the actor may see it."""
    scopes = view.scopes - {"published"}
    if not scopes:
        return []
    items = earlier.earlier(form_key, {view.id: view.form_version}).get(view.id, {})
    found: list[Unasked] = []
    for item in items.values():
        form = definition(form_key, item.version_no)
        modes = modes_in(actor, form_table(form_key), "V", scopes, definition=form)
        mode = modes.get(item.path, Mode.HIDE)
        if mode is Mode.HIDE:
            continue
        if form.field(item.path).fields:
            rows = _shown_rows(form_key, item.version_no, item.path, item.value, modes)
            if rows:
                found.append(Unasked(item.path, item.version_no, form, rows, masked=False))
            continue
        masked = mode is not Mode.PLAIN
        found.append(
            Unasked(
                item.path,
                item.version_no,
                form,
                _masked_cells(form, item.path, item.value) if masked else item.value,
                masked,
            )
        )
    known = {item.path for item in found}
    found += [
        Unasked(item.path, item.from_version_no, definition(form_key, item.from_version_no), item.text, item.masked)
        for item in quarantine.unasked(actor, form_key, view)
        if item.path not in known
    ]
    return found


def _masked_cells(form: Definition, path: str, value: Any) -> Any:
    item = form.field(path)
    if "." in path and isinstance(value, dict):
        return {row: _mask(item, cell) for row, cell in value.items()}
    return _mask(item, value)


def _shown_rows(form_key: str, version_no: int, path: str, rows: Sequence[Any], modes: RowModes) -> list[Any]:
    """Return the rows of a sub-table that is gone with the cells that a reader may see."""
    form = compiled(form_key, version_no)
    columns = form.by_path[path].columns
    found = []
    for row in rows_of(rows):
        cells: dict[str, Any] = {}
        for key, column in columns.items():
            mode = modes.get(column.path, Mode.HIDE)
            if mode is Mode.HIDE or is_empty(row.get(key)):
                continue
            cells[key] = row[key] if mode is Mode.PLAIN else _mask(column.field, row[key])
        if cells:
            found.append({"_row": row.get("_row"), **cells})
    return found
