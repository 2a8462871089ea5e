"""The canvas of the form builder: one page, which talks to the same API as everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from flask_appbuilder import BaseView, expose

from app.access import screens
from app.access.actor import current_actor
from app.builder import service
from app.builder.canvas.model import page_data
from app.builder.canvas.texts import canvas_texts
from app.errors import language
from app.extensions import appbuilder
from app.records.reading.show_page import foreign
from app.shell.assets import asset
from forms.labels import Label

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue


class CanvasView(BaseView):  # type: ignore[misc]
    """设计画布."""

    route_base = "/forms"
    class_permission_name = "canvas"
    default_view = "canvas"

    @expose("/<form_key>/canvas", methods=["GET"])
    def canvas(self, form_key: str) -> ResponseReturnValue:
        """Show the canvas of a form's draft."""
        actor = current_actor()
        draft = service.draft(actor, form_key)
        lang = language()
        title = Label.of(draft.definition.get("title") or form_key)
        data = {
            **page_data(draft),
            "user": actor.user_id,
            "language": lang,
            "texts": canvas_texts(),
            "sprite": asset("vendor/icons/sprite.svg"),
            "back": f"/forms/{form_key}" if draft.based_on else "/forms/",
            "draft": f"/api/v1/forms/{form_key}/draft",
            "naming": f"/api/v1/forms/{form_key}/keys",
            "formula": f"/api/v1/forms/{form_key}/formula",
            "check": f"/api/v1/forms/{form_key}/check",
            "preview": f"/forms/{form_key}/preview",
            "list": f"/forms/{form_key}/design",
            "lists": "/forms/lists/",
            "publish": f"/forms/{form_key}/publish",
        }
        return str(
            self.render_template(
                "builder/canvas.html",
                title=title.get(lang),
                title_lang=foreign(title, lang),
                data=orjson.dumps(data).decode(),
                form_key=form_key,
            )
        )


def init_app(_app: Flask) -> None:
    """Register the screen."""
    screens.register("canvas", screens.by_resource(service.DESIGN, {"canvas": "F"}))
    appbuilder.add_view_no_menu(CanvasView())
