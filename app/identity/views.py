"""The screens of accounts: one's own password and identity, and the administration of others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, no_cache
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.database import unit_of_work
from app.errors import BadRequest, Invalid, language
from app.identity import delegation
from app.identity.passwords import change_own_password, confirm_own_password
from app.identity.security import switch_identity
from app.identity.service import identities, organization_names

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class OwnAccountView(BaseView):  # type: ignore[misc]
    """What everybody does to his own account."""

    route_base = "/account"
    class_permission_name = "own_account"

    @expose("/password", methods=["GET", "POST"])
    @has_access
    @no_cache
    def password(self) -> ResponseReturnValue:
        """Change the own password."""
        error, status = "", 200
        if request.method == "POST":
            new = request.form.get("new", "")
            try:
                if new != request.form.get("again", ""):
                    error, status = gettext("两次输入的新密码不一致。"), 422
                else:
                    confirm_own_password(current_actor(), request.form.get("current", ""))
                    with unit_of_work():
                        change_own_password(current_actor(), new)
                    flash(gettext("密码已修改，其他设备上的登录已退出。"), "success")
                    return redirect("/")
            except Invalid as problem:
                error, status = problem.message.get(language()), 422
        return self.render_template("identity/password.html", title=gettext("修改密码"), error=error), status

    @expose("/identity", methods=["GET", "POST"])
    @has_access
    def identity(self) -> ResponseReturnValue:
        """Choose the post in which to go on."""
        actor = current_actor()
        if request.method == "POST":
            switch_identity(_number(request.form.get("post_id")))
            return redirect("/")
        page: str = self.render_template(
            "identity/identity.html",
            language=language(),
            title=gettext("切换身份"),
            identities=identities(actor.user_id or 0),
            present=actor.post_id,
        )
        return page


class AccountsView(BaseView):  # type: ignore[misc]
    """Administration of other people's accounts, as far as delegated."""

    route_base = "/accounts"
    class_permission_name = "accounts"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        """List the accounts in scope."""
        actor = current_actor()
        search = request.args.get("q", "").strip()[:64]
        found = delegation.accounts(actor, search=search)
        page: str = self.render_template(
            "identity/accounts.html",
            title=gettext("账号"),
            accounts=found,
            names=organization_names({account.organization_id for account in found if account.organization_id}),
            q=search,
            may_open=actor.can(delegation.RESOURCE, delegation.ADMINISTER),
        )
        return page

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @no_cache
    def add(self) -> ResponseReturnValue:
        """Open an account and show its temporary password once."""
        actor = current_actor()
        require(actor, delegation.RESOURCE, delegation.ADMINISTER)
        error, status = "", 200
        if request.method == "POST":
            where = _number(request.form.get("organization_id"))
            try:
                with unit_of_work():
                    user, password = delegation.open_account(
                        actor,
                        username=_text("username", 64),
                        name=_text("name", 64),
                        mobile=request.form.get("mobile", "").strip()[:32],
                        organization_id=where,
                        posts=[(request.form.get("role", ""), where)],
                    )
                return self._show(user.id, password)
            except Invalid as problem:
                error, status = problem.message.get(language()), 422
        page = self.render_template(
            "identity/account_add.html",
            language=language(),
            title=gettext("新增账号"),
            organizations=delegation.organizations(actor),
            roles=delegation.roles_to_give(actor),
            suffix="" if delegation.gives_any_name(actor) else delegation.suffix(actor.organization_id or 0),
            error=error,
            posted=request.form,
        )
        return page, status

    @expose("/<int:user_id>", methods=["GET"])
    @has_access
    def show(self, user_id: int) -> ResponseReturnValue:
        """Show one account."""
        return self._show(user_id)

    def _show(self, user_id: int, password: str = "") -> ResponseReturnValue:
        actor = current_actor()
        posts = delegation.posts_of(user_id)
        held = {"organization_id": str(posts[0].organization_id), "role": posts[0].role} if posts else None
        page: str = self.render_template(
            "identity/account.html",
            posted=held,
            language=language(),
            title=gettext("账号"),
            account=delegation.account(actor, user_id),
            identities=identities(user_id),
            password=password,
            may_change=delegation.manageable(actor, user_id),
            organizations=delegation.organizations(actor),
            roles=delegation.roles_to_give(actor),
        )
        return page

    @expose("/<int:user_id>/posts", methods=["POST"])
    @has_access
    def posts(self, user_id: int) -> ResponseReturnValue:
        """Give exactly the posts sent: ``role`` and ``organization_id`` in pairs."""
        roles = request.form.getlist("role")
        places = [_number(value) for value in request.form.getlist("organization_id")]
        if len(roles) != len(places):
            raise BadRequest
        with unit_of_work():
            delegation.change_posts(current_actor(), user_id, list(zip(roles, places, strict=True)))
        flash(gettext("任职已保存。"), "success")
        return redirect(f"/accounts/{user_id}")

    @expose("/<int:user_id>/password", methods=["POST"])
    @has_access
    @no_cache
    def password(self, user_id: int) -> ResponseReturnValue:
        """Set a temporary password and show it once."""
        with unit_of_work():
            password = delegation.reset_password(current_actor(), user_id)
        return self._show(user_id, password)

    @expose("/<int:user_id>/lock", methods=["POST"])
    @has_access
    def lock(self, user_id: int) -> ResponseReturnValue:
        """Lock or unlock."""
        active = request.form.get("active") == "1"
        with unit_of_work():
            delegation.lock(current_actor(), user_id, active=active)
        flash(gettext("账号已启用。") if active else gettext("账号已停用。"), "success")
        return redirect(f"/accounts/{user_id}")


def _number(value: str | None) -> int:
    if value is None or not value.isascii() or not value.isdecimal() or len(value) > 10 or int(value) >= 2**31:
        raise BadRequest
    return int(value)


def _text(name: str, length: int) -> str:
    value = request.form.get(name, "").strip()
    if not value or len(value) > length:
        raise BadRequest
    return value


def register_screens() -> None:
    """Say who may open these screens."""
    change = dict.fromkeys(("add", "posts", "password", "lock"), delegation.ADMINISTER)
    screens.register("own_account", screens.signed_in)
    screens.register("accounts", screens.by_resource(delegation.RESOURCE, change))
