"""Trying a draft out: the real entry page with answers that are thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_appbuilder import expose
from flask_babel import gettext

from app.builder.editor import preview
from app.builder.editor.field_page import named_things
from app.builder.editor.views import EditorPages
from app.records.entry.renderer import action_of, change_rows
from forms.entry_form import read_post

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class FormPreviewView(EditorPages):
    """预览."""

    @expose("/<form_key>/preview", methods=["GET", "POST"])
    def preview(self, form_key: str) -> ResponseReturnValue:
        """Draw the draft as somebody in a role would fill it in; nothing is stored."""
        desk = self.desk(form_key)
        form = preview.compiled(desk)
        if form is None:
            return self.draw("builder/editor/unready.html", desk, gettext("预览"), issues=preview.obstacles(desk))
        role = request.args.get("role", "")
        known = preview.context(desk, role)
        answers: dict[str, Any] = preview.start(form, known)
        checked = False
        if request.method == "POST":
            raw, do = read_post(form, request.form), action_of(request.form)
            raw = change_rows(form.definition, raw, do) if do.changes_rows else raw
            answers, _ = form.clean(raw, context=known)
            checked = do.verb == "submit"
        framed, phone = request.args.get("framed") == "1", request.args.get("width") == "phone"
        query = {"role": role, **({"framed": "1"} if framed else {})}
        return self.draw(
            "builder/editor/preview.html",
            desk,
            gettext("预览"),
            page=preview.page(desk, form, answers, known, checked=checked, query=query),
            passed=checked and not [p for p in form.validate(answers, context=known) if p.level == "error"],
            reasons=preview.reasons(desk, form, answers, known),
            roles=named_things(desk, "roles"),
            role=role,
            phone=phone and not framed,
            framed=framed,
            trying=True,
        )
