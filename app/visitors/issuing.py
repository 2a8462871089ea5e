"""Issuing codes: by an organization that may hand in records of the form itself. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import today
from app.access.law import RowKeys, scope_matches
from app.access.query import tagged
from app.builder.catalogue import catalogue, compiled
from app.database import db, new_id, utcnow
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.records.hooks import campaign_choices
from app.records.writing import references
from app.visitors import codes
from app.visitors.arriving import settings_of
from app.visitors.models import VisitBatch, VisitCode, VisitSession
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from app.access.actor import Actor
    from forms.definition import Definition, Field

MOST_CODES = 500
LONGEST_NOTE = 200
LONGEST_LIFE = timedelta(days=366)
LISTED = 100
#: Choices that a reference offers.
_OFFERED = 200

_code = VisitCode.__table__
_REASON = "codes of the actor's own organization"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new batch with its codes in the clear: they are shown this once."""

    batch: VisitBatch
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many codes there are, and how many are spent."""

    total: int = 0
    spent: int = 0


def _may(actor: Actor, form: Definition) -> bool:
    keys = RowKeys(actor.organization_id, actor.region)
    # The rights of an anonymous form show nobody a record, but whoever may hand one in may have it handed in.
    return actor.organization_id is not None and all(
        any(scope_matches(actor, rule.scope, keys) for rule in actor.rules(form.resource, action)) for action in "CS"
    )


def forms(actor: Actor) -> list[Definition]:
    """Return the forms for which the actor may issue codes."""
    if actor.kind != "user":
        return []
    found = (settings_of(head.key) for head in catalogue().heads.values() if head.no)
    return [form for form in found if form is not None and _may(actor, form)]


def form_of(actor: Actor, form_key: str) -> Definition:
    """Return a form for which the actor may issue codes. Raises ``NotFound``."""
    found = next((form for form in forms(actor) if form.key == form_key), None)
    if found is None:
        raise NotFound
    return found


def offers(actor: Actor, form: Definition, lang: str) -> list[tuple[Field, list[tuple[str, str]]]]:
    """Return the fields that are fixed when codes are issued, each with its choices as code and label."""
    found = []
    for key in form.visitors.fixed if form.visitors is not None else ():
        item = form.field(key)
        if field_type(item.type).refers:
            rows = references.lookup(actor, form.key, key, "", limit=_OFFERED)
            listed = [(row["id"], row["label"]) for row in rows]
        else:
            codes_of = form.code_list(key)
            options = codes_of.options if codes_of is not None else ()
            listed = [(option.code, option.label.get(lang)) for option in options if not option.retired]
        found.append((item, listed))
    return found


def issue(
    actor: Actor,
    form_key: str,
    count: int,
    *,
    fixed: Mapping[str, Any],
    valid_until: date,
    campaign_id: str | None = None,
    note: str = "",
) -> Issued:
    """Issue a batch of codes. Raises ``NotFound`` (no such form) and ``Invalid`` with what is wrong."""
    form = form_of(actor, form_key)
    organization_id = actor.organization_id
    if organization_id is None:
        raise NotAllowed
    problems = []
    if not 1 <= count <= MOST_CODES:
        text = Label(f"一次发放 1 至 {MOST_CODES} 个", f"1 to {MOST_CODES} codes at a time")
        problems.append(Problem("count", None, "range", text))
    if not today() <= valid_until <= today() + LONGEST_LIFE:
        text = Label("有效期应在今天之后、一年之内", "They expire between today and a year from now")
        problems.append(Problem("valid_until", None, "range", text))
    if len(note) > LONGEST_NOTE:
        text = Label(f"不超过 {LONGEST_NOTE} 字", f"At most {LONGEST_NOTE} characters")
        problems.append(Problem("note", None, "too_long", text))
    if campaign_id and campaign_id not in {item.campaign_id for item in campaign_choices(actor, form_key)}:
        text = Label("没有这个填报任务，或不在填报时间内", "There is no such campaign, or it is not open")
        problems.append(Problem("campaign", None, "choice", text))
    answers, wrong = _fixed(actor, form, fixed)
    if problems or wrong:
        raise Invalid(errors=[*problems, *wrong])
    batch = VisitBatch(
        id=new_id(),
        form_key=form_key,
        organization_id=organization_id,
        campaign_id=campaign_id or None,
        note=note.strip(),
        fixed=answers,
        valid_until=valid_until,
        created_by=actor.user_id,
    )
    db.session.add(batch)
    db.session.flush()
    made = tuple(codes.new() for _ in range(count))
    # Sorted, so that their order in the table is not the order in which they were printed.
    rows = [{"digest": key, "batch_id": batch.id, "spent": False} for key in sorted(map(codes.digest, made))]
    db.session.execute(tagged(sa.insert(_code), _REASON), rows)
    _note(actor, "codes_issued", batch, codes=count)
    return Issued(batch, made)


def _fixed(actor: Actor, form: Definition, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the fixed answers as they are stored, and what is wrong with those given."""
    answers: dict[str, Any] = {}
    problems = []
    for key in form.visitors.fixed if form.visitors is not None else ():
        raw = given.get(key)
        clean, found = compiled(form.key).clean({key: {"id": raw} if field_type(form.field(key).type).refers else raw})
        value = clean.get(key)
        if field_type(form.field(key).type).refers and raw:
            value = references.by_id(actor, form, key, {str(raw)}).get(str(raw))
        if found or not value:
            problems.append(Problem(key, None, "required", Label("请选择", "Choose one")))
        else:
            answers[key] = value
    return answers, problems


def batches(actor: Actor) -> Sequence[VisitBatch]:
    """Return the batches of the actor's organization for forms of his, the newest first."""
    mine = [form.key for form in forms(actor)]
    statement = sa.select(VisitBatch).where(VisitBatch.form_key.in_(mine)).order_by(VisitBatch.created_at.desc())
    found: Sequence[VisitBatch] = db.session.scalars(statement.limit(LISTED)).all()
    return found


def batch(actor: Actor, batch_id: str) -> VisitBatch:
    """Return a batch of the actor's organization. Raises ``NotFound``."""
    found: VisitBatch | None = db.session.scalar(sa.select(VisitBatch).where(VisitBatch.id == batch_id))
    if found is None or found.form_key not in {form.key for form in forms(actor)}:
        raise NotFound
    return found


def counts(found: Sequence[VisitBatch]) -> dict[str, Count]:
    """Return how many codes of each of the batches there are and are spent."""
    statement = (
        sa.select(_code.c.batch_id, sa.func.count(), sa.func.sum(sa.case((_code.c.spent, 1), else_=0)))
        .where(_code.c.batch_id.in_([item.id for item in found]))
        .group_by(_code.c.batch_id)
    )
    return {row[0]: Count(int(row[1]), int(row[2])) for row in db.session.execute(tagged(statement, _REASON))}


def revoke(actor: Actor, batch_id: str) -> None:
    """Make what is left of a batch worthless. Raises ``NotFound``, ``Conflict`` (it is already)."""
    found = batch(actor, batch_id)
    if found.revoked_at is not None:
        raise Conflict(Label("已经停用。", "It is revoked already."), code="state")
    found.revoked_at = utcnow()
    mine = sa.select(_code.c.digest).where(_code.c.batch_id == batch_id)
    visits = VisitSession.__table__
    db.session.execute(tagged(sa.delete(visits).where(visits.c.code.in_(mine)), _REASON))
    _note(actor, "codes_revoked", found)


def _note(actor: Actor, event: str, found: VisitBatch, **detail: int) -> None:
    more = {"form": found.form_key, **detail}
    audit.record(actor, event, object_type="visit_batch", object_id=found.id, detail=more)
