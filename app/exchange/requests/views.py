"""The pages of requests to export in plain: ask, see how they stand, decide, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.builder.service import definition, forms_for, head
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, DomainError, Invalid, language
from app.exchange import service
from app.exchange.exporting.asking import LONGEST_PURPOSE, Spec
from app.exchange.exporting.manifest import filter_in_words
from app.exchange.models import RESOURCE
from app.exchange.requests import asking, deciding, page
from app.extensions import appbuilder
from app.records.labels import moment
from app.records.lists import listing
from app.records.lists.filter_rows import read_query
from app.records.projection.tables import form_table
from app.records.reading.show_page import foreign

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue


class ExportRequestsView(BaseView):  # type: ignore[misc]
    """导出申请."""

    route_base = "/export-requests"
    class_permission_name = "export_requests"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List what waits for the actor, his own requests and, where he may see them, those of others."""
        actor, lang = current_actor(), language()
        waiting = deciding.waiting(actor)
        known = {one.id for one in waiting}
        others = [one for one in deciding.of_others(actor) if one.id not in known]
        drawn = self.render_template(
            "exchange/requests.html",
            title=gettext("导出申请"),
            waiting=page.lines(waiting, lang),
            mine=page.lines(deciding.own(actor), lang),
            others=page.lines(others, lang),
            decides=actor.can(RESOURCE, "A"),
            sees=actor.can(RESOURCE, "V"),
            asks=bool(forms_for(actor, "E")),
            states=page.STATES,
            moment=moment,
        )
        return str(drawn)

    @expose("/new/<form>", methods=["GET"])
    def ask(self, form: str) -> ResponseReturnValue:
        """Say what would be taken along in plain, and ask for it."""
        return self._asking(form, {"days": str(asking.default_days())}, [])

    @expose("/new/<form>", methods=["POST"])
    def start(self, form: str) -> ResponseReturnValue:
        """Ask for an export in plain."""
        require(current_actor(), head(form).resource, "E")
        query, sent = read_query(request.args, definition(form)), request.form
        spec = {
            "format": "xlsx",
            "filter": query.filters,
            "q": query.q,
            "columns": sent.getlist("column") or None,
            "purpose": sent.get("purpose", ""),
            "subtables": sent.get("subtables", "sheets"),
        }
        days = sent.get("days", "").strip()
        try:
            with unit_of_work():
                number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
                found = asking.ask(current_actor(), form, spec, number)
        except (Invalid, BadRequest, Conflict) as error:
            return self._asking(form, sent, [error])
        return redirect(f"/export-requests/{found.id}")

    def _asking(self, form: str, sent: Any, wrong: list[DomainError]) -> ResponseReturnValue:
        actor, lang = current_actor(), language()
        require(actor, head(form).resource, "E")
        table, query = form_table(form), read_query(request.args, definition(form))
        everything = Spec(filters=tuple(query.filters), q=query.q)
        plain = asking.in_plain(actor, table, everything)
        opened = {path.partition(".")[0] for path in plain}
        chosen = set(sent.getlist("column")) if hasattr(sent, "getlist") else set()
        told = {problem.field: problem.message.get(lang) for error in wrong for problem in error.errors}
        drawn = self.render_template(
            "exchange/ask.html",
            title=gettext("申请导出明文"),
            base=f"/records/{form}",
            form_key=form,
            form_title=table.definition.title.get(lang),
            form_lang=foreign(table.definition.title, lang),
            query=request.query_string.decode(),
            filter=filter_in_words(table, everything, lang),
            rows=listing.count(actor, form, q=query.q, filters=query.filters),
            plain=page.column_names(table, plain, lang),
            columns=[
                (item.key, item.label.get(lang), foreign(item.label, lang), item.key in opened, item.key in chosen)
                for item in table.definition.fields
                if table.compiled.by_path[item.key].type.stores
            ],
            chosen=bool(chosen),
            subtables=bool(table.definition.subtables),
            sent=sent,
            told=told,
            wrong=[error.message.get(lang) for error in wrong if not error.errors],
            longest=LONGEST_PURPOSE,
            most_days=asking.MOST_DAYS,
        )
        return str(drawn), wrong[0].status if wrong else 200

    @expose("/<request_id>", methods=["GET"])
    def show(self, request_id: str) -> ResponseReturnValue:
        """Show a request and what can be done about it."""
        return self._show(request_id)

    def _show(self, request_id: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        drawn = self.render_template(
            "exchange/request.html",
            title=gettext("导出申请"),
            moment=moment,
            wrong=wrong,
            note=request.form.get("note", ""),
            longest=deciding.LONGEST_NOTE,
            **page.request_values(current_actor(), deciding.request_of(request_id), language()),
        )
        return str(drawn), status

    @expose("/<request_id>", methods=["POST"])
    def act(self, request_id: str) -> ResponseReturnValue:
        """Approve, refuse, withdraw or export."""
        actor, do = current_actor(), request.form.get("do")
        found = deciding.request_of(request_id)
        try:
            with unit_of_work():
                if do == "export":
                    started = service.start_export(actor, found.form_key, {"request": request_id})
                    return redirect(f"/jobs/{started.job_id}")
                if do == "withdraw":
                    deciding.withdraw(actor, request_id)
                elif do in {"approve", "refuse"}:
                    deciding.decide(actor, request_id, approve=do == "approve", note=request.form.get("note", ""))
                else:
                    raise BadRequest
        except (Conflict, Invalid) as error:
            return self._show(request_id, error.message.get(language()), error.status)
        return redirect(f"/export-requests/{request_id}")


def init_app(_app: Flask) -> None:
    """Register the screens."""
    screens.register("export_requests", screens.signed_in)
    appbuilder.add_view_no_menu(ExportRequestsView())
