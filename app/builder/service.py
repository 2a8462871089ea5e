"""Designing forms: drafts with optimistic locks, checks, code lists, workflows; and reading what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from app import audit
from app.access.query import require, resource_allows
from app.builder.catalogue import (
    FormHead,
    catalogue,
    code_lists,
    compiled,
    definition,
    definitions,
    find_workflow,
    head,
    touch,
    workflow,
    workflow_of,
)
from app.builder.checking import issues_of, problems_of
from app.builder.merging import conflicts
from app.builder.models import CodeListRow, Form, FormDraft, FormDraftState, WorkflowRow
from app.database import db
from app.errors import Conflict, Invalid, NotFound
from app.records.rebuild import refill
from app.records.tables import form_table
from forms.definition import CodeList
from forms.labels import Label
from forms.loading import DefinitionError, parse_code_list, parse_definition
from forms.workflow import parse_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from forms.loading import Issue

__all__ = [
    "DESIGN",
    "FormHead",
    "check",
    "code_lists",
    "compiled",
    "create_form",
    "definition",
    "definitions",
    "draft",
    "find_workflow",
    "forms_for",
    "head",
    "save_code_list",
    "save_draft",
    "save_workflow",
    "workflow",
    "workflow_of",
]

#: The fixed resource of everything designed here.
DESIGN = "form_def"


def forms_for(actor: Actor, action: str = "V") -> list[FormHead]:
    """Return the published forms on which the actor may do *action* at all."""
    return [
        found for found in catalogue().heads.values() if found.no and resource_allows(actor, found.resource, action)
    ]


def _parsed(raw: Mapping[str, Any]) -> tuple[str, Label, str, str]:
    """Return key, title, resource and kind of a definition that may still have errors elsewhere."""
    try:
        form = parse_definition(raw, code_lists())
    except DefinitionError as error:
        key, resource = raw.get("key"), raw.get("resource")
        if not isinstance(key, str) or not isinstance(resource, str):
            raise Invalid(errors=problems_of(error.issues)) from error
        title = raw.get("title")
        try:
            label = Label.of(title) if title else Label(key)
        except ValueError:
            label = Label(key)
        return key, label, resource, str(raw.get("kind") or "")
    return form.key, form.title, form.resource, form.kind


def create_form(actor: Actor, raw: Mapping[str, Any]) -> FormDraft:
    """Create a form with *raw* as its draft. Raises ``NotAllowed``, ``Conflict`` (key in use), ``Invalid``."""
    require(actor, DESIGN, "F")
    try:
        form = parse_definition(raw, code_lists())
    except DefinitionError as error:
        raise Invalid(errors=problems_of(error.issues)) from error
    if db.session.get(Form, form.key) is not None:
        raise Conflict(
            Label(f"表单标识“{form.key}”已被使用，请换一个。", f"The form key {form.key!r} is in use."),
            code="form_exists",
        )
    db.session.add(Form(key=form.key, title=form.title.as_dict(), resource=form.resource, kind=form.kind))
    db.session.flush()
    found = FormDraft(form_key=form.key, definition=dict(raw), lock_version=1, based_on=0, updated_by=actor.user_id)
    db.session.add(found)
    _keep_state(found)
    touch()
    audit.record(actor, "form_created", object_type="form", object_id=form.key)
    db.session.flush()
    return found


def draft(actor: Actor, form_key: str) -> FormDraft:
    """Return the draft of a form. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "F")
    found: FormDraft | None = db.session.get(FormDraft, form_key)
    if found is None:
        raise NotFound
    return found


def save_draft(actor: Actor, form_key: str, lock_version: int, raw: Mapping[str, Any]) -> FormDraft:
    """Replace the draft that was at *lock_version* when the designer read it.

    A draft may have errors; only its key is fixed. Raises ``Conflict`` with ``lock_version``, ``theirs`` and
    ``conflicts`` (what both changed since then, differently) when somebody else has saved meanwhile.
    """
    require(actor, DESIGN, "F")
    locked = sa.select(FormDraft).where(FormDraft.form_key == form_key).with_for_update()
    found: FormDraft | None = db.session.scalar(locked)
    if found is None:
        raise NotFound
    key, _title, _resource, _kind = _parsed(raw)
    if key != form_key:
        raise Invalid(Label("表单标识建立后不能更改。", "The key of a form cannot be changed."), code="key_changed")
    if found.lock_version != lock_version:
        base = db.session.get(FormDraftState, (form_key, lock_version))
        raise Conflict(
            Label(
                "草稿已被他人修改，请核对后再保存。", "Somebody else has changed the draft. Compare, then save again."
            ),
            code="stale",
            lock_version=found.lock_version,
            theirs=found.definition,
            conflicts=conflicts(base.definition if base else {}, raw, found.definition),
        )
    found.definition = dict(raw)
    found.lock_version += 1
    found.updated_by = actor.user_id
    _keep_state(found)
    db.session.flush()
    return found


def _keep_state(found: FormDraft) -> None:
    db.session.add(
        FormDraftState(form_key=found.form_key, lock_version=found.lock_version, definition=found.definition)
    )


def check(actor: Actor, form_key: str) -> list[Issue]:
    """Return what is wrong with the draft: errors that forbid publishing, and warnings."""
    return issues_of(draft(actor, form_key).definition)


def save_code_list(actor: Actor, key: str, raw: Any) -> CodeList:
    """Create or replace a code list; codes that were there stay (as retired, if *raw* leaves them out).

    Raises ``NotAllowed``, ``Invalid``. Unchanged content changes nothing.
    """
    require(actor, DESIGN, "F")
    try:
        parsed = parse_code_list(key, raw)
    except DefinitionError as error:
        raise Invalid(errors=problems_of(error.issues)) from error
    found = db.session.get(CodeListRow, key)
    if found is not None and _same(found.items, raw):
        return parsed
    if found is not None:
        known = {option.code for option in parsed.options}
        lost = [option.code for option in parse_code_list(key, found.items).options if option.code not in known]
        if lost:
            raise Invalid(
                Label(
                    f"码表“{key}”少了已有的代码 {'、'.join(lost[:5])}，请改为停用。",
                    f"Code list {key!r} lacks codes that exist: {', '.join(lost[:5])}. Retire them instead.",
                ),
                code="codes_removed",
            )
    before = parse_code_list(key, found.items) if found is not None else None
    found = found or CodeListRow(key=key)
    found.title = parsed.title.as_dict()
    found.items = raw
    db.session.add(found)
    found.stamp = touch()
    if moved(before, parsed):
        for form in definitions().values():
            if any(field.codelist == key for _, field in form.walk()):
                refill(form_table(form.key))
    audit.record(actor, "code_list_saved", object_type="code_list", object_id=key)
    return parsed


def moved(before: CodeList | None, after: CodeList | None) -> bool:
    """Tell whether options that were there stand elsewhere now: records are ordered by the places of their options."""
    if before is None or after is None:
        return False
    places = {option.code: place for place, option in enumerate(after.options)}
    return any(places.get(option.code) != place for place, option in enumerate(before.options))


def save_workflow(actor: Actor, key: str, raw: Mapping[str, Any]) -> None:
    """Create or replace a workflow. Raises ``NotAllowed``, ``Invalid``. Unchanged content changes nothing."""
    require(actor, DESIGN, "F")
    try:
        parse_workflow(key, raw)
    except DefinitionError as error:
        raise Invalid(errors=problems_of(error.issues)) from error
    found = db.session.get(WorkflowRow, key)
    if found is not None and _same(found.definition, raw):
        return
    if found is None:
        found = WorkflowRow(key=key, version=0)
        db.session.add(found)
    found.definition = dict(raw)
    found.version += 1
    touch()
    audit.record(actor, "workflow_saved", object_type="workflow", object_id=key)


def _same(left: Any, right: Any) -> bool:
    return orjson.dumps(left, option=orjson.OPT_SORT_KEYS) == orjson.dumps(right, option=orjson.OPT_SORT_KEYS)
