"""Against one password tried on many accounts: from one address only so many names fail to sign in within a time."""

from __future__ import annotations

from flask import current_app

from app import attempts, audit
from app.database import unit_of_work
from app.errors import TooMany
from app.identity.passwords import looked_up
from forms.labels import Label


def begin(address: str, username: str) -> attempts.Attempt | None:
    """Count a sign-in before it is tried; ``None`` where the configuration sets no limit. Raises ``TooMany``.

    Names count whether there is such an account or not. A whole office behind one address goes on: who signs in after
    all takes his name back, and a name that has failed is tried on until its account is locked.
    """
    most, span = current_app.config["SIGNIN_NAMES"], int(current_app.config["SIGNIN_SPAN"].total_seconds())
    if not most:
        return None
    try:
        return attempts.begin(attempts.Limit("sign-in", most, span), address, looked_up(username))
    except TooMany:
        with unit_of_work():
            audit.record(None, "login", object_type="user", detail={"too_many": True}, result="failed")
        minutes = span // 60
        time = f"{minutes} minute" + ("" if minutes == 1 else "s")
        text = Label(
            f"从这个网络地址登录失败的用户名过多，请过 {minutes} 分钟再试。",
            f"Too many user names have failed to sign in from this network address. Try again in {time}.",
        )
        raise TooMany(text, code="too_many") from None
