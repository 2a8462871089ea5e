"""Passwords: what is accepted, how sign-in is checked, and when an account is locked for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app
from werkzeug.security import check_password_hash, generate_password_hash

from app import audit
from app.access.actor import Actor, NoActor, actor_for
from app.database import db, unit_of_work, utcnow
from app.errors import Invalid
from app.identity.models import User
from app.identity.sessions import revoke_user
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=10)
MIN_LENGTH = 10
#: A hash that no password has; checked for unknown names so that they cost what known ones cost.
_NOBODY = generate_password_hash("nobody has this password")


def hashed(password: str) -> str:
    """Return the hash to store for *password*."""
    return generate_password_hash(password)


def check_strength(password: str, username: str) -> None:
    """Raise :class:`~app.errors.Invalid` unless *password* is long and mixed enough."""
    kinds = sum(
        any(test(character) for character in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
    )
    # A name of two letters is in many a good password.
    named = len(username) > 3 and username.lower() in password.lower()
    if len(password) < MIN_LENGTH or kinds < 3 or named:
        raise Invalid(
            Label(
                "密码至少 10 位，并含大写字母、小写字母、数字、符号中的三种，且不含用户名。",
                "At least 10 characters, three of upper case, lower case, digits and signs, without the user name.",
            ),
            code="weak_password",
        )


def looked_up(username: str) -> str:
    """Return a user name as accounts are looked up by it."""
    return username.strip().lower()


def authenticate(username: str, password: str) -> User | None:
    """Return the account if the password fits and it may sign in; else ``None``, for every reason alike.

    Five failures lock the account for ten minutes. An unknown, inactive or locked name costs the same
    work as a known one: one hash, one update, one audit event.
    """
    user: User | None = db.session.scalar(sa.select(User).where(sa.func.lower(User.username) == looked_up(username)))
    known = user is not None and bool(user.active) and (not user.is_demo or current_app.config["DEMO_MODE"])
    stored = user.password if user is not None and known and user.password else _NOBODY
    fits = check_password_hash(stored, password) and known
    now = utcnow()
    locked = _is_locked(user, now)
    accepted = fits and not locked
    account = User.__table__
    with unit_of_work():
        if accepted:
            values = {
                "fail_login_count": 0,
                "locked_until": None,
                "login_count": sa.func.coalesce(account.c.login_count, 0) + 1,
                "last_login": now.replace(tzinfo=None),
            }
        else:
            values = _one_failure_more(now, locked=locked)
        user_id = user.id if user is not None else -1
        db.session.execute(sa.update(account).where(account.c.id == user_id).values(values))
        audit.record(
            _who(user) if accepted else None,
            "login",
            object_type="user",
            object_id=user.id if user is not None else "",
            detail={"locked": True} if locked else {},
            result="ok" if accepted else "failed",
        )
    if not accepted or user is None:
        return None
    db.session.refresh(user)
    return user


def _is_locked(user: User | None, now: datetime) -> bool:
    return user is not None and user.locked_until is not None and user.locked_until > now


def _one_failure_more(now: datetime, *, locked: bool) -> dict[str, Any]:
    """Return the columns of an account after a wrong password: the fifth locks it, one that is locked stays so."""
    account = User.__table__
    failures = sa.func.coalesce(account.c.fail_login_count, 0) + 1
    full = sa.and_(failures >= MAX_FAILURES, sa.literal(not locked))
    return {
        "fail_login_count": sa.case((full, 0), else_=failures),
        "locked_until": sa.case((full, now + LOCKED_FOR), else_=account.c.locked_until),
    }


def _who(user: User | None) -> Actor | None:
    try:
        return actor_for(user.id) if user is not None else None
    except NoActor:
        return None


def set_password(user: User, password: str, *, must_change: bool = False, keep_session: str | None = None) -> None:
    """Store a new password and end the other sessions of the account. Raises ``Invalid`` for a weak one."""
    check_strength(password, user.username)
    user.password = hashed(password)
    user.password_changed_at = utcnow()
    user.must_change_password = must_change
    user.fail_login_count = 0
    user.locked_until = None
    revoke_user(user.id, keep=keep_session)


def confirm_own_password(actor: Actor, current: str) -> None:
    """Make sure that the actor knows his password: a signed-in browser left alone is nobody's proof.

    A wrong one counts towards the lock as at the sign-in, and is kept whatever becomes of the caller's work. Raises
    ``Invalid`` for a wrong one, and for any while the account is locked.
    """
    if actor.user_id is None:
        raise NoActor
    user = db.session.get_one(User, actor.user_id, populate_existing=True)
    now = utcnow()
    fits, locked = check_password_hash(user.password or _NOBODY, current), _is_locked(user, now)
    if fits and not locked:
        return
    account = User.__table__
    with unit_of_work():
        failed = sa.update(account).where(account.c.id == actor.user_id).values(_one_failure_more(now, locked=locked))
        db.session.execute(failed)
        detail = {"locked": True} if locked else {}
        audit.record(
            actor, "password_check", object_type="user", object_id=actor.user_id, detail=detail, result="failed"
        )
    if locked:
        raise Invalid(
            Label("密码输错次数过多，请十分钟后再试。", "Too many wrong passwords. Try again in ten minutes."),
            code="locked",
        )
    raise Invalid(Label("当前密码不正确。", "The present password is not right."), code="wrong_password")


def change_own_password(actor: Actor, new: str) -> None:
    """Replace the actor's own password, which he has given just now. Other sessions end."""
    if actor.user_id is None:
        raise NoActor
    user = db.session.get_one(User, actor.user_id)
    set_password(user, new, keep_session=actor.session_id)
    audit.record(actor, "password_changed", object_type="user", object_id=user.id)
