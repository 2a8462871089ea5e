"""The pages of a visitor: the code, the form, the thanks. They know nobody's account, even where one is signed in."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import flash, jsonify, make_response, redirect, request, send_file
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import Actor, Visit, acting_as
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, Invalid, NotFound, language
from app.extensions import appbuilder
from app.identity import resuming
from app.records import files
from app.records.entry.adding import add
from app.records.entry.changing import edit
from app.records.entry.desk import Desk
from app.records.entry.model import Urls
from app.records.writing import references
from app.visitors import arriving, attempts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.typing import ResponseReturnValue

COOKIE = "xqt_visit"
_FILL, _DONE = "/v/fill", "/v/done"

DESK = Desk(
    lambda _form_key, _record_id: Urls(_FILL, files="/v/files", lookup="/v/lookup/", file="/v/file/"),
    saved=lambda _form_key, _record_id: _FILL,
    done=lambda _form_key, _record_id: _DONE,
)


class VisitView(BaseView):  # type: ignore[misc]
    """免账号填报."""

    route_base = "/v"
    class_permission_name = "visit"
    default_view = "index"

    @expose("/", methods=["GET", "POST"])
    def index(self) -> ResponseReturnValue:
        """Ask for a code, or begin with the one that was sent."""
        if request.method == "GET":
            return self._ask("")
        sent = request.form.get("code", "")
        attempt = attempts.begin(request.remote_addr or "")
        try:
            with unit_of_work():
                arrival = arriving.open_visit(sent)
        except Invalid as error:
            return self._ask(sent, error.message.get(language()), resuming.carried()), error.status
        attempts.succeeded(attempt)
        kept = resuming.carried()
        response = make_response(redirect(_FILL) if kept is None else resuming.resume_page(kept))
        response.set_cookie(
            COOKIE,
            arrival.secret,
            max_age=arriving.LASTS,
            path="/v/",
            httponly=True,
            samesite="Strict",
            secure=request.is_secure,
        )
        return response

    @expose("/c/<code>", methods=["GET"])
    def arrive(self, code: str) -> ResponseReturnValue:
        """Show the code of a link or picture, to begin with by a button: a preview of the link must not."""
        return self._ask(code)

    def _ask(self, code: str, error: str = "", kept: resuming.Kept | None = None) -> str:
        values = {"title": gettext("填报"), "code": code[:60], "error": error, "kept": kept}
        return str(self.render_template("visitors/arrive.html", **values))

    @expose("/fill", methods=["GET", "POST"])
    def fill(self) -> ResponseReturnValue:
        """Fill the form of the code; what is handed in spends it."""
        try:
            with _visiting() as (actor, visit):
                if visit.record_id is None:
                    outcome = add(actor, visit.form_key, request, DESK)
                else:
                    outcome = edit(actor, visit.form_key, visit.record_id, request, DESK)
                if outcome.page is not None:
                    page = self.render_template(
                        "visitors/fill.html", page=outcome.page, organization=actor.organization_name, visit=visit
                    )
                    return page, outcome.status
        except Conflict as error:
            if error.code not in {"visit_code", "visit_begun"}:
                raise
            return self._ask("", error.message.get(language())), error.status
        except NotFound:
            kept = resuming.sent()
            return redirect("/v/") if kept is None else (self._ask("", kept=kept), 401)
        if outcome.address == _FILL:
            flash(outcome.message, "success")
        return redirect(outcome.address)

    @expose("/done", methods=["GET"])
    def done(self) -> ResponseReturnValue:
        """Thank."""
        response = make_response(self.render_template("visitors/done.html", title=gettext("已提交")))
        response.delete_cookie(COOKIE, path="/v/", httponly=True, samesite="Strict")
        return response

    @expose("/lookup/<path:field>", methods=["GET"])
    def lookup(self, field: str) -> ResponseReturnValue:
        """Find what a reference field of the form may name."""
        with _visiting() as (actor, visit):
            return jsonify(references.lookup(actor, visit.form_key, field, request.args.get("q", "").strip()[:50]))

    @expose("/files", methods=["POST"])
    def upload(self) -> ResponseReturnValue:
        """Keep an attachment; the record will name it when it is saved."""
        sent = request.files.get("file")
        with _visiting() as (actor, visit):
            if sent is None or not sent.filename:
                raise BadRequest
            with unit_of_work():
                kept = files.store(actor, visit.form_key, request.form.get("field", ""), sent.stream, sent.filename)
            return jsonify(id=kept.id, name=kept.name, size=kept.size), 201

    @expose("/file/<pk>", methods=["GET"])
    def file(self, pk: str) -> ResponseReturnValue:
        """Send an attachment of the visitor's own."""
        with _visiting() as (actor, _visit):
            with unit_of_work():
                kept = files.open_file(actor, pk)
            return send_file(
                files.path_of(kept), mimetype="application/octet-stream", as_attachment=True, download_name=kept.name
            )


@contextmanager
def _visiting() -> Iterator[tuple[Actor, Visit]]:
    """Act as the visitor of the request's cookie. Raises ``NotFound`` where no visit holds."""
    actor = arriving.actor_of(request.cookies.get(COOKIE, ""))
    if actor is None or actor.visit is None:
        raise NotFound
    with acting_as(actor):
        yield actor, actor.visit


def init_app(_app: Flask) -> None:
    """Register the pages."""
    appbuilder.add_view_no_menu(VisitView())
    resuming.keep("VisitView.fill", account=False)
