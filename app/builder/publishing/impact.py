"""What publishing a draft would change, how grave each change is, and what it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.catalogue import code_lists, definition
from app.builder.models import Form
from app.builder.publishing.tallies import tallies
from app.builder.service import draft
from app.builder.uses import rules_naming
from app.database import db
from forms.answers.difference import CHANGE_CLASSES, definition_changes
from forms.definition import CLASSES
from forms.files.loading import parse_definition

if TYPE_CHECKING:
    from app.access.actor import Actor
    from forms.definition import Definition

FIRST = "first"


def published(form_key: str) -> Definition | None:
    """Return the current definition, or ``None`` before the first version."""
    number = db.session.scalar(sa.select(Form.current_no).where(Form.key == form_key))
    return definition(form_key) if number else None


def change_class(changes: list[dict[str, Any]]) -> str:
    """Return the heaviest class among *changes*."""
    return max((change["class"] for change in changes), key=CHANGE_CLASSES.index, default=CHANGE_CLASSES[0])


def lowered(old: Definition | None, new: Definition) -> list[str]:
    """Return the fields whose class is less strict in *new*."""
    if old is None:
        return []
    return [
        path
        for path, field in new.walk()
        if old.has(path) and CLASSES.index(field.class_) < CLASSES.index(old.field(path).class_)
    ]


def impact_of(form_key: str, new: Definition) -> dict[str, Any]:
    """Return ``{"class", "changes": [{"path", "kind", "class", "records", "drafts", "rules"}]}``."""
    old = published(form_key)
    if old is None:
        return {"class": FIRST, "changes": []}
    found = definition_changes(old, new)
    changes = [
        {
            "path": change.path,
            "kind": change.kind,
            "class": change.change_class,
            "records": tally.records,
            "drafts": tally.drafts,
            "rules": sorted({*rules_naming(old, change.path), *rules_naming(new, change.path)}),
        }
        for change, tally in zip(found, tallies(form_key, old, new, found), strict=True)
    ]
    return {"class": change_class(changes), "changes": changes}


def impact(actor: Actor, form_key: str) -> dict[str, Any]:
    """Return what publishing the draft would do.

    Raises ``NotAllowed``, ``NotFound``, and ``DefinitionError`` for a broken draft.
    """
    return impact_of(form_key, parse_definition(draft(actor, form_key).definition, code_lists()))
