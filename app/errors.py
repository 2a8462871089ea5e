"""Errors that a user can cause, and how they are answered.

A service raises a :class:`DomainError`; the API answers it as ``application/problem+json`` (RFC 9457),
the web as a page. Anything else is our own fault: it is logged with an id, and only the id is shown.
"""

from __future__ import annotations

import errno
import logging
import secrets
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from flask import current_app, jsonify, redirect, render_template, request
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError

from app.access.actor import NoActor
from app.database import db
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from forms.answers.problems import Problem

log = logging.getLogger(__name__)

LEGACY_ENGINES = ("MSIE ", "Trident/")


class DomainError(Exception):
    """A request that cannot be fulfilled, for a reason that its sender can understand.

    :param message: the sentence for the reader, in both languages.
    :param code: a word for programs.
    :param errors: what is wrong with which field.
    :param data: further members of the answer (``theirs``, ``conflicts``, ``lock_version``).
    """

    status: ClassVar[int] = 400

    def __init__(
        self, message: Label | None = None, *, code: str = "", errors: Sequence[Problem] = (), **data: Any
    ) -> None:
        self.message = message or self.default()
        self.code = code or type(self).__name__.lower()
        self.errors = tuple(errors)
        self.data = data
        super().__init__(self.message.zh)

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label("请求有误。", "The request cannot be understood.")


class BadRequest(DomainError):
    """The request is malformed or asks for what does not exist on this resource."""


class NotAllowed(DomainError):
    """The actor may never do this kind of thing."""

    status = 403

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label("您没有此项权限。如需办理，请联系本单位管理员。", "You may not do this. Ask your administrator.")


class NotFound(DomainError):
    """It does not exist, or belongs to somebody else: the answer is the same."""

    status = 404

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label(
            "没有找到。它可能不存在，或不在您的范围内。", "Not found: it does not exist, or not within your scope."
        )


class Conflict(DomainError):
    """Somebody else was faster, or the state does not allow it any more."""

    status = 409

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label("该记录已被他人修改，请核对后再保存。", "Somebody else changed this. Compare, then save again.")


class TooMany(DomainError):
    """It was tried too often in a short time."""

    status = 429

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label("操作过于频繁，请过十分钟再试。", "Too many attempts. Try again in ten minutes.")


class Invalid(DomainError):
    """The content does not pass its checks."""

    status = 422

    @classmethod
    def default(cls) -> Label:
        """Return the sentence used when none is given."""
        return Label("请先改正标出的内容。", "Please mend what is marked first.")


def language() -> str:
    """Return the language of this request: ``zh`` or ``en``."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def wants_problem() -> bool:
    """Tell whether this request is answered as a problem document rather than as a page."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def problem(status: int, title: str, *, errors: Sequence[Problem] = (), **members: Any) -> ResponseReturnValue:
    """Return a problem document."""
    lang = language()
    found = [error.as_dict(lang) for error in errors]
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": " ".join(dict.fromkeys(str(error["message"]) for error in found[:3])) or title,
        "errors": found,
        **members,
    }
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def page(status: int, title: str, detail: str = "", error_id: str = "") -> ResponseReturnValue:
    """Return an error page."""
    return render_template("errors/error.html", status=status, title=title, detail=detail, error_id=error_id), status


def _domain(error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    title = error.message.get(language())
    if wants_problem():
        return problem(error.status, title, errors=error.errors, code=error.code, **error.data)
    return page(error.status, title, " ".join(item.message.get(language()) for item in error.errors))


def _no_actor(_error: NoActor) -> ResponseReturnValue:
    db.session.rollback()
    if wants_problem():
        return problem(401, gettext("请先登录。"), code="not_signed_in")
    return redirect("/login/?next=" + quote(request.path))


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer an error of the protocol."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    status = error.code or 500
    if isinstance(error, SecurityError):
        # A host name that is not ours: there is no address that a page could be drawn with.
        return "Bad Request", status, {"Content-Type": "text/plain"}
    titles = {
        400: gettext("请求有误。"),
        401: gettext("请先登录。"),
        403: NotAllowed.default().get(language()),
        404: NotFound.default().get(language()),
        405: gettext("此地址不支持这种操作。"),
        413: gettext("上传的文件太大。"),
        415: gettext("不支持这种内容类型。"),
        429: gettext("操作过于频繁，请稍后再试。"),
    }
    title = titles.get(status) or gettext("请求未能完成。")
    if isinstance(error, CSRFError):
        title = gettext("页面已过期，请刷新后重试；已填写的内容请先复制保存。")
    if wants_problem():
        code = "csrf" if isinstance(error, CSRFError) else error.name.lower().replace(" ", "_")
        return problem(status, title, code=code)
    return page(status, title)


NO_ROOM = Label(
    "服务器存储空间已满，这次没有保存。请联系管理员清理后再试。",
    "The server has run out of storage; nothing was saved. Ask your administrator to make room, then try again.",
)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def no_room(error: BaseException) -> bool:
    """Tell whether an error is that of a full disk, or of a library or database that has met one."""
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, OSError) and one.errno in _FULL:
            return True
        if isinstance(one, DBAPIError) and ("disk is full" in str(one.orig) or _sqlstate(one) == "53100"):
            return True
        one = one.__cause__ or one.__context__
    return False


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


def _unexpected(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    error_id = secrets.token_hex(6)
    log.error("unexpected error %s on %s %s", error_id, request.method, request.url_rule, exc_info=error)
    if no_room(error):
        if wants_problem():
            return problem(507, NO_ROOM.get(language()), id=error_id, code="no_room")
        return page(507, NO_ROOM.get(language()), error_id=error_id)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    title = gettext("系统出错，我们已记录。请把错误编号告诉管理员。")
    if wants_problem():
        return problem(500, title, id=error_id, code="internal")
    return page(500, title, error_id=error_id)


def _refuse_legacy_engine() -> ResponseReturnValue | None:
    agent = request.headers.get("User-Agent", "")
    if any(mark in agent for mark in LEGACY_ENGINES) and not request.path.startswith("/static/"):
        return render_template("errors/legacy.html"), 200
    return None


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(NoActor, _no_actor)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, _unexpected)
    app.before_request(_refuse_legacy_engine)
