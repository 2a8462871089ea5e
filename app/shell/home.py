"""The start page: what waits for me, what I have begun, what was told to me."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, redirect, render_template
from flask_babel import gettext

from app.access.actor import current_actor
from app.builder.service import definition, forms_for
from app.campaigns.progress import due
from app.campaigns.views import STATUSES
from app.database import unit_of_work
from app.errors import language
from app.exchange.requests.deciding import waiting
from app.exchange.requests.page import lines
from app.notify import service as notify
from app.records.labels import TONES, moment
from app.records.reading.show_page import foreign
from app.workflow.worklist import FILL, REVIEW, work_list

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor

_SHOWN = 8
_KEPT = 100


def _fillable(actor: Actor) -> list[dict[str, str]]:
    lang = language()
    found = []
    for head in forms_for(actor, "C"):
        form = definition(head.key)
        if actor.role in form.fill_roles:
            title, lang_of = form.title.get(lang), foreign(form.title, lang)
            found.append({"form": form.key, "title": title, "lang": lang_of, "href": f"/records/{form.key}/add"})
    return found


def _forms(actor: Actor) -> list[dict[str, str]]:
    """Return the lists that the actor may look at."""
    lang = language()
    return [
        {"title": head.title.get(lang), "lang": foreign(head.title, lang), "href": f"/records/{head.key}/list"}
        for head in forms_for(actor)
    ]


def home() -> ResponseReturnValue:
    """Show the start page."""
    actor = current_actor()
    fillable = _fillable(actor)
    decisions = waiting(actor)
    reviews, fills = (work_list(actor, limit=_SHOWN, only=kind) for kind in (REVIEW, FILL))
    return render_template(
        "shell/home.html",
        title=gettext("工作台"),
        reviews=bool(forms_for(actor, "A")),
        review_count=reviews.counts[REVIEW],
        review_items=reviews.items,
        fill_count=fills.counts[FILL],
        fill_items=fills.items,
        decisions=lines(decisions[:_SHOWN], language()),
        decision_count=len(decisions),
        due_items=due(actor, limit=_SHOWN),
        may_fill={item["form"] for item in fillable},
        statuses=STATUSES,
        tones=TONES,
        fillable=fillable,
        forms=_forms(actor),
        messages=notify.inbox(actor, unread_only=True, limit=_SHOWN),
        moment=moment,
        appbuilder=current_app.extensions.get("appbuilder"),
    )


def messages() -> ResponseReturnValue:
    """Show what was told, read or not."""
    return render_template(
        "shell/messages.html",
        title=gettext("通知"),
        messages=notify.inbox(current_actor(), limit=_KEPT),
        moment=moment,
        appbuilder=current_app.extensions.get("appbuilder"),
    )


def read_messages() -> ResponseReturnValue:
    """Mark what was told as read."""
    with unit_of_work():
        notify.mark_read(current_actor())
    return redirect("/messages/")


def init_app(app: Flask) -> None:
    """Put the start page in the place of the framework's."""
    app.view_functions["IndexView.index"] = home
    app.add_url_rule("/messages/", "messages", messages, methods=["GET"])
    app.add_url_rule("/messages/read", "read_messages", read_messages, methods=["POST"])
