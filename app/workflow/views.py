"""The review screens: what waits for me, and one record beside the list with what has changed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext

from app.access import screens
from app.access.actor import current_actor
from app.access.query import require
from app.builder.service import head as form_head
from app.database import unit_of_work
from app.errors import Conflict, Invalid, language
from app.extensions import appbuilder
from app.identity.resuming import keep
from app.records import service as records
from app.records.labels import moment
from app.records.reading import change_page, record_page
from app.records.reading.opinions import opinions
from app.records.reading.show_page import foreign, place_of
from app.records.views import lock_of_post
from app.workflow import service
from app.workflow.worklist import REVIEW, WorkList, work_list
from forms.answers.answer import rows_of
from forms.answers.difference import differences
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.access.actor import Actor
    from app.records.reading.record import RecordView

_LISTED = 50
_NOTE_ROWS = 3


class WorkView(BaseView):  # type: ignore[misc]
    """待我审核."""

    route_base = "/work"
    class_permission_name = "work"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> ResponseReturnValue:
        """List what waits for me."""
        waiting = waiting_of(current_actor())
        return str(
            self.render_template("workflow/work.html", title=gettext("待我审核"), waiting=waiting, moment=moment)
        )

    @expose("/<form_key>/<pk>", methods=["GET"])
    def review(self, form_key: str, pk: str) -> ResponseReturnValue:
        """Show one record for a decision."""
        return self._page(form_key, pk), 200

    def _page(self, form_key: str, pk: str, error: str = "") -> str:
        actor, lang = current_actor(), language()
        require(actor, form_head(form_key).resource, "V")
        view = records.read(actor, form_key, pk)
        actions = service.available(actor, form_key, view)
        deciding = [item for item in actions if item.kind in {"approve", "return", "other", "void"}]
        notes = opinions(view, service.notes(actor, form_key, pk), lang)
        places = _places(view, lang)
        return str(
            self.render_template(
                "workflow/review.html",
                title=gettext("待我审核"),
                waiting=waiting_of(actor),
                moment=moment,
                base=f"/records/{form_key}",
                form_key=form_key,
                record=record_page.head(view, lang),
                parts=record_page.content(actor, view, lang, [note for note in notes if note.field]),
                notes=notes,
                duplicates=record_page.suspected(actor, view, lang),
                changes=_since_last(actor, form_key, view, lang),
                actions=record_page.buttons(deciding, lang),
                places=places,
                note_rows=_note_rows(view, places, lang),
                error=error,
                posted=request.form,
                written=[
                    text for text in request.form.getlist("comment") + request.form.getlist("note-text") if text.strip()
                ],
            )
        )

    @expose("/<form_key>/<pk>/<verb>", methods=["POST"])
    def decide(self, form_key: str, pk: str, verb: str) -> ResponseReturnValue:
        """Take a step with a comment and notes on fields; then go on with the next record."""
        try:
            with unit_of_work():
                service.perform(
                    current_actor(), form_key, pk, verb,
                    lock_version=lock_of_post(), comment=request.form.get("comment", ""), notes=_posted_notes(),
                )  # fmt: skip
        except (Invalid, Conflict) as problem:
            # Somebody else may have decided meanwhile: what was written stays on the page, beside what is there now.
            lines = [item.message.get(language()) for item in problem.errors] or [problem.message.get(language())]
            return self._page(form_key, pk, " ".join(dict.fromkeys(lines))), problem.status
        flash(gettext("已办理。"), "success")
        for item in waiting_of(current_actor()).items:
            return redirect(f"/work/{item.form_key}/{item.record_id}")
        return redirect("/work/")


def waiting_of(actor: Actor) -> WorkList:
    """Return what the actor has to decide about, without what he has to fill."""
    found = work_list(actor, limit=_LISTED, only=REVIEW)
    return WorkList(found.items, {REVIEW: found.counts[REVIEW]})


@dataclass(frozen=True, slots=True)
class Place:
    """What a note may be about: a field, or with ``@row`` a row of a sub-table or a cell of it."""

    code: str
    label: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note being written; ``listed`` tells whether its place is one of those offered."""

    place: str = ""
    text: str = ""
    label: str = ""
    listed: bool = True


def _posted_notes() -> list[dict[str, Any]]:
    """Return the notes of the post: one row each of ``note-field`` and ``note-text``; empty ones are left out."""
    rows = zip(request.form.getlist("note-field"), request.form.getlist("note-text"), strict=False)
    return [
        {"field": _field_of(place), "row": _row_of(place), "text": text.strip(), "severity": "must"}
        for place, text in rows
        if text.strip()
    ]


def _field_of(place: str) -> str:
    return place.partition("@")[0]


def _row_of(place: str) -> int | None:
    row = place.partition("@")[2]
    return int(row) if row.isascii() and row.isdecimal() and len(row) < 6 else None


def _note_rows(view: RecordView, places: list[Place], lang: str) -> list[NoteRow]:
    """Return the rows to write notes in: what was posted before a refusal, and at least three."""
    known = {place.code for place in places}
    rows = [
        NoteRow(place, text, place_of(view.definition, _field_of(place), _row_of(place), lang), place in {"", *known})
        for place, text in zip(request.form.getlist("note-field"), request.form.getlist("note-text"), strict=False)
    ]
    return rows + [NoteRow()] * (_NOTE_ROWS - len(rows))


def _places(view: RecordView, lang: str) -> list[Place]:
    """Return what a note may be about without a script: the fields that the reviewer sees, and rows of sub-tables."""
    found = []
    for item in view.definition.fields:
        if item.key in view.hidden or not field_type(item.type).stores:
            continue
        found.append(Place(item.key, item.label.get(lang), foreign(item.label, lang)))
        if item.fields:
            count = len(rows_of(view.answers.get(item.key)))
            found += [
                Place(f"{item.key}@{no}", place_of(view.definition, item.key, no, lang)) for no in range(1, count + 1)
            ]
    return found


def _since_last(actor: Actor, form_key: str, view: RecordView, lang: str) -> list[change_page.Difference] | None:
    """Return what changed since the submission before this one; ``None`` for a first submission."""
    revisions = sorted(records.revisions(actor, form_key, view.id), key=lambda item: item.no)
    submissions = _submissions(actor, form_key, view.id)
    before = [item for item in revisions if item.no in submissions]
    if len(before) < 2:
        return None
    changed = differences(before[-2].answers, before[-1].answers, view.definition)
    return change_page.changes(view.definition, changed, lang, view)


def _submissions(actor: Actor, form_key: str, record_id: str) -> set[int]:
    events: Sequence[Any] = service.history(actor, form_key, record_id)
    return {event.revision_no for event in events if event.kind == "submit"}


def init_app(app: Flask) -> None:
    """Register the screens."""
    app.register_blueprint(Blueprint("workflow_templates", "app.workflow", template_folder="templates"))
    screens.register("work", screens.signed_in)
    appbuilder.add_view_no_menu(WorkView())
    keep("WorkView.decide")
