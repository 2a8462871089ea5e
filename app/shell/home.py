"""The start page: what waits for me, what I have begun, what was told to me."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app, redirect, render_template
from flask_babel import gettext

from app.access.actor import current_actor
from app.builder.service import definition, forms_for, workflow_of
from app.database import db, unit_of_work
from app.errors import language
from app.notify import service as notify
from app.records.labels import moment, state_of
from app.records.models import Record
from app.records.show_page import foreign
from app.workflow.queue import work_list

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor

_SHOWN = 8


def _begun(actor: Actor) -> list[dict[str, Any]]:
    """Return the records of one's own organization that one may go on with, latest first."""
    lang = language()
    places = []
    for head in forms_for(actor, "U"):
        flow = workflow_of(definition(head.key))
        states = flow.states.values() if flow is not None else ()
        open_states = [state.key for state in states if actor.role in state.editable_by]
        if open_states:
            places.append(sa.and_(Record.form_key == head.key, Record.state.in_(open_states)))
    if not places or actor.organization_id is None:
        return []
    statement = (
        sa.select(Record)
        .where(sa.or_(*places), Record.organization_id == actor.organization_id)
        .order_by(Record.updated_at.desc())
        .limit(_SHOWN)
    )
    found = []
    for record in db.session.scalars(statement):
        form = definition(record.form_key)
        text, tone, state_lang = state_of(workflow_of(form), record.state, lang)
        found.append({
            "title": form.title.get(lang),
            "lang": foreign(form.title, lang),
            "serial": record.serial,
            "href": f"/records/{form.key}/edit/{record.id}",
            "state": text,
            "state_lang": state_lang,
            "tone": tone,
            "at": moment(record.updated_at),
        })
    return found


def _fillable(actor: Actor) -> list[dict[str, str]]:
    lang = language()
    found = []
    for head in forms_for(actor, "C"):
        form = definition(head.key)
        if actor.role in form.fill_roles:
            found.append({"title": form.title.get(lang), "lang": foreign(form.title, lang), "href": f"/records/{form.key}/add"})
    return found


def home() -> ResponseReturnValue:
    """Show the start page."""
    actor = current_actor()
    reviews = bool(forms_for(actor, "A") or forms_for(actor, "R"))
    return render_template(
        "shell/home.html",
        title=gettext("工作台"),
        waiting=work_list(actor, limit=_SHOWN) if reviews else None,
        begun=_begun(actor),
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
