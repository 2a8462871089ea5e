"""Sign-in and sign-out, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_babel import gettext, lazy_gettext
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user, login_user, logout_user
from jwt.exceptions import PyJWTError

from app.access.actor import NoActor, current_actor, forget_actor
from app.api import schema
from app.database import db, utcnow
from app.errors import TooMany, http_error, language, problem, wants_problem
from app.identity.models import Organization, Post, RoleDefinition, User
from app.identity.resuming import carried, resume_page, sent
from app.identity.sessions import digest, open_row, update_row

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from flask_wtf.csrf import CSRFError

    from app.identity.resuming import Kept
    from app.identity.sessions import BureauSession


def safe_target(target: str | None) -> str:
    """Return the path of *target* if that is on this site, else the start page."""
    if any(character < " " for character in target or ""):
        # Browsers leave tabs and line breaks out of an address: what is left may lead elsewhere.
        return "/"
    try:
        parts = urlsplit(target or "")
    except ValueError:
        return "/"
    if parts.scheme in {"http", "https"} and parts.netloc == request.host:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return "/"


def demo_accounts() -> list[dict[str, str]]:
    """Return the demo accounts for the sign-in page; none outside demo mode."""
    if not current_app.config["DEMO_MODE"]:
        return []
    rows = db.session.execute(
        sa.select(User.username, RoleDefinition.name_zh, RoleDefinition.name_en, Organization.name)
        .join(Post, Post.user_id == User.id)
        .join(RoleDefinition, RoleDefinition.key == Post.role)
        .join(Organization, Organization.id == Post.organization_id)
        .where(User.is_demo, User.active)
        .order_by(User.id, Post.id)
    )
    return [{"username": row[0], "role_zh": row[1], "role_en": row[2], "organization": row[3]} for row in rows]


class BureauAuthView(AuthDBView):  # type: ignore[misc]
    """The sign-in page, and sign-out by POST."""

    title = lazy_gettext("登录")
    invalid_login_message = lazy_gettext("用户名或密码不正确，或账号已被临时锁定。连续失败 5 次将锁定 10 分钟。")

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> ResponseReturnValue:
        """Show the form, or sign in and go where the visitor wanted to."""
        target = safe_target(request.args.get("next"))
        if _acting():
            return redirect(target)
        form, kept = LoginForm_db(), carried()
        status = 200
        if form.validate_on_submit():
            try:
                user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            except TooMany as error:
                flash(error.message.get(language()), "warning")
                return sign_in_page(form, kept), error.status
            if user is not None:
                sign_in(user)
                if kept is not None and not user.must_change_password:
                    return resume_page(kept)
                return redirect("/account/password" if user.must_change_password else target)
            flash(gettext("用户名或密码不正确，或账号已被临时锁定。连续失败 5 次将锁定 10 分钟。"), "warning")
            status = 401
        return sign_in_page(form, kept), status

    @expose("/logout/", methods=["POST"])
    def logout(self) -> ResponseReturnValue:
        """End this session for good."""
        user = db.session.get(User, int(current_user.get_id())) if current_user.is_authenticated else None
        if user is not None:
            self.appbuilder.sm.on_user_logout(user)
        logout_user()
        session.clear()
        forget_actor()
        return redirect("/login/")


def sign_in_page(form: LoginForm_db, kept: Kept | None = None) -> str:
    """Return the sign-in page; it carries on what was typed before."""
    template = "appbuilder/general/security/login_db.html"
    return render_template(template, form=form, kept=kept, demo_accounts=demo_accounts())


def outlived(error: CSRFError) -> ResponseReturnValue:
    """Answer a post whose token does not hold: what was typed waits for its sender to sign in again, or to confirm."""
    kept = None if wants_problem() else sent()
    if kept is None:
        return http_error(error)
    if not kept.account or _acting():
        return resume_page(kept), 400
    return sign_in_page(LoginForm_db(formdata=None), kept), 401


def _acting() -> bool:
    """Tell whether whoever is signed in may go on: the post of his session may have ended meanwhile."""
    try:
        current_actor()
    except NoActor:
        return False
    return True


def sign_in(user: User) -> None:
    """Bind the session to *user*; it gets a new secret when the response is sent."""
    locale = session.get("locale") or user.locale
    cast("BureauSession", session).begin_anew()
    login_user(user, remember=False)
    if locale:
        session["locale"] = locale
    forget_actor()


class BureauSecurityApi(SecurityApi):  # type: ignore[misc]
    """Tokens, each bound to a session row by the claim ``sid``."""

    @expose("/login", methods=["POST"])
    def login(self) -> ResponseReturnValue:
        """Exchange user name and password for a token.
        ---
        post:
          responses:
            200:
              description: the token
            401:
              description: refused
            429:
              description: too many user names have failed from this address
        """  # noqa: D205 - apispec reads what follows the dashes
        body = schema.read_body(schema.LOGIN_BODY)
        user = self.appbuilder.sm.auth_user_db(body["username"], body["password"])
        if user is None:
            return problem(401, str(BureauAuthView.invalid_login_message), code="login_failed")
        if user.must_change_password:
            return problem(403, gettext("首次登录须先在网页上修改密码。"), code="must_change_password")
        db.session.commit()
        sid = digest(open_row("api", user.id, None, {}))
        claims = {"sid": sid}
        tokens = {"access_token": create_access_token(str(user.id), fresh=True, additional_claims=claims)}
        if body.get("refresh"):
            tokens["refresh_token"] = create_refresh_token(str(user.id), additional_claims=claims)
        return tokens, 200

    @expose("/refresh", methods=["POST"])
    def refresh(self) -> ResponseReturnValue:
        """Exchange a refresh token for an access token of the same session.
        ---
        post:
          responses:
            200:
              description: the token
        """  # noqa: D205 - apispec reads what follows the dashes
        claims = _claims(refresh=True)
        return {"access_token": create_access_token(claims["sub"], additional_claims={"sid": claims["sid"]})}, 200

    @expose("/logout", methods=["POST"])
    def logout(self) -> ResponseReturnValue:
        """End the session of the token sent.
        ---
        post:
          responses:
            204:
              description: ended
        """  # noqa: D205 - apispec reads what follows the dashes
        claims = _claims()
        update_row(claims["sid"], revoked_at=utcnow())
        user = db.session.get(User, int(claims["sub"]))
        if user is not None:
            self.appbuilder.sm.on_user_logout(user)
        return "", 204


def _claims(*, refresh: bool = False) -> dict[str, Any]:
    """Return the claims of the token sent, whose session holds. Raises ``NoActor``."""
    try:
        verify_jwt_in_request(refresh=refresh)
    except (JWTExtendedException, PyJWTError) as error:
        raise NoActor from error
    claims: dict[str, Any] = get_jwt()
    return claims
