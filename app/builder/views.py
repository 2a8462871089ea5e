"""The screens of forms: what is published, in which versions, and publishing a definition from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
import yaml
from flask import Blueprint, Response, flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.builder import ends, service
from app.builder.cli import put_draft
from app.builder.code_lists.views import CodeListsView
from app.builder.creating.views import CreatingView
from app.builder.editor.part_views import FormPartsView
from app.builder.editor.preview_views import FormPreviewView
from app.builder.editor.views import FormEditorView
from app.builder.forms_page import forms_values
from app.builder.history.page import number, versions
from app.builder.history.views import HistoryView
from app.builder.labels import CHANGES, CLASSES
from app.builder.library.views import BlocksView
from app.builder.locking import core_of
from app.builder.models import Form, FormDraft
from app.builder.publishing.request_page import POLICIES, open_requests
from app.builder.publishing.request_views import RequestsView
from app.builder.publishing.views import PublishView
from app.database import db, unit_of_work
from app.errors import Invalid, NotFound, language
from app.extensions import appbuilder
from app.records.labels import moment
from app.records.reading.show_page import foreign
from app.records.versions import quarantine, reach
from forms.field_types import get as field_type
from forms.files.loading import DefinitionError, load_yaml
from forms.labels import Label

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor
    from forms.definition import Definition

_LARGEST = 1024 * 1024


class FormsView(BaseView):  # type: ignore[misc]
    """表单管理."""

    route_base = "/forms"
    class_permission_name = "forms"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List every form with its version."""
        actor = current_actor()
        require(actor, service.DESIGN, "V")
        values = forms_values(actor, request.args, language())
        return self._draw("builder/forms.html", gettext("表单管理"), waiting=open_requests(), **values)

    @expose("/<form_key>", methods=["GET"])
    def show(self, form_key: str) -> ResponseReturnValue:
        """Show the fields and the versions of a form."""
        actor = current_actor()
        require(actor, service.DESIGN, "V")
        chosen = number(request.args.get("version"))
        form, draft = service.definition(form_key, chosen), db.session.get(FormDraft, form_key)
        lang = language()
        return self._draw(
            "builder/form.html",
            form.title.get(lang),
            title_lang=foreign(form.title, lang),
            form=form,
            sections=_sections(form, lang),
            number=chosen or service.head(form_key).no,
            versions=versions(form_key),
            draft=draft,
            unpublished=draft is not None and draft.definition != service.definition(form_key).source,
            core=core_of(form_key),
            policies=POLICIES,
            policy=db.session.scalar(sa.select(Form.publish_policy).where(Form.key == form_key)),
            may_set_policy=actor.can(service.DESIGN, "P") or actor.can(service.DESIGN, "X"),
            records=actor.can(form.resource, "V"),
            may_design=_may_design(actor),
            changes=CHANGES,
            aside=quarantine.counted(form_key),
            ends=ends.of_form(actor, form_key),
            reach=reach.of_earlier(form_key, service.head(form_key).no),
            may_end=actor.can(service.DESIGN, "P"),
        )

    @expose("/<form_key>/ends", methods=["POST"])
    def set_ends(self, form_key: str) -> ResponseReturnValue:
        """Say how long the earlier versions go on."""
        try:
            with unit_of_work():
                day = ends.day_of(request.form.get("force_after", "").strip())
                ends.set_ends(current_actor(), form_key, force_after=day, is_sealed=request.form.get("sealed") == "1")
        except Invalid as error:
            flash(error.errors[0].message.get(language()) if error.errors else error.message.get(language()), "danger")
        else:
            flash(gettext("以前的版本：已保存。"), "success")
        return redirect(f"/forms/{form_key}")

    @expose("/<form_key>/definition.<ending>", methods=["GET"])
    def download(self, form_key: str, ending: str) -> ResponseReturnValue:
        """Send a published definition as a file."""
        require(current_actor(), service.DESIGN, "V")
        chosen = number(request.args.get("version"))
        source = dict(service.definition(form_key, chosen).source)
        if ending == "json":
            body, kind = orjson.dumps(source, option=orjson.OPT_INDENT_2), "application/json"
        elif ending == "yaml":
            text = yaml.safe_dump(source, allow_unicode=True, sort_keys=False, width=120)
            body, kind = text.encode(), "application/yaml"
        else:
            raise NotFound
        name = f"{form_key}-v{chosen or service.head(form_key).no}.{ending}"
        return Response(body, mimetype=kind, headers={"Content-Disposition": f"attachment; filename={name}"})

    @expose("/upload", methods=["POST"])
    def upload(self) -> ResponseReturnValue:
        """Take a definition file as the draft of its form."""
        actor = current_actor()
        require(actor, service.DESIGN, "F")
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            flash(gettext("请选择文件。"), "warning")
            return redirect("/forms/")
        try:
            with unit_of_work():
                draft = put_draft(actor, _read(sent.stream.read(_LARGEST + 1)))
        except DefinitionError as error:
            return self._refused(Invalid(), [issue.message.get(language()) for issue in error.issues])
        except Invalid as error:
            return self._refused(error, [f"{item.field}：{item.message.get(language())}" for item in error.errors])
        return redirect(f"/forms/{draft.form_key}/publish")

    def _refused(self, error: Invalid, lines: list[str]) -> ResponseReturnValue:
        for line in lines[:10] or [error.message.get(language())]:
            flash(line, "danger")
        return redirect("/forms/")

    @expose("/<form_key>/draft", methods=["GET"])
    def draft(self, form_key: str) -> ResponseReturnValue:
        """Go to the page on which the draft is compared and published."""
        service.draft(current_actor(), form_key)
        return redirect(f"/forms/{form_key}/publish")

    def _draw(self, template: str, title: str, **values: Any) -> ResponseReturnValue:
        return str(self.render_template(template, title=title, moment=moment, **values))


def _may_design(actor: Actor) -> bool:
    return actor.can(service.DESIGN, "F")


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST:
        raise Invalid(Label("文件太大。", "The file is too large."))
    try:
        raw = load_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Invalid(
            Label("文件应为 UTF-8 编码的 YAML 或 JSON。", "The file must be YAML or JSON in UTF-8.")
        ) from None
    if not isinstance(raw, dict):
        raise Invalid(Label("文件里没有表单定义。", "The file holds no form definition."))
    return raw


def _sections(form: Definition, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "title": section.title.get(lang),
            "lang": foreign(section.title, lang),
            "fields": [
                _field(form, path, lang)
                for item in section.fields
                for path in (item.key, *(f"{item.key}.{column.key}" for column in item.fields))
            ],
        }
        for section in form.sections
    ]


def _field(form: Definition, path: str, lang: str) -> dict[str, Any]:
    item = form.field(path)
    return {
        "path": path,
        "depth": path.count("."),
        "label": item.label.get(lang),
        "lang": foreign(item.label, lang),
        "type": field_type(item.type).label.get(lang),
        "required": item.required,
        "class_": CLASSES[item.class_],
    }


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("builder_templates", "app.builder", template_folder="templates"))
    rule = {"upload": "F", "draft": "F", "publish_page": "F", "publish": "P", "restore": "F"}
    rule |= dict.fromkeys(("add_list", "change_list", "save_block", "use_block"), "F")
    rule |= dict.fromkeys(("new", "begin", "ask", "create"), "F")
    screens.register("forms", screens.by_resource(service.DESIGN, rule))
    for view in (FormsView, PublishView, HistoryView, CreatingView, CodeListsView, RequestsView, BlocksView):
        appbuilder.add_view_no_menu(view())
    for view in (FormEditorView, FormPartsView, FormPreviewView):
        appbuilder.add_view_no_menu(view())
