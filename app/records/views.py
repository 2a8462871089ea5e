"""The screens of every form: one generic view at ``/records/<form>/``.

Flask registers no routes at run time, so the form's key is a part of the address; it is taken out of the address
once per request, and put back into every address that is built. What is shown comes from the definition; what is
written goes through the services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask import Blueprint, flash, g, jsonify, redirect, request, send_file
from flask_appbuilder import expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import resource_allows
from app.access.views import BureauModelView
from app.builder.service import definition, head, workflow_of
from app.database import unit_of_work
from app.errors import BadRequest, Invalid, NotAllowed, language
from app.extensions import appbuilder
from app.identity.resuming import keep
from app.records import files, service
from app.records.addressing import of_a_form
from app.records.entry.adding import add
from app.records.entry.autosaving import autosave
from app.records.entry.changing import edit, refused
from app.records.entry.drawing import paper
from app.records.entry.renderer import posted_lock
from app.records.entry.whose import offer
from app.records.lists import listing
from app.records.lists.filter_rows import read_query
from app.records.lists.page import ListPage, field_columns
from app.records.lists.summary import sees_aggregates_alone, summary
from app.records.lists.summary_page import shown
from app.records.models import Record
from app.records.projection.tables import form_table
from app.records.reading import change_page, record_page
from app.records.reading.show_page import foreign
from app.records.versions.newer import new_version
from app.records.writing import duplicates, references
from app.workflow import service as workflow

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.records.entry.desk import Outcome

#: The actions, one of which a route needs on the form's resource; the services decide about the record.
NEEDED = {"add": "C", "whose": "C", "edit": "U", "void": "D", "upload": "CU", "distinct": "A"}


def _authorise() -> None:
    """Refuse who may never do this kind of thing on this form; an unknown form is not found."""
    actor = current_actor()
    needed = NEEDED.get((request.endpoint or "").rpartition(".")[2], "V")
    if not any(resource_allows(actor, head(g.form_key).resource, action) for action in needed):
        raise NotAllowed


class RecordView(BureauModelView):
    """List, show, add, edit, history and verbs of a form's records."""

    datamodel = SQLAInterface(Record)
    route_base = "/records/<form>"
    class_permission_name = "records"
    screen = screens.signed_in
    search_columns = ["id"]  # noqa: RUF012 - the framework reads it from instances
    add_columns: ClassVar[list[str]] = ["id"]
    edit_columns: ClassVar[list[str]] = ["id"]
    include_route_methods: ClassVar[set[str] | None] = {
        "list", "summary", "show", "add", "edit", "history", "void", "distinct", "act", "reveal", "paper", "lookup",
        "draft", "upload", "file", "whose",
    }  # fmt: skip

    def create_blueprint(self, *arguments: Any, **options: Any) -> Any:
        """Let the blueprint carry the form's key."""
        return of_a_form(super().create_blueprint(*arguments, **options), _authorise)

    @expose("/list", methods=["GET"])
    def list(self) -> ResponseReturnValue:
        """Show a page of the records in scope; what the address asks for wrongly is said above an empty list."""
        actor, table = current_actor(), form_table(g.form_key)
        if sees_aggregates_alone(actor, table.resource):
            return redirect(f"/records/{g.form_key}/summary")
        query = read_query(request.args, table.definition)
        problem = ""
        try:
            found = listing.page(actor, g.form_key, query, columns=field_columns(table.definition))
        except BadRequest as error:
            found, problem = listing.NOTHING, error.message.get(language())
        page = ListPage(
            actor,
            table,
            workflow=workflow_of(table.definition),
            arguments=request.args,
            found=found,
            query=query,
            lang=language(),
            problem=problem,
        )
        text = self.render_template("records/list.html", title=page.title, page=page)
        return text, 400 if problem else 200

    @expose("/summary", methods=["GET"])
    def summary(self) -> ResponseReturnValue:
        """Show the aggregates to those who see no single record."""
        actor, form, lang = current_actor(), definition(g.form_key), language()
        found = summary(actor, g.form_key, request.args.get("group", ""))
        return str(self.render_template("records/summary.html", title=form.title.get(lang), **shown(form, found, lang)))

    @expose("/show/<pk>", methods=["GET"])
    def show(self, pk: str) -> ResponseReturnValue:
        """Show a record."""
        return self._shown(pk)

    def _shown(self, pk: str, revealed: tuple[str, ...] = ()) -> ResponseReturnValue:
        actor = current_actor()
        view = service.read(actor, g.form_key, pk, reveal=revealed)
        values = record_page.show(actor, g.form_key, view, workflow.available(actor, g.form_key, view))
        notice = new_version(actor, g.form_key, view)
        return str(self.render_template("records/show.html", tab="show", new_version=notice, **values))

    @expose("/print/<pk>", methods=["GET"])
    def paper(self, pk: str) -> ResponseReturnValue:
        """Show the print sheet of a record."""
        view = service.read(current_actor(), g.form_key, pk)
        return str(self.render_template("records/paper.html", page=paper(current_actor(), view)))

    @expose("/history/<pk>", methods=["GET"])
    def history(self, pk: str) -> ResponseReturnValue:
        """Show what was changed, by whom, when."""
        actor = current_actor()
        view = service.read(actor, g.form_key, pk)
        values = change_page.history(actor, g.form_key, view, service.revisions(actor, g.form_key, pk))
        return str(self.render_template("records/history.html", tab="history", **values))

    @expose("/reveal/<pk>", methods=["POST"])
    def reveal(self, pk: str) -> ResponseReturnValue:
        """Show chosen personal fields in plain text, once; the audit keeps the reason."""
        fields, reason = tuple(request.form.getlist("field")), request.form.get("reason", "").strip()
        if not fields or not reason:
            flash(gettext("请选择要查看的内容并填写原因。"), "warning")
            return redirect(f"/records/{g.form_key}/show/{pk}")
        with unit_of_work():
            service.reveal(current_actor(), g.form_key, pk, fields, reason)
        return self._shown(pk, fields)

    @expose("/add", methods=["GET", "POST"])
    def add(self) -> ResponseReturnValue:
        """Fill a new record."""
        return self._entry(add(current_actor(), g.form_key, request))

    @expose("/for", methods=["GET"])
    def whose(self) -> ResponseReturnValue:
        """Ask for whom a new record is filled."""
        found, lang = offer(current_actor(), g.form_key, request.args.get("q", "")), language()
        if found is None:
            return redirect(f"/records/{g.form_key}/add")
        title = gettext("为哪个单位填报")
        heading = {"form_title": found.form.title.get(lang), "form_lang": foreign(found.form.title, lang)}
        base = f"/records/{g.form_key}"
        return str(self.render_template("records/whose.html", title=title, offer=found, base=base, **heading))

    @expose("/edit/<pk>", methods=["GET", "POST"])
    def edit(self, pk: str) -> ResponseReturnValue:
        """Change a record."""
        return self._entry(edit(current_actor(), g.form_key, pk, request))

    def _entry(self, outcome: Outcome) -> ResponseReturnValue:
        if outcome.page is None:
            if outcome.message:
                flash(outcome.message, "success")
            return redirect(outcome.address)
        return self.render_template("records/entry.html", page=outcome.page), outcome.status

    @expose("/draft/<pk>", methods=["POST"])
    def draft(self, pk: str) -> ResponseReturnValue:
        """Save what was changed since the last time, without leaving the page."""
        answer, status = autosave(current_actor(), g.form_key, pk, request.get_json(silent=True))
        return jsonify(answer), status

    @expose("/void/<pk>", methods=["POST"])
    def void(self, pk: str) -> ResponseReturnValue:
        """Declare a record void."""
        with unit_of_work():
            service.void(
                current_actor(), g.form_key, pk, request.form.get("reason", "").strip(), lock_version=lock_of_post()
            )
        flash(gettext("已作废。"), "success")
        return redirect(f"/records/{g.form_key}/list")

    @expose("/distinct/<pk>", methods=["POST"])
    def distinct(self, pk: str) -> ResponseReturnValue:
        """Say that a record and another that may be the same speak of two things."""
        try:
            with unit_of_work():
                duplicates.dismiss(
                    current_actor(), g.form_key, pk, request.form.get("record", ""), request.form.get("note", "")
                )
        except Invalid as error:
            flash(" ".join(item.message.get(language()) for item in error.errors), "danger")
        else:
            flash(gettext("已记为不是重复，两条记录都保留。"), "success")
        return redirect(f"/records/{g.form_key}/show/{pk}")

    @expose("/action/<pk>/<verb>", methods=["POST"])
    def act(self, pk: str, verb: str) -> ResponseReturnValue:
        """Take a step of the workflow; what a submission lacks is shown on the entry page, each line at its field."""
        actor = current_actor()
        try:
            with unit_of_work():
                saved = workflow.perform(
                    actor, g.form_key, pk, verb, lock_version=lock_of_post(), comment=request.form.get("comment", "")
                )
        except Invalid as error:
            page = refused(actor, g.form_key, pk, error)
            if page is not None:
                return self._entry(page)
            lines = [item.message.get(language()) for item in error.errors] or [error.message.get(language())]
            flash(" ".join(dict.fromkeys(lines)), "danger")
            return redirect(f"/records/{g.form_key}/show/{pk}")
        flash(gettext("已办理。"), "success")
        return redirect(f"/records/{g.form_key}/show/{saved.id}")

    @expose("/lookup/<path:field>", methods=["GET"])
    def lookup(self, field: str) -> ResponseReturnValue:
        """Find records or organizations that a reference field may name."""
        found = references.lookup(current_actor(), g.form_key, field, request.args.get("q", "").strip()[:50])
        return jsonify(found)

    @expose("/files", methods=["POST"])
    def upload(self) -> ResponseReturnValue:
        """Keep an attachment; the record will name it when it is saved."""
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise BadRequest
        with unit_of_work():
            kept = files.store(current_actor(), g.form_key, request.form.get("field", ""), sent.stream, sent.filename)
        return jsonify(id=kept.id, name=kept.name, size=kept.size), 201

    @expose("/file/<pk>", methods=["GET"])
    def file(self, pk: str) -> ResponseReturnValue:
        """Send an attachment to who may see its record."""
        with unit_of_work():
            kept = files.open_file(current_actor(), pk)
        return send_file(
            files.path_of(kept), mimetype="application/octet-stream", as_attachment=True, download_name=kept.name
        )


def lock_of_post() -> int:
    """Return the lock version that a page was drawn with. Raises ``BadRequest``."""
    found = posted_lock(request.form)
    if found is None:
        raise BadRequest
    return found


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("records_templates", "app.records", template_folder="templates"))
    appbuilder.add_view_no_menu(RecordView())
    keep(*(f"RecordView.{name}" for name in ("add", "edit", "act", "void", "distinct")))
