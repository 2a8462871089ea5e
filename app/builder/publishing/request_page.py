"""What the pages of requests to publish show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import lazy_gettext

from app.builder.catalogue import code_lists
from app.builder.history.difference_page import before_publishing
from app.builder.models import Form, FormDraft, PublishRequest
from app.builder.publishing.approval import APPROVED, OPEN, REFUSED, VOID, hindrance, is_current
from app.builder.publishing.impact import published
from app.database import db
from app.identity.models import User
from app.jobs.models import Job
from forms.files.loading import DefinitionError, parse_definition
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor

STATES = {
    OPEN: (lazy_gettext("待批准"), "warning"),
    APPROVED: (lazy_gettext("已批准"), "success"),
    REFUSED: (lazy_gettext("未批准"), "danger"),
    VOID: (lazy_gettext("已失效"), "secondary"),
}
REASONS = {
    "policy": lazy_gettext("本表单要求第二人批准这类改动"),
    "access": lazy_gettext("改变谁能填、谁能看或密级"),
}
POLICIES = {
    "anyone": lazy_gettext("有发布权限即可发布"),
    "structural": lazy_gettext("结构变化须第二人批准"),
    "tightening": lazy_gettext("收紧要求或结构变化须第二人批准"),
    "always": lazy_gettext("每次发布都须第二人批准"),
}
MOST = 100


def open_requests() -> int:
    """Return how many requests wait for somebody."""
    return db.session.scalar(sa.select(sa.func.count()).where(PublishRequest.state == OPEN)) or 0


def requests_values(lang: str) -> dict[str, Any]:
    """Return the latest requests, the open ones first."""
    statement = (
        sa.select(PublishRequest, Form.title, User.last_name.label("asker"))
        .join(Form, Form.key == PublishRequest.form_key)
        .join(User, User.id == PublishRequest.requested_by, isouter=True)
        .order_by((PublishRequest.state == OPEN).desc(), PublishRequest.requested_at.desc(), PublishRequest.id)
        .limit(MOST)
    )
    rows = db.session.execute(statement)
    return {
        "requests": [(row[0], Label.of(row.title).get(lang), row.asker) for row in rows],
        "states": STATES,
        "reasons": REASONS,
    }


def request_values(actor: Actor, found: PublishRequest, lang: str) -> dict[str, Any]:
    """Return one request with the difference that it speaks of, while it can still be decided."""
    form, draft = db.session.get(Form, found.form_key), db.session.get(FormDraft, found.form_key)
    assert form is not None  # noqa: S101 - a request has a form
    current = draft is not None and is_current(found, draft)
    deciding = found.state == OPEN and current
    lines, old = [], published(found.form_key)
    if deciding and draft is not None and old is not None:
        try:
            lines = before_publishing(found.form_key, old, parse_definition(draft.definition, code_lists()), lang)
        except DefinitionError:
            current = deciding = False
    names = dict(
        db.session.execute(
            sa.select(User.id, User.last_name).where(User.id.in_({found.requested_by or 0, found.decided_by or 0}))
        ).all()
    )
    why_not = hindrance(actor, found)
    job = db.session.get(Job, found.job_id) if found.job_id else None
    return {
        "found": found,
        "form": form,
        "title": Label.of(form.title).get(lang),
        "state": STATES[found.state if found.state != OPEN or current else VOID],
        "asker": names.get(found.requested_by or 0, ""),
        "decider": names.get(found.decided_by or 0, ""),
        "reasons": [REASONS[name] for name in found.reasons],
        "lines": lines,
        "first": old is None,
        "deciding": deciding,
        "stale": found.state == OPEN and not current,
        "why_not": why_not.get(lang) if why_not is not None else "",
        "own": found.requested_by == actor.user_id,
        "job": job,
        "failure": Label.of(job.failure).get(lang) if job is not None and job.failure else "",
    }
