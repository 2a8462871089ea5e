"""The screens of versions: upgrading one record or many, conversions of a form, and what is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.builder.publishing.dry_run import dry_run
from app.builder.publishing.impact import published
from app.builder.service import DESIGN, definition, head
from app.builder.service import draft as draft_of
from app.database import unit_of_work
from app.errors import Conflict, Invalid, language
from app.extensions import appbuilder
from app.records import service
from app.records.addressing import of_a_form
from app.records.labels import moment
from app.records.reading.record_page import head as record_head
from app.records.reading.show_page import foreign
from app.records.versions import converting, counting, quarantine, set_aside, upgrade_jobs, upgrading
from app.records.versions import pages as version_pages
from app.records.views import lock_of_post
from forms.field_types import get as field_type
from forms.files.loading import DefinitionError

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.records.models import Conversion

#: The actions that a screen needs on the form's resource, all of them; those of conversions ask for a right on forms.
_NEEDED = {"preview": "VU", "upgrade": "VU", "survey": "VU", "start": "VU", "count": "VU", "aside": "V"}
#: What is posted and changes no form and no record.
_ONLY_COUNTS = {"count_conversion"}


def _authorise() -> None:
    name = (request.endpoint or "").rpartition(".")[2]
    actor = current_actor()
    if name not in _NEEDED:
        require(actor, DESIGN, "P" if request.method == "POST" and name not in _ONLY_COUNTS else "F")
    resource = head(g.form_key).resource
    for action in _NEEDED.get(name, ""):
        require(actor, resource, action)


class VersionView(BaseView):  # type: ignore[misc]
    """Upgrades, conversions and what is set aside."""

    route_base = "/records/<form>"
    class_permission_name = "versions"

    def create_blueprint(self, *arguments: Any, **options: Any) -> Any:
        """Let the blueprint carry the form's key."""
        return of_a_form(super().create_blueprint(*arguments, **options), _authorise)

    def _draw(self, template: str, title: str, **values: Any) -> str:
        form, lang = definition(g.form_key), language()
        shown = {
            "base": f"/records/{g.form_key}",
            "form_key": g.form_key,
            "form_title": form.title.get(lang),
            "form_lang": foreign(form.title, lang),
            "sees": current_actor().can(form.resource, "V"),
            "moment": moment,
        }
        return str(self.render_template(template, title=title, **shown, **values))

    @expose("/upgrade/<pk>", methods=["GET"])
    def preview(self, pk: str) -> ResponseReturnValue:
        """Show what bringing a record to the present version would do."""
        try:
            found = upgrading.preview(current_actor(), g.form_key, pk)
        except Conflict as error:
            flash(error.message.get(language()), "info")
            return redirect(f"/records/{g.form_key}/show/{pk}")
        record = record_head(found.view, language())
        return self._draw(
            "records/upgrade.html", gettext("升级到新版本"), record=record, **version_pages.preview(found)
        )

    @expose("/upgrade/<pk>", methods=["POST"])
    def upgrade(self, pk: str) -> ResponseReturnValue:
        """Bring a record to the present version."""
        try:
            with unit_of_work():
                upgrading.upgrade(current_actor(), g.form_key, pk, lock_of_post())
        except (Conflict, Invalid) as error:
            lines = [item.message.get(language()) for item in error.errors] or [error.message.get(language())]
            flash(" ".join(lines), "danger")
            return redirect(f"/records/{g.form_key}/show/{pk}")
        flash(gettext("已升级到新版本，原来的内容都可在修改历史中查看。"), "success")
        view = service.read(current_actor(), g.form_key, pk)
        page = "edit" if upgrading.lacks(current_actor(), view) else "show"
        return redirect(f"/records/{g.form_key}/{page}/{pk}")

    @expose("/upgrades", methods=["GET"])
    def survey(self) -> ResponseReturnValue:
        """Show what bringing all records of earlier versions to the present one would do."""
        found, lang = upgrade_jobs.survey(current_actor(), g.form_key), language()
        form = definition(g.form_key)
        return self._draw(
            "records/upgrades.html",
            gettext("升级旧版本记录"),
            found=found,
            number=head(g.form_key).no,
            fields=version_pages.fields(found, form, lang),
            left=version_pages.left(found),
            unchanged=version_pages.unchanged(found),
        )

    @expose("/upgrades", methods=["POST"])
    def start(self) -> ResponseReturnValue:
        """Bring them there, as a job."""
        try:
            with unit_of_work():
                job = upgrade_jobs.start(current_actor(), g.form_key)
        except Conflict as error:
            flash(error.message.get(language()), "info")
            return redirect(f"/records/{g.form_key}/upgrades")
        return redirect(f"/jobs/{job.id}")

    @expose("/upgrades/count", methods=["POST"])
    def count(self) -> ResponseReturnValue:
        """Have the preview counted over all records, as a job."""
        with unit_of_work():
            job = counting.start(current_actor(), g.form_key, counting.UPGRADE)
        return redirect(f"/jobs/{job.id}")

    @expose("/quarantine", methods=["GET"])
    def aside(self) -> ResponseReturnValue:
        """List what is set aside of records in view."""
        actor, lang = current_actor(), language()
        found = set_aside.page(actor, g.form_key, after=request.args.get("after", ""))
        lines = [
            version_pages.aside_line(view, item, lang, may_edit=may_edit)
            for view, items, may_edit in found.records
            for item in items
        ]
        return self._draw(
            "records/quarantine.html",
            gettext("待处理的内容"),
            lines=lines,
            total=quarantine.counted(g.form_key),
            next_page=found.next,
        )

    @expose("/conversions", methods=["GET"])
    def conversions(self) -> ResponseReturnValue:
        """List the conversions of a form, and what publishing its draft would convert."""
        actor, lang = current_actor(), language()
        rows = [_conversion(item, lang) for item in converting.conversions(actor, g.form_key)]
        draft = draft_of(actor, g.form_key)
        pending = None
        current = published(g.form_key)
        if current is not None and dict(current.source) != draft.definition:
            try:
                pending = dry_run(actor, g.form_key)
            except DefinitionError:
                pending = None
        return self._draw(
            "records/conversions.html",
            gettext("类型转换"),
            rows=rows,
            pending=pending if pending is not None and pending.fields else None,
            fields=version_pages.fields(pending, definition(g.form_key), lang) if pending is not None else [],
            aside=quarantine.counted(g.form_key),
        )

    @expose("/conversions/count", methods=["POST"])
    def count_conversion(self) -> ResponseReturnValue:
        """Have the dry run of the draft counted over all records, as a job."""
        with unit_of_work():
            job = counting.start(current_actor(), g.form_key, counting.CONVERSION)
        return redirect(f"/jobs/{job.id}")

    @expose("/conversions/<pk>", methods=["GET"])
    def conversion(self, pk: str) -> ResponseReturnValue:
        """Show a conversion: how far it is, what it has done, and how to take it back."""
        actor = current_actor()
        found = converting.get(actor, g.form_key, pk)
        return self._draw(
            "records/conversion.html",
            gettext("类型转换"),
            row=_conversion(found, language()),
            counts=version_pages.counted(found.counts),
            remaining=converting.remaining(found),
            may_undo=found.state in {converting.DONE, converting.STOPPED} and actor.can(DESIGN, "P"),
            aside=quarantine.counted(g.form_key),
        )

    @expose("/conversions/<pk>/undo", methods=["POST"])
    def undo(self, pk: str) -> ResponseReturnValue:
        """Take a conversion back."""
        return self._asked(pk, undo=True)

    @expose("/conversions/<pk>/again", methods=["POST"])
    def again(self, pk: str) -> ResponseReturnValue:
        """Convert what a conversion has left."""
        return self._asked(pk, undo=False)

    def _asked(self, pk: str, *, undo: bool) -> ResponseReturnValue:
        actor = current_actor()
        try:
            with unit_of_work():
                if undo:
                    found = converting.undo(actor, g.form_key, pk)
                else:
                    found = converting.again(actor, g.form_key, pk, with_final=request.form.get("final") == "1")
        except Conflict as error:
            flash(error.message.get(language()), "warning")
            return redirect(f"/records/{g.form_key}/conversions/{pk}")
        return redirect(f"/records/{g.form_key}/conversions/{found.id}")


def _conversion(found: Conversion, lang: str) -> dict[str, Any]:
    form = definition(found.form_key, found.version_no)
    words = {
        converting.WAITING: gettext("排队中"),
        converting.RUNNING: gettext("进行中"),
        converting.DONE: gettext("已完成"),
        converting.UNDOING: gettext("正在撤销"),
        converting.UNDONE: gettext("已撤销"),
        converting.STOPPED: gettext("未完成"),
    }
    tones = {converting.DONE: "success", converting.UNDONE: "secondary", converting.STOPPED: "danger"}
    return {
        "id": found.id,
        "number": found.version_no,
        "state": words.get(found.state, found.state),
        "tone": tones.get(found.state, "primary"),
        "ended": found.state in {converting.DONE, converting.UNDONE, converting.STOPPED},
        "by": found.requested_name,
        "at": moment(found.created_at),
        "ended_at": moment(found.ended_at),
        "counts": found.counts,
        "fields": [
            {
                "label": form.field(item["path"]).label.get(lang) if form.has(item["path"]) else item["path"],
                "lang": foreign(form.field(item["path"]).label, lang) if form.has(item["path"]) else "",
                "from": field_type(item["from"]).label.get(lang),
                "to": field_type(item["to"]).label.get(lang),
            }
            for item in found.fields
        ],
    }


def init_app(_app: Flask) -> None:
    """Register the screens."""
    screens.register("versions", screens.signed_in)
    appbuilder.add_view_no_menu(VersionView())
