"""Our security manager: the framework's sign-in and hooks, decided by posts and grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, g, has_request_context, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_jwt_extended import get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from app import attempts, audit
from app.access import screens
from app.access.actor import Actor, NoActor, actor_for, actor_source, current_actor, forget_actor
from app.database import unit_of_work
from app.errors import NotFound
from app.identity import guarding, passwords
from app.identity.models import User
from app.identity.sessions import BureauSession, live, touch
from app.identity.signin import BureauAuthView, BureauSecurityApi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.identity.models import WebSession


class BureauSecurityManager(SecurityManager):  # type: ignore[misc]
    """Accounts, sign-in and ``has_access``; the framework's own role tables decide nothing here."""

    user_model = User
    authdbview = BureauAuthView
    security_api = BureauSecurityApi
    userstatschartview = None

    def __init__(self, appbuilder: Any) -> None:
        # A token lives as long as its session row, which every request checks.
        current_app.config.setdefault("JWT_ACCESS_TOKEN_EXPIRES", current_app.config["SESSION_LIFETIME"])
        current_app.config.setdefault("JWT_REFRESH_TOKEN_EXPIRES", current_app.config["SESSION_LIFETIME"])
        super().__init__(appbuilder)

    def register_views(self) -> None:
        """Register sign-in alone: the stock screens for users and roles let anybody there become Admin."""
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def auth_user_db(self, username: str, password: str) -> User | None:
        """Return the account that may sign in, or ``None``. Raises ``TooMany``: see :mod:`app.identity.guarding`."""
        if not username or not password or "\0" in username + password:
            return None
        attempt = guarding.begin(request.remote_addr or "" if has_request_context() else "", username)
        user = passwords.authenticate(username, password)
        if user is not None and attempt is not None:
            attempts.succeeded(attempt)
        return user

    def load_user_jwt(self, _header: dict[str, Any], claims: dict[str, Any]) -> User | None:
        """Return the account behind a token whose session still holds."""
        row = bearer_row(claims)
        if row is None:
            return None
        user: User | None = self.load_user(row.user_id)
        if user is not None:
            g.user = user
        return user

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Decide by the actor's grants, which are resolved once per request."""
        try:
            actor = current_actor()
        except NoActor:
            return False
        return screens.allowed(actor, permission_name, view_name)

    def is_item_public(self, _permission_name: str, _view_name: str) -> bool:
        """Nothing is public through the framework's tables."""
        return False

    def get_user_menu_access(self, menu_names: Iterable[str] | None = None) -> set[str]:
        """Return the menu items that the actor sees."""
        return {name for name in menu_names or () if self.has_access("menu_access", name)}

    def on_user_logout(self, user: User) -> None:
        """Note the sign-out."""
        with unit_of_work():
            audit.record(_actor_or_none(user), "logout", object_type="user", object_id=user.id)


def _actor_or_none(user: User) -> Actor | None:
    try:
        return actor_for(user.id)
    except NoActor:
        return None


def bearer_row(claims: dict[str, Any]) -> WebSession | None:
    """Return the live session row that a token names."""
    row_id = claims.get("sid")
    known = g.get("bearer")
    if known is None or known[0] != row_id:
        # Asked for by the framework's guard and by ours.
        known = g.bearer = row_id, live(row_id, "api") if isinstance(row_id, str) else None
    row = known[1]
    return row if row is not None and str(row.user_id) == str(claims.get("sub")) else None


def from_bearer() -> Actor | None:
    """Return the actor of the request's bearer token."""
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return None
    try:
        verify_jwt_in_request()
    except (JWTExtendedException, PyJWTError):
        return None
    row = bearer_row(get_jwt())
    if row is None:
        return None
    touch(row.id, row.seen_at)
    return _actor_of(row.user_id, row.post_id, row.id)


def from_cookie() -> Actor | None:
    """Return the actor of the request's session; a request that brings a token is judged by it alone."""
    if request.headers.get("Authorization") or not isinstance(session_object(), BureauSession):
        return None
    bureau = session_object()
    user_id = bureau.get("_user_id")
    if user_id is None:
        return None
    return _actor_of(int(user_id), bureau.post_id, bureau.row_id)


def session_object() -> BureauSession:
    """Return the session behind Flask's proxy."""
    bureau: BureauSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way
    return bureau


def _actor_of(user_id: int, post_id: int | None, row_id: str | None) -> Actor | None:
    try:
        return actor_for(user_id, post_id, session_id=row_id)
    except NoActor:
        return None


def switch_identity(post_id: int) -> Actor:
    """Go on in another post of the same account, for this session. Raises ``NotFound`` for one that does not hold."""
    actor = current_actor()
    if actor.user_id is None:
        raise NoActor
    try:
        other = actor_for(actor.user_id, post_id, session_id=actor.session_id)
    except NoActor:
        raise NotFound from None
    bureau = session_object()
    bureau.post_id = post_id
    bureau.modified = True
    forget_actor()
    with unit_of_work():
        audit.record(other, "identity_switched", object_type="post", object_id=post_id)
    return other


actor_source(from_bearer)
actor_source(from_cookie)
