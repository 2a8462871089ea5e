"""Designing forms: drafts with optimistic locks, checks, code lists, workflows; and reading what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

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
from app.builder.drafts import DESIGN, create_form, draft, merge_draft, save_draft, state_at, undo_draft
from app.builder.models import CodeListRow, WorkflowRow
from app.database import db
from app.errors import Invalid
from app.records.projection.rebuild import refill
from app.records.projection.tables import form_table
from forms.definition import CodeList
from forms.files.loading import DefinitionError, parse_code_list
from forms.labels import Label
from forms.workflow import parse_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from forms.files.loading import Issue

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
    "merge_draft",
    "save_code_list",
    "save_draft",
    "save_workflow",
    "state_at",
    "undo_draft",
    "workflow",
    "workflow_of",
]


def forms_for(actor: Actor, action: str = "V") -> list[FormHead]:
    """Return the published forms on which the actor may do *action* at all."""
    return [
        found for found in catalogue().heads.values() if found.no and resource_allows(actor, found.resource, action)
    ]


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
