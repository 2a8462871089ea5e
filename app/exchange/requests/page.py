"""What pages and the API tell of requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext

from app.builder.catalogue import head
from app.database import db
from app.exchange.exporting import asking
from app.exchange.exporting.manifest import filter_in_words
from app.exchange.models import Export
from app.exchange.requests.deciding import is_own
from app.exchange.requests.reach import hindrance
from app.exchange.requests.standing import (
    APPROVED,
    EXPIRED,
    OPEN,
    REFUSED,
    REVOKED,
    USED,
    WITHDRAWN,
    standing,
    uses,
)
from app.identity.models import Organization, User
from app.records.projection.tables import form_table
from app.records.reading.show_page import foreign
from forms.definition import CLASSES
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.access.actor import Actor
    from app.exchange.models import ExportRequest
    from app.records.projection.tables import FormTable

STATES = {
    OPEN: (lazy_gettext("待审批"), "warning"),
    APPROVED: (lazy_gettext("已批准"), "success"),
    USED: (lazy_gettext("已导出"), "secondary"),
    REFUSED: (lazy_gettext("未批准"), "danger"),
    WITHDRAWN: (lazy_gettext("已撤回"), "secondary"),
    REVOKED: (lazy_gettext("批准已收回"), "danger"),
    EXPIRED: (lazy_gettext("已过期"), "secondary"),
}
#: Values of filters that others than who asked are told: what is personal stays with him.
_TOLD = ("public", "internal")


@dataclass(frozen=True, slots=True)
class Line:
    """A request as a list shows it."""

    found: ExportRequest
    state: str
    used: int
    title: str
    lang: str
    asker: str
    decider: str
    organization: str


def lines(found: Sequence[ExportRequest], lang: str) -> list[Line]:
    """Return requests with the names that stand beside them, in three statements for all of them."""
    used = uses([one.id for one in found])
    people = _names(User.id, User.last_name, {one.user_id for one in found} | {one.decided_by or 0 for one in found})
    places = _names(Organization.id, Organization.name, {one.organization_id or 0 for one in found})
    result = []
    for one in found:
        title, count = head(one.form_key).title, used.get(one.id, 0)
        result.append(
            Line(
                one,
                standing(one, count),
                count,
                title.get(lang),
                foreign(title, lang),
                people.get(one.user_id, ""),
                people.get(one.decided_by or 0, ""),
                places.get(one.organization_id or 0, ""),
            )
        )
    return result


def _names(key: Any, name: Any, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    return dict(db.session.execute(sa.select(key, name).where(key.in_(ids))).all())


def filter_words(actor: Actor, found: ExportRequest, lang: str) -> str:
    """Return the filter of a request in words; to others than who asked without values of personal fields."""
    table = form_table(found.form_key)
    spec = asking.kept(found.spec)
    return filter_in_words(table, spec, lang, CLASSES if is_own(actor, found) else _TOLD)


def column_names(table: FormTable, paths: Collection[str], lang: str) -> list[tuple[str, str]]:
    """Return the labels of fields, each with its language where that is not the reader's; columns name their table."""
    result = []
    for path in paths:
        if not table.definition.has(path):
            # The form has been changed since.
            result.append((path, ""))
            continue
        labels = [table.definition.field(each).label for each in dict.fromkeys((path.partition(".")[0], path))]
        lang_of = next((code for label in labels if (code := foreign(label, lang))), "")
        result.append(("·".join(label.get(lang) for label in labels), lang_of))
    return result


def columns_of(found: ExportRequest, table: FormTable, lang: str) -> list[tuple[str, str]] | None:
    """Return the labels of the columns that were chosen; ``None`` where all are wanted."""
    chosen = asking.kept(found.spec).columns
    return None if chosen is None else column_names(table, chosen, lang)


def told(actor: Actor, found: Sequence[ExportRequest], lang: str) -> list[dict[str, Any]]:
    """Return requests as the API tells them."""
    return [
        {
            "id": line.found.id,
            "number": line.found.number,
            "form": line.found.form_key,
            "state": line.state,
            "purpose": line.found.spec["purpose"],
            "filter": filter_words(actor, line.found, lang),
            "plain": list(line.found.plain),
            "columns": line.found.spec["columns"],
            "classes": list(line.found.classes),
            "rows": line.found.rows,
            "days": line.found.days,
            "used": line.used,
            "asked_by": line.asker,
            "organization": line.organization,
            "asked_at": line.found.asked_at.isoformat(),
            "valid_until": line.found.valid_until.isoformat(),
            "decided_by": line.decider or None,
            "decided_at": line.found.decided_at.isoformat() if line.found.decided_at else None,
            "note": line.found.note,
            "may_decide": line.state == OPEN and hindrance(actor, line.found) is None,
        }
        for line in lines(found, lang)
    ]


def request_values(actor: Actor, found: ExportRequest, lang: str) -> dict[str, Any]:
    """Return what the page of a request shows."""
    (line,) = lines([found], lang)
    table, own = form_table(found.form_key), is_own(actor, found)
    why_not: Label | None = hindrance(actor, found)
    return {
        "line": line,
        "found": found,
        "state": STATES[line.state],
        "filter": filter_words(actor, found, lang),
        "plain": column_names(table, found.plain, lang),
        "columns": columns_of(found, table, lang),
        "own": own,
        "deciding": why_not is None and line.state in {OPEN, APPROVED, USED},
        "why_not": why_not.get(lang) if why_not is not None and not own else "",
        "export": _export(found) if own else None,
    }


def _export(found: ExportRequest) -> Export | None:
    """Return the last export by a request of the actor's own."""
    statement = sa.select(Export).where(Export.request_id == found.id).order_by(Export.created_at.desc()).limit(1)
    export: Export | None = db.session.scalar(statement)
    return export
