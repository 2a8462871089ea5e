"""Load texts, send them, read them. Nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, new_id, utcnow
from app.errors import Invalid
from app.notify.models import RECORD, Message, Notification
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor

AUDIENCES = ("owner", "reviewers")
#: Messages that one call marks by their ids.
MOST_IDS = 1_000


def load_messages(messages: Mapping[str, Mapping[str, Any]]) -> None:
    """Create or update texts: ``{key: {"text": {"zh", "en"}, "to": "owner"|"reviewers"}}``.

    A text may hold ``{form}``, ``{serial}``, ``{organization}`` and ``{comment}``. Raises ``Invalid``.
    """
    for key, raw in messages.items():
        if set(raw) != {"text", "to"} or raw["to"] not in AUDIENCES:
            raise Invalid(
                Label(f"通知“{key}”应有 text 和 to（{'、'.join(AUDIENCES)}）", f"Message {key!r}: text and to")
            )
        found = db.session.get(Message, key) or Message(key=key)
        found.text = Label.of(raw["text"]).as_dict()
        found.audience = raw["to"]
        db.session.add(found)
    db.session.flush()


def texts(keys: Iterable[str]) -> list[Message]:
    """Return the texts of *keys* that are known."""
    wanted = list(keys)
    if not wanted:
        return []
    return list(db.session.scalars(sa.select(Message).where(Message.key.in_(wanted)).order_by(Message.key)))


def send(
    message: Message,
    users: Iterable[int],
    *,
    form_key: str,
    record_id: str,
    values: Mapping[str, Label],
    at: datetime | None = None,
) -> int:
    """Send a text to accounts, with ``{name}`` replaced by *values*; return to how many.

    :param at: when it was sent; now by default.
    """
    text = {}
    for language in ("zh", "en"):
        words = Label.of(message.text).get(language)
        for name, value in values.items():
            words = words.replace(f"{{{name}}}", value.get(language))
        text[language] = words
    return tell(message.key, Label.of(text), users, form_key=form_key, subject=record_id, at=at)


def tell(
    key: str,
    text: Label,
    users: Iterable[int],
    *,
    form_key: str,
    subject: str,
    about: str = RECORD,
    at: datetime | None = None,
) -> int:
    """Send a text as it stands to accounts; return to how many.

    :param key: what kind of message it is.
    :param subject: the id of what it tells of; :param about: what that is, one of those of ``models``.
    """
    count = 0
    for user_id in users:
        db.session.add(
            Notification(
                id=new_id(at),
                user_id=user_id,
                message=key,
                text=text.as_dict(),
                form_key=form_key,
                record_id=subject,
                about=about,
                at=at or utcnow(),
            )
        )
        count += 1
    db.session.flush()
    return count


def inbox(actor: Actor, *, unread_only: bool = False, limit: int = 50) -> Sequence[Notification]:
    """Return the actor's messages, newest first."""
    statement = sa.select(Notification).where(Notification.user_id == actor.user_id)
    if unread_only:
        statement = statement.where(Notification.read_at.is_(None))
    found: Sequence[Notification] = db.session.scalars(statement.order_by(Notification.id.desc()).limit(limit)).all()
    return found


def unread_count(actor: Actor) -> int:
    """Return how many messages the actor has not read."""
    statement = (
        sa.select(sa.func.count())
        .select_from(Notification)
        .where(Notification.user_id == actor.user_id, Notification.read_at.is_(None))
    )
    return db.session.scalar(statement) or 0


def mark_read(actor: Actor, ids: Iterable[str] | None = None) -> int:
    """Mark messages of the actor as read, all of them by default; foreign ids do nothing. Return how many.

    Raises ``Invalid`` for more ids than anybody is shown.
    """
    table = Notification.__table__
    statement = sa.update(table).where(table.c.user_id == actor.user_id, table.c.read_at.is_(None))
    if ids is not None:
        wanted = set(ids)
        if len(wanted) > MOST_IDS:
            raise Invalid(
                errors=[Problem("ids", None, "too_many", Label(f"最多 {MOST_IDS} 个", f"At most {MOST_IDS}"))]
            )
        statement = statement.where(table.c.id.in_(sorted(wanted)))
    result = db.session.execute(tagged(statement.values(read_at=utcnow()), "own messages"))
    for item in list(db.session.identity_map.values()):
        if isinstance(item, Notification):
            db.session.expire(item)
    return int(result.rowcount)  # type: ignore[attr-defined]
