"""The versions of forms as pages show them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.builder.models import Form, FormVersion
from app.database import db
from app.errors import BadRequest
from app.identity.models import User


def number(value: str | None) -> int | None:
    """Return a number from an address or a field, ``None`` where there is none. Raises ``BadRequest``."""
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 9):
        raise BadRequest
    return int(value)


def versions(form_key: str) -> list[Any]:
    """Return the published versions of a form, the newest first, with who published them and whether current."""
    statement = (
        sa.select(
            FormVersion.no,
            FormVersion.note,
            FormVersion.change_class,
            FormVersion.published_at,
            User.last_name.label("author"),
            (FormVersion.no == Form.current_no).label("current"),
        )
        .join(Form, Form.key == FormVersion.form_key)
        .join(User, User.id == FormVersion.published_by, isouter=True)
        .where(FormVersion.form_key == form_key)
        .order_by(FormVersion.no.desc())
    )
    return list(db.session.execute(statement))
