"""What publishing a draft would change, how grave each change is, and what it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.builder.catalogue import code_lists, definition
from app.builder.models import Form
from app.builder.service import draft
from app.database import db
from app.records.tables import form_table
from forms.definition import CLASSES
from forms.difference import CHANGE_CLASSES, definition_changes
from forms.expressions import variables_of
from forms.loading import parse_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.access.actor import Actor
    from forms.definition import Definition

FIRST = "first"


def published(form_key: str) -> Definition | None:
    """Return the current definition, or ``None`` before the first version."""
    number = db.session.scalar(sa.select(Form.current_no).where(Form.key == form_key))
    return definition(form_key) if number else None


def _expressions(form: Definition) -> Iterator[tuple[str, Any]]:
    """Yield the place and the tree of every rule."""
    for section in form.sections:
        if section.visible_when:
            yield f"{section.key}.visible_when", section.visible_when.tree
    for path, field in form.walk():
        for name in ("visible_when", "required_when", "compute", "prefill", "option_filter"):
            expression = getattr(field, name)
            if expression is not None:
                yield f"{path}.{name}", expression.tree
        for number, check in enumerate(field.checks):
            yield f"{path}.checks[{number}]", check.tree


def _rules(form: Definition, path: str) -> list[str]:
    """Return the rules that name a field."""
    key = path.rpartition(".")[2]
    names = {path, key, f"parent.{key}", f"previous.{key}"}
    return [place for place, tree in _expressions(form) if names & set(variables_of(tree))]


def _counts(form_key: str, path: str) -> tuple[int, int]:
    """Return how many submitted records and how many drafts have an answer in a field; all, if it is no column."""
    table = form_table(form_key)
    main = table.main
    source: sa.FromClause = main
    conditions: list[sa.ColumnElement[bool]] = [main.c._batch.is_(None)]
    if path in table.columns and table.definition.has(path):
        column = table.column(path)
        conditions.append(column.is_not(None))
        if column.table is not main:
            source = main.join(column.table, column.table.c._record == main.c._id)
    submitted = sa.case((main.c._submitted_at.is_not(None), main.c._id))
    unsubmitted = sa.case((main.c._submitted_at.is_(None), main.c._id))
    row = db.session.execute(
        tagged(
            sa.select(sa.func.count(submitted.distinct()), sa.func.count(unsubmitted.distinct()))
            .select_from(source)
            .where(*conditions),
            "impact counts rows, whosever",
        )
    ).one()
    return int(row[0]), int(row[1])


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
    changes = []
    for change in definition_changes(old, new):
        records, drafts = _counts(form_key, change.path)
        changes.append(
            {
                "path": change.path,
                "kind": change.kind,
                "class": change.change_class,
                "records": records,
                "drafts": drafts,
                "rules": sorted({*_rules(old, change.path), *_rules(new, change.path)}),
            }
        )
    return {"class": change_class(changes), "changes": changes}


def impact(actor: Actor, form_key: str) -> dict[str, Any]:
    """Return what publishing the draft would do.

    Raises ``NotAllowed``, ``NotFound``, and ``DefinitionError`` for a broken draft.
    """
    return impact_of(form_key, parse_definition(draft(actor, form_key).definition, code_lists()))
