"""The pages of code lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access.actor import current_actor
from app.access.query import require
from app.builder import service
from app.builder.code_lists.page import list_values, lists_values
from app.builder.code_lists.saving import code_list, create, save
from app.builder.history.page import number
from app.database import unit_of_work
from app.errors import BadRequest, Conflict, Invalid, language
from forms import code_list_editing as editing
from forms.files.loading import DefinitionError
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue


class CodeListsView(BaseView):  # type: ignore[misc]
    """码表."""

    route_base = "/forms/lists"
    class_permission_name = "forms"
    default_view = "lists"

    @expose("/", methods=["GET"])
    def lists(self) -> ResponseReturnValue:
        """List the code lists."""
        require(current_actor(), service.DESIGN, "V")
        return self._lists()

    def _lists(self, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        page = self.render_template(
            "builder/lists.html",
            heading=gettext("码表"),
            wrong=wrong,
            given=request.form,
            may_design=current_actor().can(service.DESIGN, "F"),
            **lists_values(request.args.get("q", "").strip()[:100], language()),
        )
        return str(page), status

    @expose("/", methods=["POST"])
    def add_list(self) -> ResponseReturnValue:
        """Create a list, with the options that were pasted."""
        actor, given = current_actor(), request.form
        require(actor, service.DESIGN, "F")
        key, title = given.get("key", "").strip(), given.get("title_zh", "").strip()
        try:
            raw = _new(key, title, given.get("title_en", "").strip(), given.get("text", ""))
            with unit_of_work():
                create(actor, key, raw)
        except DefinitionError as error:
            return self._lists("；".join(issue.message.get(language()) for issue in error.issues[:5]), 422)
        except (Invalid, Conflict) as error:
            return self._lists(error.message.get(language()), 422)
        return redirect(f"/forms/lists/{key}")

    @expose("/<key>", methods=["GET"])
    def show_list(self, key: str) -> ResponseReturnValue:
        """Show a list with where it is used."""
        return self._show(key)

    def _show(self, key: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
        actor = current_actor()
        values = list_values(code_list(actor, key), request.args, language())
        page = self.render_template(
            "builder/list_options.html",
            wrong=wrong,
            given=request.form,
            may_design=actor.can(service.DESIGN, "F"),
            **values,
        )
        return str(page), status

    @expose("/<key>", methods=["POST"])
    def change_list(self, key: str) -> ResponseReturnValue:
        """Change one thing of a list."""
        actor, given = current_actor(), request.form
        require(actor, service.DESIGN, "F")
        found = code_list(actor, key)
        try:
            raw, told = _changed(found.items, given)
            with unit_of_work():
                job = save(actor, key, number(given.get("stamp")) or 0, raw)
        except DefinitionError as error:
            return self._show(key, "；".join(issue.message.get(language()) for issue in error.issues[:5]), 422)
        except Invalid as error:
            lines = [item.message.get(language()) for item in error.errors[:5]]
            return self._show(key, "；".join(lines) or error.message.get(language()), 422)
        except Conflict as error:
            return self._show(key, error.message.get(language()), 409)
        if job is not None:
            return redirect(f"/jobs/{job.id}")
        flash(told, "success")
        code = given.get("code", "") if given.get("do") in {"save", "retire", "restore"} else ""
        return redirect(f"/forms/lists/{key}" + (f"?code={code}#option" if code.isalnum() else ""))


def _new(key: str, title: str, english: str, text: str) -> dict[str, Any]:
    """Return a new list as it is written. Raises ``Invalid``, DefinitionError."""
    if not (key.isascii() and key.isidentifier() and key.islower() and len(key) <= 48):
        raise Invalid(Label("标识须为小写字母、数字或下划线，以字母开头。", "A key has small letters, digits or _."))
    if not title:
        raise Invalid(Label("请填码表名称。", "Give the list a title."))
    titles = {"zh": title, **({"en": english} if english else {})}
    raw, _new_options, _renamed = editing.pasted({"key": key, "title": titles, "items": []}, text)
    return raw


def _changed(raw: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return the list after what the posted page asks for, and what to say of it. Raises DefinitionError."""
    code = given.get("code", "")
    match given.get("do"):
        case "title":
            titles = {name: given.get(f"title_{name}", "").strip() for name in ("zh", "en")}
            if not titles["zh"]:
                raise Invalid(Label("请填码表名称。", "Give the list a title."))
            return {**raw, "title": {name: text for name, text in titles.items() if text}}, gettext("已改名。")
        case "add":
            zh, en = given.get("zh", ""), given.get("en", "")
            return editing.added(raw, code, zh, en, given.get("parent", "").strip()), gettext("已添加。")
        case "save":
            found = editing.renamed(raw, code, given.get("zh", ""), given.get("en", ""))
            to = number(given.get("place") or None)
            return (editing.moved(found, code, to) if to is not None else found), gettext("已保存。")
        case "retire":
            return editing.retired(raw, code, retire=True), gettext("已停用：已填的保留，今后不能再选。")
        case "restore":
            return editing.retired(raw, code, retire=False), gettext("已恢复。")
        case "paste":
            found, new, renamed = editing.pasted(raw, given.get("text", ""))
            return found, gettext("新增 %(new)s 项，改名 %(renamed)s 项。", new=new, renamed=renamed)
        case _:
            raise BadRequest
