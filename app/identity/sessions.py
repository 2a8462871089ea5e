"""Sessions in the database, so that sign-out, lock and a change of posts take effect at once.

A signed-in browser carries a random secret; the table holds its hash. A visitor who has not signed in
gets no row, only (when there is something to keep, such as the token of the sign-in form) a signed
cookie, which can never name a user. An API token names its row by a claim and dies with it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app, g
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from app.access import standing
from app.access.actor import Account
from app.builder.catalogue import note_stamp, published_stamp
from app.database import PLANNED_ONCE, aside, by_itself, db, utcnow
from app.identity.models import User, WebSession

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask, Request, Response

#: Marks a cookie that names a row; anything else must be a signed visitor's cookie.
_SERVER = "s."
#: The last request of a session is noted at most this often, to spare the database a write per page.
_TOUCH_SECONDS = 60
_VISITOR_SECONDS = 24 * 3600
#: The framework keeps the addresses of the last pages, search terms included; we do not.
_NEVER_KEPT = ("page_history",)
_USER_KEY = "_user_id"
#: What the next page tells (Flask's ``flash``) travels in a signed cookie of its own, worth nothing to another session:
#: a row that is written for every message and again when it was read would cost as much as what is told of.
_TOLD_KEY = "_flashes"
_TOLD_SECONDS = 600
#: A browser keeps 4,096 bytes of a cookie; what is longer goes into the row.
_LONGEST_TOLD = 3_000


def digest(secret: str) -> str:
    """Return the id of the row that *secret* opens."""
    return hashlib.sha256(secret.encode()).hexdigest()


class BureauSession(CallbackDict[str, Any], SessionMixin):
    """The session of one request."""

    def __init__(self, initial: dict[str, Any] | None = None, *, row: Any = None) -> None:
        def changed(_self: object) -> None:
            self.modified = True

        super().__init__(initial or {}, changed)
        self.modified = False
        self.new = row is None
        self.row_id = row.id if row else None
        self.post_id = row.post_id if row else None
        self.seen_at: datetime | None = row.seen_at if row else None
        #: What there was to tell when the request came, and whether it came from the row.
        self.told = list(self.get(_TOLD_KEY, ()))
        self.told_by_row = row is not None and _TOLD_KEY in row.data

    def begin_anew(self) -> None:
        """Forget everything; what this session was in the database ends, and its secret with it."""
        self.clear()
        if self.row_id is not None:
            update_row(self.row_id, revoked_at=utcnow(), data={})
        self.row_id = self.post_id = self.seen_at = None
        self.modified = self.new = True

    def __setitem__(self, key: str, value: Any) -> None:
        before = self.modified
        if key not in _NEVER_KEPT:
            super().__setitem__(key, value)
        if key == _TOLD_KEY:
            self.modified = before

    def pop(self, key: str, *default: Any) -> Any:
        """Take a value out; what is told leaves the row as it is."""
        before = self.modified
        found = super().pop(key, *default)
        if key == _TOLD_KEY:
            self.modified = before
        return found


_session, _account = WebSession.__table__, User.__table__
#: Every request asks for the account next, and for the stamps of what is kept in memory: one question instead of four.
_LIVE = (
    sa.select(
        _session,
        *(_account.c[name] for name in ("active", "must_change_password", "mobile", "first_name", "last_name")),
        published_stamp().label("published"),
        standing.access_stamp().label("standing"),
    )
    .join(_account, _account.c.id == _session.c.user_id)
    .where(_session.c.id == sa.bindparam("row_id"))
    .execution_options(**{PLANNED_ONCE: True})
)


def live(row_id: str, kind: str) -> Any:
    """Return the row if it still holds: not revoked, not idle too long, not older than a working day."""
    # Over the connection: there is nothing in it for the session to load or to scope.
    with by_itself() as connection:
        row = connection.execute(_LIVE, {"row_id": row_id}).first()
    if row is None:
        return None
    note_stamp(row.published)
    standing.note_stamp(row.standing)
    if row.kind != kind or row.revoked_at is not None:
        return None
    now = utcnow()
    config = current_app.config
    if now - row.seen_at > config["SESSION_IDLE"] or now - row.created_at > config["SESSION_LIFETIME"]:
        return None
    g.session_account = Account(
        row.user_id, f"{row.last_name}{row.first_name}", row.active, row.must_change_password, row.mobile
    )
    return row


def open_row(kind: str, user_id: int, post_id: int | None, data: dict[str, Any]) -> str:
    """Store a new session at once, on a connection of its own; return its secret."""
    secret = secrets.token_urlsafe(32)
    now = utcnow()
    values = {"id": digest(secret), "kind": kind, "user_id": user_id, "post_id": post_id}
    with aside() as connection:
        connection.execute(sa.insert(WebSession.__table__).values(**values, created_at=now, seen_at=now, data=data))
    return secret


def update_row(row_id: str, **values: Any) -> None:
    """Change a session at once, on a connection of its own: a request that fails keeps its sign-out."""
    table = WebSession.__table__
    with aside() as connection:
        connection.execute(sa.update(table).where(table.c.id == row_id).values(**values))


def touch(row_id: str, seen_at: datetime) -> None:
    """Note that a session is in use, last noted at *seen_at*."""
    if (utcnow() - seen_at).total_seconds() <= _TOUCH_SECONDS:
        return
    try:
        update_row(row_id, seen_at=utcnow())
    except OperationalError:
        # Somebody writes much (an import, on SQLite): the next request notes it, this one is to be answered.
        current_app.logger.info("a session's use could not be noted now")


def revoke_user(user_id: int, *, keep: str | None = None) -> None:
    """End every session of a user except *keep*, inside the present unit of work."""
    db.session.execute(
        sa.update(WebSession)
        .where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None), WebSession.id != (keep or ""))
        .values(revoked_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def purge(before: datetime) -> int:
    """Delete sessions last used before a moment; return how many."""
    result = db.session.execute(
        sa.delete(WebSession).where(WebSession.seen_at < before).execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


class BureauSessions(SessionInterface):
    """Opens and saves :class:`BureauSession`."""

    session_class = BureauSession

    def _serializer(self, app: Flask) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="visitor-session")

    def open_session(self, app: Flask, request: Request) -> BureauSession:
        """Return the session that the cookie names, or an empty one."""
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        if not cookie or request.path.startswith("/static/") or request.path == "/healthz":
            return BureauSession()
        if cookie.startswith(_SERVER):
            row = live(digest(cookie.removeprefix(_SERVER)), "web")
            if row is None:
                return BureauSession()
            told = self._told(app, request, row.id)
            return BureauSession({**row.data, **told, _USER_KEY: str(row.user_id)}, row=row)
        try:
            data = self._serializer(app).loads(cookie, max_age=_VISITOR_SECONDS)
        except BadSignature:
            return BureauSession()
        return BureauSession({key: value for key, value in data.items() if key != _USER_KEY})

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed; set or delete the cookie."""
        assert isinstance(session, BureauSession)  # noqa: S101 - made by open_session
        data = {key: value for key, value in session.items() if key not in _NEVER_KEPT}
        user_id = data.pop(_USER_KEY, None)
        told = [(category, str(message)) for category, message in data.pop(_TOLD_KEY, ())]
        retold = told != [tuple(item) for item in session.told]
        if session.row_id is None:
            if user_id is None:
                if session.modified or retold:
                    self._visitor(app, {**data, _TOLD_KEY: told} if told else data, response)
                return
            if not session.modified:
                return
            # A new secret, and nothing of the visitor's cookie, which others may know: signing in began anew.
            secret = open_row("web", int(user_id), session.post_id, data)
            self._cookie(app, response, _SERVER + secret)
            if told:
                self._cookie(app, response, self._sealed(app, digest(secret), told), self._told_name(app))
            return
        if user_id is None:
            update_row(session.row_id, revoked_at=utcnow(), data={})
            self._delete(app, response)
            return
        text = self._sealed(app, session.row_id, told) if told else ""
        if len(text) > _LONGEST_TOLD:
            text, data[_TOLD_KEY] = "", told
        if retold and text:
            self._cookie(app, response, text, self._told_name(app))
        elif retold:
            self._delete(app, response, self._told_name(app))
        if session.modified or (retold and (session.told_by_row or _TOLD_KEY in data)):
            update_row(session.row_id, data=data, post_id=session.post_id, seen_at=utcnow())
        elif session.seen_at:
            touch(session.row_id, session.seen_at)
        response.vary.add("Cookie")

    def _told(self, app: Flask, request: Request, row_id: str) -> dict[str, Any]:
        """Return what is to be told to the session of a row."""
        cookie = request.cookies.get(self._told_name(app))
        if not cookie:
            return {}
        try:
            return {_TOLD_KEY: self._told_serializer(app, row_id).loads(cookie, max_age=_TOLD_SECONDS)}
        except BadSignature:
            return {}

    def _sealed(self, app: Flask, row_id: str, told: list[tuple[str, str]]) -> str:
        return str(self._told_serializer(app, row_id).dumps(told))

    def _told_name(self, app: Flask) -> str:
        return f"{self.get_cookie_name(app)}_told"

    def _told_serializer(self, app: Flask, row_id: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(app.config["SECRET_KEY"], salt=f"told:{row_id}")

    def _visitor(self, app: Flask, data: dict[str, Any], response: Response) -> None:
        if data:
            self._cookie(app, response, str(self._serializer(app).dumps(data)))
        else:
            self._delete(app, response)

    def _cookie(self, app: Flask, response: Response, value: str, name: str = "") -> None:
        response.set_cookie(
            name or self.get_cookie_name(app),
            value,
            httponly=True,
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app) or "Lax",
            path=self.get_cookie_path(app),
        )
        response.vary.add("Cookie")

    def _delete(self, app: Flask, response: Response, name: str = "") -> None:
        response.delete_cookie(
            name or self.get_cookie_name(app),
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app) or "Lax",
            httponly=True,
        )
        response.vary.add("Cookie")
