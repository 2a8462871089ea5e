"""Forms that packs bring along unpublished: what a new form can begin as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.models import Form, FormTemplate
from app.database import db
from app.errors import NotFound
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping


def load_templates(forms: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the templates exactly these: what a pack has dropped is no longer offered."""
    for found in db.session.scalars(sa.select(FormTemplate)):
        if found.key not in forms:
            db.session.delete(found)
    for key, raw in forms.items():
        template = db.session.get(FormTemplate, key) or FormTemplate(key=key)
        template.title, template.definition = Label.of(raw["title"]).as_dict(), dict(raw)
        db.session.add(template)
    db.session.flush()


def open_templates() -> list[tuple[str, Label]]:
    """Return key and title of the templates that no form here has the key of, by key."""
    rows = db.session.execute(
        sa.select(FormTemplate.key, FormTemplate.title)
        .join(Form, Form.key == FormTemplate.key, isouter=True)
        .where(Form.key.is_(None))
        .order_by(FormTemplate.key)
    )
    return [(row.key, Label.of(row.title)) for row in rows]


def template(key: str) -> dict[str, Any]:
    """Return the definition of a template. Raises ``NotFound``."""
    found = db.session.get(FormTemplate, key)
    if found is None:
        raise NotFound
    return dict(found.definition)
