"""The list of all forms: what is published, what is being changed, how much was filled in, who changed it last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext
from sqlalchemy.orm import aliased

from app.access.query import tagged
from app.builder import service
from app.builder.models import Form, FormDraft, FormVersion
from app.database import db
from app.identity.models import User
from app.records.models import Record
from app.records.reading.show_page import foreign
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.access.actor import Actor

PAGE = 50
#: Records are counted up to here.
MOST = 1000

KINDS = {
    "register": lazy_gettext("台账"),
    "profile": lazy_gettext("单位档案"),
    "survey": lazy_gettext("调查"),
    "event": lazy_gettext("业务记录"),
}
#: States of a form as the list tells them, with the tone of each.
STATES = {
    "live": (lazy_gettext("已发布"), "success"),
    "changed": (lazy_gettext("有未发布修改"), "warning"),
    "new": (lazy_gettext("未发布"), "secondary"),
}


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form in the list."""

    key: str
    title: str
    lang: str
    kind: str
    state: str
    no: int
    changed_at: datetime
    changed_by: str | None
    may_view: bool
    records: int = 0

    @property
    def count(self) -> str:
        """The number of records, up to :data:`MOST`."""
        return f"{MOST:,}+" if self.records > MOST else f"{self.records:,}"


def forms_values(actor: Actor, asked: Mapping[str, str], lang: str) -> dict[str, Any]:
    """Return what the template needs.

    :param asked: ``q`` (in title or key), ``kind``, ``state``, ``page``.
    """
    words = asked.get("q", "").strip()[:100]
    kind, state = asked.get("kind", ""), asked.get("state", "")
    rows = [
        row
        for row in _rows(actor, lang)
        if (not words or words.casefold() in f"{row.title} {row.key}".casefold())
        and kind in ("", row.kind)
        and state in ("", row.state)
    ]
    text = asked.get("page", "1")
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(int(text), 1), pages) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    shown = rows[(page - 1) * PAGE : page * PAGE]
    counts = _counts([row.key for row in shown if row.no])
    return {
        "forms": [_with(row, counts.get(row.key, 0)) for row in shown],
        "found": len(rows),
        "q": words,
        "kind": kind,
        "state": state,
        "kinds": KINDS,
        "states": STATES,
        "page": page,
        "pages": pages,
        "narrowed": bool(words or kind or state),
        "may_design": actor.can(service.DESIGN, "F"),
    }


def _rows(actor: Actor, lang: str) -> list[FormRow]:
    designer, publisher = aliased(User), aliased(User)
    statement = (
        sa.select(
            Form.key,
            Form.title,
            Form.resource,
            Form.kind,
            Form.current_no,
            FormDraft.hash.label("draft"),
            FormVersion.hash.label("published"),
            FormDraft.updated_at,
            FormVersion.published_at,
            designer.last_name.label("designer"),
            publisher.last_name.label("publisher"),
        )
        .join(FormDraft, FormDraft.form_key == Form.key, isouter=True)
        .join(FormVersion, FormVersion.id == Form.current_version_id, isouter=True)
        .join(designer, designer.id == FormDraft.updated_by, isouter=True)
        .join(publisher, publisher.id == FormVersion.published_by, isouter=True)
        .order_by(Form.key)
    )
    return [_row(actor, found, lang) for found in db.session.execute(statement)]


def _row(actor: Actor, found: Any, lang: str) -> FormRow:
    title = Label.of(found.title)
    state = "new" if not found.current_no else "live" if found.draft in (None, found.published) else "changed"
    drafted = state != "live"
    return FormRow(
        key=found.key,
        title=title.get(lang),
        lang=foreign(title, lang),
        kind=found.kind,
        state=state,
        no=found.current_no,
        changed_at=found.updated_at if drafted else found.published_at,
        changed_by=found.designer if drafted else found.publisher,
        may_view=bool(found.current_no) and actor.can(found.resource, "V"),
    )


def _with(row: FormRow, records: int) -> FormRow:
    return FormRow(
        row.key, row.title, row.lang, row.kind, row.state, row.no, row.changed_at, row.changed_by, row.may_view, records
    )


def _counts(keys: list[str]) -> dict[str, int]:
    """Return the number of records of each form, counted up to one more than :data:`MOST`, in one question."""
    if not keys:
        return {}
    table = Record.__table__
    parts = []
    for key in keys:
        some = sa.select(sa.literal(1).label("one")).select_from(table)
        some = some.where(table.c.form_key == key, table.c.batch.is_(None)).limit(MOST + 1)
        parts.append(
            sa.select(sa.literal(key).label("key"), sa.func.count().label("count")).select_from(some.subquery())
        )
    rows = db.session.execute(tagged(sa.union_all(*parts), "how many records a form has, whosever"))
    return {row.key: int(row.count) for row in rows}
