"""The pages of the list editor: the draft as a table, its fields, sections and settings."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext, pgettext

from app.access.actor import current_actor
from app.builder import service
from app.builder.editor import field_page, overview, settings_page
from app.builder.editor.controls import read, shown_again
from app.builder.editor.desk import open_desk
from app.builder.editor.saving import save, seen_version
from app.builder.history.page import number
from app.database import db, unit_of_work
from app.errors import Conflict, Invalid, NotFound, language
from app.identity.models import User
from app.records.labels import moment
from app.records.reading.show_page import foreign
from forms.designing import fields, sections
from forms.designing.naming import named, unnamed
from forms.designing.outline import label_of
from forms.designing.palette import GROUPS, palette
from forms.field_types import FIELD_TYPES
from forms.labels import Label

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.builder.editor.desk import Desk
    from forms.designing.outline import Place


class EditorPages(BaseView):  # type: ignore[misc]
    """What all pages of the editor share."""

    route_base = "/forms"
    class_permission_name = "forms"

    def desk(self, form_key: str) -> Desk:
        """Return the draft for editing. Raises ``NotAllowed``, ``NotFound``."""
        return open_desk(current_actor(), form_key, language())

    def place(self, desk: Desk, path: str) -> Place:
        """Return a field of the draft. Raises ``NotFound``."""
        found = desk.outline.places.get(path)
        if found is None or found.type not in FIELD_TYPES:
            raise NotFound
        return found

    def draw(self, template: str, desk: Desk, heading: str, **values: Any) -> str:
        """Return a page of the editor."""
        title = label_of(desk.raw.get("title")) or Label(desk.form_key)
        return str(
            self.render_template(
                template,
                desk=desk,
                heading=heading,
                form_title=title.get(desk.lang),
                form_lang=foreign(title, desk.lang),
                moment=moment,
                may_publish=desk.actor.can(service.DESIGN, "P"),
                **values,
            )
        )

    def refused(self, error: Invalid, back: str) -> ResponseReturnValue:
        """Say why a change was refused, on the page that it came from."""
        flash(error.message.get(language()), "danger")
        return redirect(back)


class FormEditorView(EditorPages):
    """列表编辑."""

    @expose("/<form_key>/design", methods=["GET"])
    def design(self, form_key: str) -> ResponseReturnValue:
        """Show the draft: its sections with their fields, what is wrong, what can be done."""
        desk = self.desk(form_key)
        at = number(request.args.get("at")) or desk.draft.lock_version
        top = number(request.args.get("top")) or at
        author = db.session.get(User, desk.draft.updated_by) if desk.draft.updated_by else None
        return self.draw(
            "builder/editor/design.html",
            desk,
            gettext("列表编辑"),
            sections=overview.sections(desk),
            issues=overview.told(desk),
            retired=overview.retired(desk),
            undo=at - 1 if service.state_at(form_key, at - 1) is not None else None,
            redo=at + 1 if at < top else None,
            top=top,
            author=author.last_name if author else "",
        )

    @expose("/<form_key>/design/undo", methods=["POST"])
    def undo(self, form_key: str) -> ResponseReturnValue:
        """Make the draft what it was at an earlier state, as a new state."""
        to, top = number(request.form.get("to")) or 0, number(request.form.get("top")) or 0
        back = f"/forms/{form_key}/design"
        try:
            with unit_of_work():
                service.undo_draft(current_actor(), form_key, seen_version(), to)
        except Conflict:
            flash(gettext("没有撤销：他人刚改了草稿，请先核对。"), "warning")
            return redirect(back)
        flash(gettext("已撤销。") if to < top else gettext("已重做。"), "success")
        return redirect(f"{back}?at={to}&top={top}")

    @expose("/<form_key>/design/add", methods=["GET", "POST"])
    def add_field(self, form_key: str) -> ResponseReturnValue:
        """Choose the type of a new field, and where it stands."""
        desk = self.desk(form_key)
        wrong = ""
        if request.method == "POST":
            section, _, table = request.form.get("where", "").partition("/")
            made: list[str] = []

            def change(raw: dict[str, Any]) -> dict[str, Any]:
                new, path = fields.add(
                    raw,
                    request.form.get("type", ""),
                    {name: request.form.get(f"label{end}", "").strip() for name, end in (("zh", ""), ("en", "_en"))},
                    section=section,
                    table=table,
                    position=_position(),
                    taken=desk.past,
                )
                made[:] = [path]
                return new

            try:
                return save(self.draw, form_key, change, lambda: f"{desk.base}/fields/{made[0]}")
            except Invalid as error:
                wrong = error.message.get(desk.lang)
        places = overview.containers(desk)
        page = self.draw(
            "builder/editor/add.html",
            desk,
            gettext("添加字段"),
            groups=[
                (label.get(desk.lang), [item for item in palette() if item.group == name])
                for name, label in GROUPS.items()
            ],
            places=places,
            posted=request.form if request.method == "POST" else request.args,
            wrong=wrong,
        )
        return page, 422 if wrong else 200

    @expose("/<form_key>/design/fields/<path>", methods=["GET", "POST"])
    def field(self, form_key: str, path: str) -> ResponseReturnValue:
        """Show and change the properties of a field."""
        desk = self.desk(form_key)
        place = self.place(desk, path)
        groups = field_page.groups(desk, place)
        posted = None
        if request.method == "POST":
            every = [control for controls in groups.values() for control in controls]
            posted = read(every, request.form)
            if not posted.wrong:
                values = field_page.stored_values(FIELD_TYPES[place.type], posted.values)
                key = values.pop("key", None)
                try:
                    return self._save_field(desk, place, values, key)
                except Invalid as error:
                    posted.wrong["key"] = error.message.get(desk.lang)
            groups = {name: shown_again(found, request.form, posted.wrong) for name, found in groups.items()}
        page = self.draw(
            "builder/editor/field.html",
            desk,
            place.label.get(desk.lang),
            heading_lang=foreign(place.label, desk.lang),
            place=place,
            type_label=FIELD_TYPES[place.type].label.get(desk.lang),
            groups=groups,
            wrong=posted.wrong if posted else {},
            **field_page.beside(desk, place),
        )
        return page, 422 if posted else 200

    def _save_field(self, desk: Desk, place: Place, values: dict[str, Any], key: str | None) -> ResponseReturnValue:
        """Save properties of a field, and another key where it has never been published."""
        path, new_path = place.path, place.path
        renamed = key is not None and key != place.raw.get("key")
        if not renamed and "label" in values and unnamed(str(place.raw["key"]), place.label.zh):
            # What was made with a click elsewhere gets its key from the first name of its own.
            labelled = field_page.put_values(deepcopy(desk.raw), path, values)
            own = {} if path in desk.past or desk.uses(path) else named(labelled, [path], (), desk.past)[0]
            key, renamed = own.get(path, key), path in own
        if renamed and desk.uses(path):
            text = Label(
                "还有规则或设置引用它的代码，不能改。请先改那些引用。",
                "Rules or settings refer to its key. Change these first.",
            )
            raise Invalid(text)
        if renamed:
            new_path = f"{place.table}.{key}" if place.table else str(key)

        def change(raw: dict[str, Any]) -> dict[str, Any]:
            new = field_page.put_values(raw, path, values)
            return fields.rename(new, path, str(key), taken=desk.past) if renamed else new

        return save(self.draw, desk.form_key, change, f"{desk.base}#field-{new_path}")

    @expose("/<form_key>/design/fields/<path>/move", methods=["POST"])
    def move(self, form_key: str, path: str) -> ResponseReturnValue:
        """Put a field at another place."""
        desk = self.desk(form_key)
        place = self.place(desk, path)
        section, _, table = request.form.get("where", f"{place.section}/{place.table}").partition("/")
        moved: list[str] = []

        def change(raw: dict[str, Any]) -> dict[str, Any]:
            new, where = fields.move(
                raw, path, _position(), section=section, table=table, published=desk.published, taken=desk.past
            )
            moved[:] = [where]
            return new

        try:
            return save(self.draw, form_key, change, lambda: f"{desk.base}#field-{moved[0]}")
        except Invalid as error:
            return self.refused(error, f"{desk.base}/fields/{path}#move")

    @expose("/<form_key>/design/fields/<path>/copy", methods=["POST"])
    def copy(self, form_key: str, path: str) -> ResponseReturnValue:
        """Put a copy of a field after it."""
        desk = self.desk(form_key)
        self.place(desk, path)
        made: list[str] = []

        def change(raw: dict[str, Any]) -> dict[str, Any]:
            new, where = fields.copy(raw, path, taken=desk.past)
            made[:] = [where]
            return new

        return save(self.draw, form_key, change, lambda: f"{desk.base}/fields/{made[0]}")

    @expose("/<form_key>/design/fields/<path>/remove", methods=["GET", "POST"])
    def remove(self, form_key: str, path: str) -> ResponseReturnValue:
        """Show who refers to a field, then retire or delete it."""
        desk = self.desk(form_key)
        place = self.place(desk, path)
        if request.method == "POST":
            return save(self.draw, form_key, partial(fields.remove, path=path), desk.base)
        published = path in desk.past
        return self.draw(
            "builder/editor/remove.html",
            desk,
            pgettext("action", "停用字段") if published else gettext("删除字段"),
            place=place,
            published=published,
            uses=field_page.used(desk, path),
        )

    @expose("/<form_key>/design/fields/<path>/type", methods=["GET", "POST"])
    def retype(self, form_key: str, path: str) -> ResponseReturnValue:
        """Show who refers to a field, then change its type."""
        desk = self.desk(form_key)
        place = self.place(desk, path)
        if request.method == "POST":
            change = partial(fields.retype, path=path, type_=request.form.get("type", ""), former=desk.former(path))
            try:
                return save(self.draw, form_key, change, f"{desk.base}/fields/{path}")
            except Invalid as error:
                return self.refused(error, f"{desk.base}/fields/{path}/type")
        return self.draw(
            "builder/editor/retype.html",
            desk,
            pgettext("action", "改变类型"),
            place=place,
            published=path in desk.past,
            uses=field_page.used(desk, path),
            types=fields.types_for(place.type, desk.former(path), in_table=bool(place.table)),
        )

    @expose("/<form_key>/design/restore", methods=["POST"])
    def restore(self, form_key: str) -> ResponseReturnValue:
        """Put a retired field back, as it was published last."""
        desk = self.desk(form_key)
        path = request.form.get("path", "")
        raw = desk.retired().get(path)
        if raw is None:
            raise NotFound
        table = path.rpartition(".")[0]
        section = desk.outline.places[table].section if table else request.form.get("section", "")
        if section not in desk.outline.sections:
            raise NotFound

        def change(old: dict[str, Any]) -> dict[str, Any]:
            return fields.restore(old, raw, section=section, table=table)[0]

        return save(self.draw, form_key, change, f"{desk.base}#field-{path}")

    @expose("/<form_key>/design/sections", methods=["POST"])
    def add_section(self, form_key: str) -> ResponseReturnValue:
        """Add a section at the end."""
        desk = self.desk(form_key)
        title = {name: request.form.get(f"title{end}", "").strip() for name, end in (("zh", ""), ("en", "_en"))}
        made: list[str] = []

        def change(raw: dict[str, Any]) -> dict[str, Any]:
            new, key = sections.add(raw, {name: text for name, text in title.items() if text})
            made[:] = [key]
            return new

        try:
            return save(self.draw, form_key, change, lambda: f"{desk.base}#section-{made[0]}")
        except Invalid as error:
            return self.refused(error, f"{desk.base}#add-section")

    @expose("/<form_key>/design/sections/<key>", methods=["GET", "POST"])
    def section(self, form_key: str, key: str) -> ResponseReturnValue:
        """Show, change, move and remove a section."""
        desk = self.desk(form_key)
        raw = desk.outline.sections.get(key)
        if raw is None:
            raise NotFound
        if request.method == "POST":
            try:
                return self._save_section(desk, key)
            except Invalid as error:
                return self.refused(error, f"{desk.base}/sections/{key}")
        title = label_of(raw.get("title")) or Label(key)
        return self.draw(
            "builder/editor/section.html",
            desk,
            title.get(desk.lang),
            heading_lang=foreign(title, desk.lang),
            key=key,
            section_title=title,
            number=list(desk.outline.sections).index(key) + 1,
            rule=next((rule for rule in overview.all_rules(desk) if rule["place"] == f"{key}.visible_when"), None),
            empty=not raw.get("fields"),
            issues=overview.marks(desk).get(("section", key), []),
        )

    def _save_section(self, desk: Desk, key: str) -> ResponseReturnValue:
        if request.form.get("_do") == "remove":
            return save(self.draw, desk.form_key, partial(sections.remove, key=key), desk.base)
        if request.form.get("_do") == "move":
            change = partial(sections.move, key=key, position=_position() or 1)
            return save(self.draw, desk.form_key, change, f"{desk.base}#section-{key}")
        title = {name: request.form.get(f"title{end}", "").strip() for name, end in (("zh", ""), ("en", "_en"))}
        if not title["zh"]:
            raise Invalid(Label("请写分组名称。", "Write the title of the section."))
        said = {name: text for name, text in title.items() if text}
        change = partial(sections.change, key=key, changes={"title": said})
        return save(self.draw, desk.form_key, change, f"{desk.base}#section-{key}")

    @expose("/<form_key>/design/settings", methods=["GET", "POST"])
    def settings(self, form_key: str) -> ResponseReturnValue:
        """Show and change the settings of the form itself."""
        desk = self.desk(form_key)
        controls = settings_page.controls(desk)
        wrong: dict[str, str] = {}
        if request.method == "POST":
            posted = read(controls, request.form)
            wrong = posted.wrong
            if not wrong:
                values = {**posted.values, **settings_page.list_posted(desk, request.form)}
                return save(self.draw, form_key, partial(settings_page.put_settings, values=values), desk.base)
            controls = shown_again(controls, request.form, wrong)
        page = self.draw(
            "builder/editor/settings.html",
            desk,
            gettext("表单设置"),
            controls=controls,
            wrong=wrong,
            published=next((rule for rule in overview.all_rules(desk) if rule["kind"] == "published_when"), None),
            issues=[item for item in overview.told(desk) if item["target"].kind == "setting"],
            **settings_page.list_values(desk),
        )
        return page, 422 if wrong else 200


def _position() -> int | None:
    """Return the posted number of a place, None for the end."""
    text = request.form.get("position", "").strip()
    return number(text) if text else None
