"""The screens of forms: what is published, in which versions, and publishing a definition from a file."""

from __future__ import annotations

import re
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
from app.builder import impact, service
from app.builder.checking import errors_of, issues_of
from app.builder.cli import put_draft
from app.builder.labels import CHANGES, CLASSES, KINDS
from app.builder.models import Form, FormVersion
from app.database import db, unit_of_work
from app.errors import BadRequest, Invalid, NotFound, language
from app.extensions import appbuilder
from app.identity.models import RoleDefinition, User
from app.jobs import service as jobs
from app.records.labels import moment
from app.records.show_page import foreign
from forms.field_types import get as field_type
from forms.labels import Label
from forms.loading import DefinitionError, load_yaml

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
        lang = language()
        latest = {row.form_key: row for row in _versions() if row.current}
        forms = [
            {
                "key": form.key,
                "title": Label.of(form.title).get(lang),
                "lang": foreign(Label.of(form.title), lang),
                "no": form.current_no,
                "version": latest.get(form.key),
                "records": bool(form.current_no) and actor.can(form.resource, "V"),
            }
            for form in db.session.scalars(sa.select(Form).order_by(Form.key))
        ]
        return self._draw("builder/forms.html", gettext("表单管理"), forms=forms, may_design=_may_design(actor))

    @expose("/<form_key>", methods=["GET"])
    def show(self, form_key: str) -> ResponseReturnValue:
        """Show the fields and the versions of a form."""
        actor = current_actor()
        require(actor, service.DESIGN, "V")
        number = _number(request.args.get("version"))
        form = service.definition(form_key, number)
        lang = language()
        return self._draw(
            "builder/form.html",
            form.title.get(lang),
            title_lang=foreign(form.title, lang),
            form=form,
            sections=_sections(form, lang),
            number=number or service.head(form_key).no,
            versions=_versions(form_key),
            records=actor.can(form.resource, "V"),
            may_design=_may_design(actor),
            changes=CHANGES,
        )

    @expose("/<form_key>/definition.<ending>", methods=["GET"])
    def download(self, form_key: str, ending: str) -> ResponseReturnValue:
        """Send a published definition as a file."""
        require(current_actor(), service.DESIGN, "V")
        number = _number(request.args.get("version"))
        source = dict(service.definition(form_key, number).source)
        if ending == "json":
            body, kind = orjson.dumps(source, option=orjson.OPT_INDENT_2), "application/json"
        elif ending == "yaml":
            text = yaml.safe_dump(source, allow_unicode=True, sort_keys=False, width=120)
            body, kind = text.encode(), "application/yaml"
        else:
            raise NotFound
        name = f"{form_key}-v{number or service.head(form_key).no}.{ending}"
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
        return redirect(f"/forms/{draft.form_key}/draft")

    def _refused(self, error: Invalid, lines: list[str]) -> ResponseReturnValue:
        for line in lines[:10] or [error.message.get(language())]:
            flash(line, "danger")
        return redirect("/forms/")

    @expose("/<form_key>/draft", methods=["GET"])
    def draft(self, form_key: str) -> ResponseReturnValue:
        """Show what is wrong with the draft and what publishing it would change."""
        actor, lang = current_actor(), language()
        found = service.draft(actor, form_key)
        issues = issues_of(found.definition)
        errors = errors_of(issues)
        roles = _role_names(lang)
        change = impact.impact(actor, form_key) if not errors else None
        current = impact.published(form_key)
        title = Label.of(found.definition.get("title") or form_key)
        return self._draw(
            "builder/draft.html",
            title.get(lang),
            title_lang=foreign(title, lang),
            draft=found,
            errors=[(issue.path, _with_names(issue.message.get(lang), roles)) for issue in errors],
            warnings=[
                (issue.path, _with_names(issue.message.get(lang), roles)) for issue in issues if issue not in errors
            ],
            change=change,
            same=current is not None and dict(current.source) == found.definition,
            changes=CHANGES,
            kinds=KINDS,
        )

    @expose("/<form_key>/publish", methods=["POST"])
    def publish(self, form_key: str) -> ResponseReturnValue:
        """Have the draft published that the page showed."""
        actor = current_actor()
        found = service.draft(actor, form_key)
        sent = _number(request.form.get("lock_version"))
        payload = {
            "form": form_key,
            "lock_version": sent or 0,
            "note": request.form.get("note", "").strip()[:500],
            "choices": {},
        }
        if found.lock_version != sent:
            flash(gettext("草稿已被他人修改，请核对后再发布。"), "warning")
            return redirect(f"/forms/{form_key}/draft")
        with unit_of_work():
            job = jobs.enqueue(actor, "publish", payload)
        return redirect(f"/jobs/{job.id}")

    def _draw(self, template: str, title: str, **values: Any) -> ResponseReturnValue:
        return str(self.render_template(template, title=title, moment=moment, **values))


def _may_design(actor: Actor) -> bool:
    return actor.can(service.DESIGN, "F")


def _role_names(lang: str) -> dict[str, str]:
    """Return what roles are called, by key."""
    rows = db.session.execute(sa.select(RoleDefinition.key, RoleDefinition.name_zh, RoleDefinition.name_en))
    return {row.key: row.name_en or row.key if lang == "en" else row.name_zh for row in rows}


def _with_names(text: str, names: dict[str, str]) -> str:
    """Return a message with the names of the roles whose keys it quotes."""
    return re.sub(r"(?<=[“'])\w+(?=[”'])", lambda found: names.get(found[0], found[0]), text)


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


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 9):
        raise BadRequest
    return int(value)


def _versions(form_key: str | None = None) -> list[Any]:
    """Return published versions, the newest first, with who published them and whether they are current."""
    statement = (
        sa.select(
            FormVersion.form_key,
            FormVersion.no,
            FormVersion.note,
            FormVersion.change_class,
            FormVersion.published_at,
            User.last_name.label("author"),
            (FormVersion.no == Form.current_no).label("current"),
        )
        .join(Form, Form.key == FormVersion.form_key)
        .join(User, User.id == FormVersion.published_by, isouter=True)
        .order_by(FormVersion.form_key, FormVersion.no.desc())
    )
    if form_key is not None:
        statement = statement.where(FormVersion.form_key == form_key)
    return list(db.session.execute(statement))


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
    rule = {"upload": "F", "draft": "F", "publish": "F"}
    screens.register("forms", screens.by_resource(service.DESIGN, rule))
    appbuilder.add_view_no_menu(FormsView())
