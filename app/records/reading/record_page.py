"""The page of one record: head, content, verbs, notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.builder.service import workflow_of
from app.errors import language
from app.records import files
from app.records.labels import moment, state_of
from app.records.models import VOID
from app.records.reading.context import reading_context
from app.records.reading.opinions import opinions, returned
from app.records.reading.show_page import NOTHING, Cell, foreign, lang_of_data, parts, text_of
from app.records.versions import quarantine, upgrading
from app.records.versions.pages import drawer
from app.records.writing import duplicates
from app.workflow import service as workflow
from forms.answers.answer import rows_of
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from forms.definition import Definition


@dataclass(frozen=True, slots=True)
class Shown:
    """The head of a record's pages."""

    id: str
    title: str
    title_lang: str
    form_title: str
    form_lang: str
    serial: str
    state_label: str
    state_lang: str
    tone: str
    organization: str
    form_version: int
    lock_version: int
    updated_at: str
    submitted_at: str


@dataclass(frozen=True, slots=True)
class Button:
    """A verb as a button."""

    verb: str
    label: str
    lang: str
    kind: str
    needs_comment: bool
    tone: str


def head(view: RecordView, lang: str) -> Shown:
    """Return the head of a record's pages."""
    form = view.definition
    name = form.title_field
    title = NOTHING
    if name is not None and name not in view.hidden:
        title = text_of(form, name, view.answers.get(name), lang, masked=name in view.masked)
    text, tone, state_lang = state_of(workflow_of(form), view.state, lang)
    shown_form = form.title.get(lang)
    return Shown(
        id=view.id,
        title=shown_form if title == NOTHING else title,
        title_lang=foreign(form.title, lang) if title == NOTHING else lang_of_data(title, lang),
        form_title=shown_form,
        form_lang=foreign(form.title, lang),
        serial=view.serial,
        state_label=text,
        state_lang=state_lang,
        tone=tone,
        organization=view.organization["name"],
        form_version=view.form_version,
        lock_version=view.lock_version,
        updated_at=moment(view.updated_at),
        submitted_at=moment(view.submitted_at),
    )


def buttons(actions: Iterable[Any], lang: str) -> list[Button]:
    """Return verbs as buttons."""
    return [
        Button(item.verb, item.label.get(lang), foreign(item.label, lang), item.kind, item.needs_comment, item.tone)
        for item in actions
    ]


def may_edit(actor: Actor, view: RecordView) -> bool:
    """Tell whether to offer the entry page; the service decides when it is posted."""
    form = view.definition
    if view.state == VOID or not actor.can(form.resource, "U"):
        return False
    flow = workflow_of(form)
    if flow is None:
        return not form.fill_roles or actor.role in form.fill_roles
    state = flow.states.get(view.state)
    return state is not None and actor.role in state.editable_by


def content(actor: Actor, view: RecordView, lang: str, notes: Iterable[Any] = ()) -> list[Any]:
    """Return a record's sections as text."""
    state = view.compiled.evaluate(view.answers, context=reading_context(actor, view))
    return parts(
        view.definition,
        view.answers,
        lang,
        masked=view.masked,
        hidden=view.hidden,
        visible=state.visible,
        modes=view.modes,
        notes=notes,
        files=attachments(view),
        asides=quarantine.of_views(actor, view.definition.key, [view]).get(view.id, ()),
    )


def attachments(view: RecordView) -> dict[str, Any]:
    """Return the attachments that a record's plain answers name, by id."""
    return files_named(view.definition, view.answers, view.masked)


def files_named(form: Definition, answers: Mapping[str, Any], masked: Collection[str] = ()) -> dict[str, Any]:
    """Return the attachments that answers name, by id: those that the present actor may view or has uploaded."""
    wanted: set[str] = set()
    for path, item in form.walk():
        if not field_type(item.type).attachment or path in masked:
            continue
        table, dot, key = path.rpartition(".")
        holders = rows_of(answers.get(table)) if dot else [answers]
        for holder in holders:
            value = holder.get(key)
            wanted.update(one for one in value or () if isinstance(one, str) and isinstance(value, list))
    return {found.id: found for found in files.described(wanted)} if wanted else {}


@dataclass(frozen=True, slots=True)
class Suspected:
    """Another organization's record that may speak of the same thing."""

    id: str
    serial: str
    organization: str
    state_label: str
    state_lang: str
    tone: str


def suspected(actor: Actor, view: RecordView, lang: str) -> list[Suspected]:
    """Return the records that collide with one over the whole city, for who reviews both; for others none."""
    flow = workflow_of(view.definition)
    found = []
    for item in duplicates.of(actor, view.definition.key, [view.id]).get(view.id, ()):
        text, tone, state_lang = state_of(flow, item.state, lang)
        found.append(Suspected(item.id, item.serial, item.organization["name"], text, state_lang, tone))
    return found


def show(actor: Actor, form_key: str, view: RecordView, actions: Sequence[Any]) -> dict[str, Any]:
    """Return what ``records/show.html`` draws."""
    lang = language()
    notes = opinions(view, workflow.notes(actor, form_key, view.id), lang)
    found = content(actor, view, lang, [note for note in notes if note.field])
    cells: list[Cell] = [cell for part in found for cell in part.cells]
    deciding = [item for item in actions if item.kind in {"approve", "return"}]
    return {
        "title": view.definition.title.get(lang),
        "base": f"/records/{form_key}",
        "record": head(view, lang),
        "parts": found,
        "notes": notes,
        "returned": returned(actor, form_key, view),
        "duplicates": suspected(actor, view, lang),
        "actions": buttons((item for item in actions if item not in deciding and item.kind != "void"), lang),
        "review_url": f"/work/{form_key}/{view.id}" if deciding else "",
        "may_edit": may_edit(actor, view),
        "may_void": view.state != VOID and actor.can(view.definition.resource, "D"),
        "revealable": [cell for cell in cells if cell.revealable],
        "drawer": drawer(upgrading.unasked(actor, form_key, view)),
    }
