"""The same request sent twice is carried out once: receipts by the key that its sender chose."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from app.database import db, lock_words
from app.errors import BadRequest, Conflict
from app.records.models import Receipt
from app.records.writing.record import Saved
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor

LONGEST_KEY = 128


def _actor(actor: Actor) -> str:
    if actor.visit is not None:
        return f"visit:{actor.visit.code[:40]}"
    return f"{actor.kind}:{actor.user_id}:{actor.post_id}" if actor.user_id is not None else actor.name


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def find(actor: Actor, key: str, body: Mapping[str, Any]) -> Saved | None:
    """Return what was answered before; ``None`` for a new key.

    Raises ``Conflict`` where the key was used for something else, ``BadRequest`` where it is too long.
    """
    if len(key) > LONGEST_KEY:
        text = Label(
            f"Idempotency-Key 不超过 {LONGEST_KEY} 个字符。",
            f"An Idempotency-Key has at most {LONGEST_KEY} characters.",
        )
        raise BadRequest(text, code="idempotency_key")
    # The same request sent twice at once: the second waits, then finds what the first was answered.
    lock_words("receipt", _actor(actor), key)
    found = db.session.get(Receipt, (_actor(actor), key), populate_existing=True)
    if found is None:
        return None
    if found.body_hash != _hash(body):
        text = Label("这个 Idempotency-Key 已用于另一个请求。", "This Idempotency-Key was used for another request.")
        raise Conflict(text, code="idempotency_key")
    kept = dict(found.response)
    problems, warnings = (tuple(map(_told, kept.pop(name, ()))) for name in ("problems", "warnings"))
    return Saved(**kept, problems=problems, warnings=warnings)


def _told(item: Mapping[str, Any]) -> Problem:
    return Problem(item["field"], item["row"], item["code"], Label.of(item["message"]), item["level"])


def _kept(item: Problem) -> dict[str, Any]:
    return {
        "field": item.field,
        "row": item.row,
        "code": item.code,
        "message": item.message.as_dict(),
        "level": item.level,
    }


def keep(actor: Actor, key: str, body: Mapping[str, Any], saved: Saved) -> None:
    """Keep the answer for :func:`find`, which has locked the key until the unit of work ends."""
    response = {
        "id": saved.id,
        "serial": saved.serial,
        "state": saved.state,
        "lock_version": saved.lock_version,
        "receipt": saved.receipt,
        "problems": [_kept(item) for item in saved.problems],
        "warnings": [_kept(item) for item in saved.warnings],
    }
    db.session.add(Receipt(actor=_actor(actor), idempotency_key=key, body_hash=_hash(body), response=response))
    db.session.flush()
