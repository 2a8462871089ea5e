"""From a code to a visit, and from a visit to the actor who fills."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import request

from app import audit
from app.access.actor import Actor, Visit, actor_source, grants_of, today
from app.access.query import tagged
from app.builder.catalogue import catalogue, definition
from app.database import db, utcnow
from app.errors import Invalid
from app.identity.models import Organization
from app.visitors import codes
from app.visitors.models import VisitBatch, VisitCode, VisitSession
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.grants import GrantRule
    from forms.definition import Definition

#: How long a visit lasts; the code can be shown again.
LASTS = timedelta(hours=2)
#: Marks bearer tokens of visits.
MARK = "visit."
#: What is written as the name of a visitor.
NAME = "访客"

REFUSED = Label("填报码无效、已使用或已过期，请核对。", "The code is wrong, has been used or has expired.")

_batch, _code, _session = VisitBatch.__table__, VisitCode.__table__, VisitSession.__table__
_REASON = "visits, by the secret that a visitor has shown"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A visit that has begun: the secret that stands for it, until when, and the form."""

    secret: str
    until: datetime
    form_key: str


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _valid() -> sa.ColumnElement[bool]:
    return sa.and_(
        _code.c.spent.is_(sa.false()),
        _batch.c.revoked_at.is_(None),
        _batch.c.valid_until >= today(),
        Organization.__table__.c.active,
    )


def _rows(*columns: Any) -> sa.Select[Any]:
    source = _code.join(_batch, _batch.c.id == _code.c.batch_id)
    source = source.join(Organization.__table__, Organization.__table__.c.id == _batch.c.organization_id)
    return sa.select(*columns).select_from(source).where(_valid())


def settings_of(form_key: str) -> Definition | None:
    """Return the definition of a form that visitors may fill; ``None`` for any other."""
    head = catalogue().heads.get(form_key)
    form = definition(form_key) if head is not None and head.no else None
    return form if form is not None and form.visitors is not None else None


def open_visit(text: str) -> Arrival:
    """Begin a visit with a code. Raises ``Invalid``, the same for a wrong, a spent and an expired one."""
    code = codes.read(text)
    found = None
    if code is not None:
        statement = _rows(_code.c.digest, _batch.c.form_key, _batch.c.id).where(_code.c.digest == codes.digest(code))
        found = db.session.execute(tagged(statement, _REASON)).first()
    if found is None or (form := settings_of(found.form_key)) is None:
        raise Invalid(REFUSED, code="visit_code", errors=[Problem("code", None, "visit_code", REFUSED)])
    secret, until = secrets.token_urlsafe(32), utcnow() + LASTS
    values = {"id": _hashed(secret), "code": found.digest, "until": until}
    db.session.execute(tagged(sa.insert(_session).values(values), _REASON))
    if not form.anonymous:
        # Of an anonymous form the trail keeps nothing: not even that somebody came.
        audit.record(None, "visit", object_type="visit_batch", object_id=found.id, detail={"form": form.key})
    return Arrival(secret, until, found.form_key)


def actor_of(secret: str) -> Actor | None:
    """Return the visitor behind the secret of a visit that still holds."""
    statement = (
        _rows(
            _code.c.digest,
            _code.c.record_id,
            _batch.c.form_key,
            _batch.c.organization_id,
            _batch.c.campaign_id,
            _batch.c.fixed,
            Organization.__table__.c.name.label("organization_name"),
        )
        .join(_session, _session.c.code == _code.c.digest)
        .where(_session.c.id == _hashed(secret), _session.c.until > utcnow())
    )
    row = db.session.execute(tagged(statement, _REASON)).first()
    form = settings_of(row.form_key) if row is not None else None
    if row is None or form is None or form.visitors is None:
        return None
    return Actor(
        kind="visitor",
        user_id=None,
        name="" if form.anonymous else NAME,
        role=form.visitors.role,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        grants=_needed(form, grants_of(form.visitors.role)),
        visit=Visit(row.digest, form.key, row.record_id, row.campaign_id, row.fixed, form.anonymous),
    )


def _needed(form: Definition, grants: tuple[GrantRule, ...]) -> tuple[GrantRule, ...]:
    """Return those of a role's grants that filling this form takes: on the form, and to view what it refers to."""
    heads = catalogue().heads
    named = {item.form for _, item in form.walk() if item.form}
    seen = {heads[key].resource for key in named if key in heads} - {form.resource}
    return tuple(rule for rule in grants if rule.resource == form.resource or rule.resource in seen)


def end(secret: str) -> None:
    """End a visit; the code stays as it is."""
    db.session.execute(tagged(sa.delete(_session).where(_session.c.id == _hashed(secret)), _REASON))


def forget() -> int:
    """Remove visits whose time is up; return how many."""
    gone = sa.delete(_session).where(_session.c.until <= utcnow())
    return int(db.session.execute(tagged(gone, _REASON)).rowcount)  # type: ignore[attr-defined]


def from_bearer() -> Actor | None:
    """Return the visitor behind the bearer token of a request to the API."""
    sent = request.headers.get("Authorization", "")
    if not request.path.startswith("/api/v1/") or not sent.startswith(f"Bearer {MARK}"):
        return None
    return actor_of(sent.removeprefix(f"Bearer {MARK}"))


def register() -> None:
    """Let the API know visitors by their tokens."""
    actor_source(from_bearer)
