"""The start page: what waits for me, what I have begun, what was told to me."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, redirect, render_template
from flask_babel import gettext

from app.access.actor import current_actor
from app.builder.service import definition, forms_for
from app.database import unit_of_work
from app.errors import language
from app.notify import service as notify
from app.records.labels import TONES, moment
from app.records.show_page import foreign
from app.workflow.worklist import FILL, REVIEW, work_list

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor

_SHOWN = 8


def _fillable(actor: Actor) -> list[dict[str, str]]:
    lang = language()
    found = []
    for head in forms_for(actor, "C"):
        form = definition(head.key)
        if actor.role in form.fill_roles:
            title, lang_of = form.title.get(lang), foreign(form.title, lang)
            found.append({"title": title, "lang": lang_of, "href": f"/records/{form.key}/add"})
    return found


def home() -> ResponseReturnValue:
    """Show the start page."""
    actor = current_actor()
    waiting = work_list(actor, limit=50)
    return render_template(
        "shell/home.html",
        title=gettext("工作台"),
        reviews=bool(forms_for(actor, "A")),
        review_count=waiting.counts[REVIEW],
        review_items=[item for item in waiting.items if item.kind == REVIEW][:_SHOWN],
        fill_items=[item for item in waiting.items if item.kind == FILL][:_SHOWN],
        tones=TONES,
        fillable=_fillable(actor),
        messages=notify.inbox(actor, unread_only=True, limit=_SHOWN),
        moment=moment,
        appbuilder=current_app.extensions.get("appbuilder"),
    )


def read_messages() -> ResponseReturnValue:
    """Mark what was told as read."""
    with unit_of_work():
        notify.mark_read(current_actor())
    return redirect("/")


def init_app(app: Flask) -> None:
    """Put the start page in the place of the framework's."""
    app.view_functions["IndexView.index"] = home
    app.add_url_rule("/messages/read", "read_messages", read_messages, methods=["POST"])
