"""Asking to take personal data along in plain."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app

from app import audit
from app.access.law import Mode
from app.access.query import modes_in, require, scopes_of
from app.database import db, new_id, utcnow
from app.errors import Conflict, Invalid
from app.exchange.exporting import asking
from app.exchange.exporting.rights import fingerprint
from app.exchange.formats import FORMATS
from app.exchange.models import ExportRequest
from app.exchange.requests.reach import deciders, reach_of
from app.exchange.requests.standing import OPEN
from app.exchange.requests.telling import tell_deciders
from app.records.lists import listing
from app.records.projection.tables import form_table
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from app.exchange.exporting.asking import Spec
    from app.records.projection.tables import FormTable

#: For how many days an approval may hold at most, and how long a request waits for somebody to decide.
MOST_DAYS = 30
WAITS = timedelta(days=14)


def default_days() -> int:
    """Return for how many days an approval holds unless another number is asked for (setting)."""
    return max(1, min(int(current_app.config["EXPORT_REQUEST_DAYS"]), MOST_DAYS))


def in_plain(actor: Actor, table: FormTable, spec: Spec) -> list[str]:
    """Return the fields of an export that would leave masked and, with an approved request, in plain.

    Never more than the actor sees himself in plain, at once or by a logged look, on the rows that he may export.
    """
    scopes = scopes_of(actor, table.resource, "E")
    masked = modes_in(actor, table, "E", scopes)
    shown = modes_in(actor, table, "E", scopes, approved=table.compiled.by_path)
    return [
        path
        for path in asking.shown(actor, table, spec)
        if path in table.compiled.by_path
        and not table.compiled.by_path[path].columns
        and masked.get(path, Mode.HIDE) < Mode.PLAIN
        and shown.get(path) is Mode.PLAIN
    ]


def ask(actor: Actor, form_key: str, raw: Mapping[str, Any], days: int | None = None) -> ExportRequest:
    """Ask for an export in plain: *raw* as for an export, with a purpose; a second person is told.

    :param days: for how many days the approval shall hold.

    Raises ``NotFound``, ``NotAllowed`` (needs view and export), ``BadRequest`` (what *raw* cannot ask for), ``Invalid``
    (no purpose, nothing to see in plain, no records) and ``Conflict`` where nobody else could decide.
    """
    table = form_table(form_key)
    require(actor, table.resource, "E")
    spec = asking.read(actor, table, raw)
    days = default_days() if days is None else days
    plain = in_plain(actor, table, spec)
    rows = listing.count(actor, form_key, q=spec.q, filters=spec.filters, action="E")
    if problems := _problems(spec, days, plain, rows):
        raise Invalid(errors=problems)
    now, user_id, organization_id = utcnow(), actor.user_id or 0, actor.organization_id or 0
    reach = reach_of(actor, table.resource)
    others = deciders(user_id, reach, organization_id, actor.region)
    if not others:
        text = Label(
            "目前没有别人能审批这项申请，请联系市局管理员。",
            "Nobody else could decide about this. Ask the city's administrator.",
        )
        raise Conflict(text, code="no_decider")
    found = ExportRequest(
        id=new_id(),
        form_key=form_key,
        version_no=table.version_no,
        user_id=user_id,
        post_id=actor.post_id,
        organization_id=organization_id,
        region=actor.region,
        reach=reach,
        spec=spec.as_dict(),
        plain=plain,
        classes=sorted({table.definition.field(path).class_ for path in plain}),
        rows=rows,
        days=days,
        rights=fingerprint(actor, form_key, table.version_no),
        state=OPEN,
        asked_at=now,
        valid_until=now + WAITS,
        note="",
    )
    db.session.add(found)
    db.session.flush()
    detail = {"form": form_key, "rows": rows, "plain": plain, "days": days, "purpose": spec.purpose}
    audit.record(actor, "export_requested", object_type="export_request", object_id=found.id, detail=detail)
    tell_deciders(found, actor.organization_name, table.definition.title, others)
    return found


def _problems(spec: Spec, days: int, plain: list[str], rows: int) -> list[Problem]:
    found = []
    if not spec.purpose:
        found.append(Problem("purpose", None, "required", Label("请写明用途。", "Say what it is for.")))
    if not 1 <= days <= MOST_DAYS:
        text = Label(f"有效天数为 1 至 {MOST_DAYS} 天。", f"Between 1 and {MOST_DAYS} days.")
        found.append(Problem("days", None, "range", text))
    if not FORMATS[spec.format].sheets:
        text = Label(
            "明文只能导出为 xlsx：文件须带导出说明。",
            "In plain only as xlsx: the file must say what it is.",
        )
        found.append(Problem("format", None, "choice", text))
    if not plain:
        text = Label(
            "这些列里没有您能以明文导出的个人信息，请直接导出。",
            "None of these columns holds personal data that you could take along in plain; export them as they are.",
        )
        found.append(Problem("columns", None, "nothing_masked", text))
    if not rows:
        text = Label("没有可以导出的记录，请放宽筛选条件。", "There is no record to export; widen the filter.")
        found.append(Problem("filter", None, "no_records", text))
    return found
