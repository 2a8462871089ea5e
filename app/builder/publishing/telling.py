"""Messages about requests to publish: to those who can decide, and back to who asked. They name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.builder.service import DESIGN
from app.database import db
from app.identity.models import GrantRow
from app.notify import recipients
from app.notify.models import PUBLISH_REQUEST
from app.notify.service import tell
from forms.labels import Label

if TYPE_CHECKING:
    from app.builder.models import Form, PublishRequest


def tell_deciders(found: PublishRequest, form: Form, *, access: bool) -> None:
    """Tell those who can decide that a request waits.

    :param access: whether it changes who may do or see what: only who administers can decide then.
    """
    title = Label.of(form.title)
    text = Label(
        f"“{title.zh}”申请发布，待您批准：{found.note}",
        f"Publishing “{title.get('en')}” is asked for and awaits your approval: {found.note}",
    )
    users = [
        user
        for user in recipients.holders(_deciding(access=access))
        if user not in {found.requested_by, found.drafted_by}
    ]
    tell("publish_asked", text, users, form_key=found.form_key, subject=found.id, about=PUBLISH_REQUEST)


def _deciding(*, access: bool) -> list[str]:
    """Return the roles that may approve or publish, and administer where it takes that."""
    letters: dict[str, set[str]] = {}
    for row in db.session.execute(sa.select(GrantRow.role, GrantRow.actions).where(GrantRow.resource == DESIGN)):
        letters.setdefault(row.role, set()).update(row.actions)
    return sorted(role for role, held in letters.items() if held & {"A", "P"} and (not access or "X" in held))


def tell_asker(found: PublishRequest, form: Form, *, approved: bool) -> None:
    """Tell who asked what became of it."""
    title = Label.of(form.title)
    if approved:
        text = Label(
            f"“{title.zh}”的发布申请已批准，正在发布", f"Publishing “{title.get('en')}” was approved and is under way"
        )
    else:
        text = Label(
            f"“{title.zh}”的发布申请未获批准：{found.comment}",
            f"Publishing “{title.get('en')}” was not approved: {found.comment}",
        )
    users = [found.requested_by] if found.requested_by else []
    tell("publish_decided", text, users, form_key=found.form_key, subject=found.id, about=PUBLISH_REQUEST)
