"""The screens of Excel: template, import step by step, export, and the jobs that do the work."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, g, jsonify, redirect, request, send_file
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.builder.service import definition, head
from app.database import unit_of_work
from app.errors import NotFound, language
from app.exchange import service
from app.exchange.exporting.asking import Spec
from app.exchange.layout import ROW, SYSTEM
from app.exchange.requests.asking import in_plain
from app.exchange.requests.page import column_names
from app.extensions import appbuilder
from app.jobs import service as jobs
from app.records.addressing import of_a_form
from app.records.labels import moment
from app.records.lists.filter_rows import read_query
from app.records.projection.tables import form_table
from app.records.reading.show_page import foreign
from app.records.writing import owners
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDED = frozenset({"done", "failed", "cancelled"})
_NEEDED = {"export": "E", "start_export": "E"}


def _authorise() -> None:
    name = (request.endpoint or "").rpartition(".")[2]
    actor = current_actor()
    if _NEEDED.get(name) == "E":
        require(actor, head(g.form_key).resource, "E")
    else:
        owners.require_filler(actor, definition(g.form_key))


class ExchangeView(BaseView):  # type: ignore[misc]
    """Import and export of a form."""

    route_base = "/records/<form>"
    class_permission_name = "exchange"

    def create_blueprint(self, *arguments: Any, **options: Any) -> Any:
        """Let the blueprint carry the form's key."""
        return of_a_form(super().create_blueprint(*arguments, **options), _authorise)

    def _draw(self, template: str, title: str, **values: Any) -> str:
        form = definition(g.form_key)
        lang = language()
        return str(
            self.render_template(
                template,
                title=title,
                base=f"/records/{g.form_key}",
                form_title=form.title.get(lang),
                form_lang=foreign(form.title, lang),
                **values,
            )
        )

    @expose("/template.xlsx", methods=["GET"])
    def template(self) -> ResponseReturnValue:
        """Send the empty workbook of the form."""
        content = service.template(current_actor(), g.form_key, language())
        name = f"{definition(g.form_key).title.get(language())}.xlsx"
        return send_file(io.BytesIO(content), mimetype=WORKBOOK, as_attachment=True, download_name=name)

    @expose("/export", methods=["GET"])
    def export(self) -> ResponseReturnValue:
        """Ask what shall be exported."""
        form, lang, table = definition(g.form_key), language(), form_table(g.form_key)
        columns = [
            (item.key, item.label.get(lang), foreign(item.label, lang))
            for item in form.fields
            if field_type(item.type).stores
        ]
        return self._draw(
            "exchange/export.html",
            gettext("导出"),
            columns=columns,
            filters=read_query(request.args, form).filters,
            query=request.query_string.decode(),
            subtables=bool(form.subtables),
            several=head(g.form_key).no > 1,
            form_key=g.form_key,
            plain=column_names(table, in_plain(current_actor(), table, Spec()), lang),
        )

    @expose("/export", methods=["POST"])
    def start_export(self) -> ResponseReturnValue:
        """Start an export of the records that the list showed."""
        query = read_query(request.args, definition(g.form_key))
        spec = {
            "format": request.form.get("format", "xlsx"),
            "filter": query.filters,
            "q": query.q,
            "columns": request.form.getlist("column") or None,
            "purpose": request.form.get("purpose", "").strip(),
            "subtables": request.form.get("subtables", "sheets"),
            "versions": request.form.get("versions", "present"),
        }
        with unit_of_work():
            started = service.start_export(current_actor(), g.form_key, spec)
        return redirect(f"/jobs/{started.job_id}")

    @expose("/import", methods=["GET", "POST"])
    def upload(self) -> ResponseReturnValue:
        """Take a filled workbook."""
        if request.method == "GET":
            return self._draw("exchange/import.html", gettext("导入"))
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            flash(gettext("请选择文件。"), "warning")
            return redirect(f"/records/{g.form_key}/import")
        with unit_of_work():
            started = service.start_import(current_actor(), g.form_key, sent.stream, sent.filename)
        return redirect(f"/records/{g.form_key}/import/{started.id}")

    @expose("/import/<import_id>", methods=["GET"])
    def check(self, import_id: str) -> ResponseReturnValue:
        """Show what the workbook would do, or how far the work is."""
        found = service.preview(current_actor(), import_id)
        if found["form"] != g.form_key:
            raise NotFound
        if request.accept_mimetypes.best == "application/json":
            return jsonify(**self._progress(found))
        form, lang = definition(g.form_key), language()
        labels = {key: label.get(lang) for key, label in SYSTEM.items()}
        labels |= {f"{item.key}.{ROW}": labels[ROW] for item in form.subtables}
        labels |= {path: item.label.get(lang) for path, item in form.walk()}
        return self._draw(
            "exchange/check.html",
            gettext("导入"),
            found=found,
            import_id=import_id,
            labels=labels,
            actions=actions(),
            named=owners.fills_for_others(current_actor(), form),
            may_submit=current_actor().can(form.resource, "S"),
        )

    @staticmethod
    def _progress(found: dict[str, Any]) -> dict[str, Any]:
        job = jobs.get(current_actor(), found["job"])
        counted = f" {job.done} / {job.total}" if job.total else ""
        return {
            "finished": found["state"] not in {"checking", "committing"},
            "done": job.done,
            "total": job.total,
            "text": gettext("仍在处理…") + counted,
        }

    @expose("/import/<import_id>", methods=["POST"])
    def commit(self, import_id: str) -> ResponseReturnValue:
        """Import what was checked."""
        only_valid, submit = request.form.get("only_valid") == "1", request.form.get("submit") == "1"
        with unit_of_work():
            service.commit(current_actor(), import_id, only_valid=only_valid, submit=submit)
        return redirect(f"/records/{g.form_key}/import/{import_id}")

    @expose("/import/<import_id>/errors.xlsx", methods=["GET"])
    def errors(self, import_id: str) -> ResponseReturnValue:
        """Send the uploaded workbook with its errors written in."""
        content = service.errors_workbook(current_actor(), import_id)
        return send_file(io.BytesIO(content), mimetype=WORKBOOK, as_attachment=True, download_name="errors.xlsx")


class JobsView(BaseView):  # type: ignore[misc]
    """后台任务."""

    route_base = "/jobs"
    class_permission_name = "jobs"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List one's own jobs."""
        found = jobs.mine(current_actor(), limit=50)
        return str(
            self.render_template(
                "jobs/jobs.html", title=gettext("后台任务"), jobs=found, kinds=kinds(), states=states(), moment=moment
            )
        )

    @expose("/<job_id>", methods=["GET"])
    def show(self, job_id: str) -> ResponseReturnValue:
        """Show how far a job is; a script asks for JSON."""
        job = jobs.get(current_actor(), job_id)
        names = states()
        if request.accept_mimetypes.best == "application/json":
            text = f"{names.get(job.state, job.state)} {job.done}" + (f" / {job.total}" if job.total else "")
            return jsonify(done=job.done, total=job.total, finished=job.state in ENDED, text=text)
        return str(
            self.render_template(
                "jobs/job.html",
                title=gettext("后台任务"),
                job=job,
                kinds=kinds(),
                states=names,
                ended=job.state in ENDED,
                leads=leads_to(job),
                moment=moment,
            )
        )

    @expose("/<job_id>/cancel", methods=["POST"])
    def cancel(self, job_id: str) -> ResponseReturnValue:
        """Ask a job to stop."""
        with unit_of_work():
            jobs.cancel(current_actor(), job_id)
        return redirect(f"/jobs/{job_id}")


def leads_to(job: Any) -> tuple[str, str] | None:
    """Return the address and the name of what a job works for, or ``None``."""
    payload = job.payload or {}
    if "import" in payload:
        return f"/imports/{payload['import']}", gettext("查看导入结果")
    if job.kind == "code_list":
        return f"/forms/lists/{payload['code_list']}", gettext("查看码表")
    if job.kind == "upgrade":
        return f"/records/{payload['form']}/upgrades", gettext("查看其余旧版本记录")
    if "conversion" in payload and payload.get("form"):
        return f"/records/{payload['form']}/conversions/{payload['conversion']}", gettext("查看类型转换")
    if job.kind == "publish":
        return f"/forms/{payload['form']}/publish" if job.state == "failed" else f"/forms/{payload['form']}", gettext(
            "查看表单"
        )
    return None


def import_page(import_id: str) -> ResponseReturnValue:
    """Go to the page of one's own import, whatever its form."""
    found = service.preview(current_actor(), import_id)
    return redirect(f"/records/{found['form']}/import/{import_id}")


def actions() -> dict[str, str]:
    """Return what becomes of rows of a file, in words."""
    return {
        "new": gettext("新增"),
        "changed": gettext("更新"),
        "unchanged": gettext("未变"),
        "error": gettext("有错误"),
    }


def kinds() -> dict[str, str]:
    """Return what kinds of jobs are called."""
    return {
        "export": gettext("导出"),
        "import_check": gettext("检查导入文件"),
        "import_commit": gettext("导入"),
        "publish": gettext("发布表单"),
        "code_list": gettext("更新码表"),
        "upgrade": gettext("升级记录版本"),
        "conversion": gettext("转换答案类型"),
        "conversion_undo": gettext("撤销类型转换"),
    }


def states() -> dict[str, str]:
    """Return what states of jobs are called."""
    return {
        "queued": gettext("排队中"),
        "running": gettext("进行中"),
        "done": gettext("已完成"),
        "failed": gettext("失败"),
        "cancelled": gettext("已取消"),
    }


def export_file(export_id: str) -> ResponseReturnValue:
    """Send the file of one's own export."""
    with unit_of_work():
        found = service.export_file(current_actor(), export_id)
    return send_file(found.path, mimetype=found.media_type, as_attachment=True, download_name=found.name)


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("exchange_templates", "app.exchange", template_folder="templates"))
    screens.register("exchange", screens.signed_in)
    screens.register("jobs", screens.signed_in)
    appbuilder.add_view_no_menu(ExchangeView())
    appbuilder.add_view_no_menu(JobsView())
    app.add_url_rule("/imports/<import_id>", "import_page", import_page, methods=["GET"])
    app.add_url_rule("/exports/<export_id>/file", "export_file", export_file, methods=["GET"])
