"""The pages of one record: content, verbs, notes, history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.builder.service import workflow_of
from app.database import db
from app.errors import NotFound, language
from app.identity.models import Organization
from app.records import files
from app.records.context import context_for
from app.records.labels import ORIGINS, moment, state_of
from app.records.models import VOID
from app.records.show_page import FILES, NOTHING, Cell, foreign, parts, text_of
from app.workflow import service as workflow
from forms.answers import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.access.actor import Actor
    from app.records.reading import RecordView
    from forms.compiled import Context
    from forms.definition import Definition
    from forms.difference import Change


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


@dataclass(frozen=True, slots=True)
class Difference:
    """A changed answer as text; ``kind`` is new, changed or gone."""

    kind: str
    label: str
    label_lang: str
    old: str
    new: str


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
        title_lang="zh-CN" if lang == "en" and title != NOTHING else foreign(form.title, lang),
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


def reading_context(actor: Actor, view: RecordView) -> Context:
    """Return the context of a record's rules."""
    owner = db.session.get(Organization, view.organization["id"])
    if owner is None:
        raise NotFound
    return context_for(actor, view.definition, owner, state=view.state)


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
    )


def attachments(view: RecordView) -> dict[str, Any]:
    """Return the attachments that a record's plain answers name, by id."""
    wanted: set[str] = set()
    for path, item in view.definition.walk():
        if item.type not in FILES or path in view.masked:
            continue
        table, dot, key = path.rpartition(".")
        holders = rows_of(view.answers.get(table)) if dot else [view.answers]
        for holder in holders:
            value = holder.get(key)
            wanted.update(one for one in value or () if isinstance(one, str) and isinstance(value, list))
    return {found.id: found for found in files.described(wanted)} if wanted else {}


def show(actor: Actor, form_key: str, view: RecordView, actions: Sequence[Any]) -> dict[str, Any]:
    """Return what ``records/show.html`` draws."""
    lang = language()
    notes = [note for note in workflow.notes(actor, form_key, view.id) if note.state != "resolved"]
    found = content(actor, view, lang, [note for note in notes if note.field])
    cells: list[Cell] = [cell for part in found for cell in part.cells]
    deciding = [item for item in actions if item.kind in {"approve", "return"}]
    return {
        "title": view.definition.title.get(lang),
        "base": f"/records/{form_key}",
        "record": head(view, lang),
        "parts": found,
        "general_notes": [note for note in notes if not note.field],
        "actions": buttons((item for item in actions if item not in deciding and item.kind != "void"), lang),
        "review_url": f"/work/{form_key}/{view.id}" if deciding else "",
        "may_edit": may_edit(actor, view),
        "may_void": view.state != VOID and actor.can(view.definition.resource, "D"),
        "revealable": [cell for cell in cells if cell.revealable],
    }


def changes(form: Definition, found: Iterable[Change], lang: str, shown: RecordView) -> list[Difference]:
    """Return the differences that the reader may see, as text; masked ones say only that something changed."""
    result = []
    for change in found:
        key = change.field
        label, label_lang = key, ""
        if form.has(key):
            item = form.field(key)
            label, label_lang = item.label.get(lang), foreign(item.label, lang)
        if change.row is not None:
            label = f"{label} #{change.row}"
        masked = key in shown.masked
        texts = [_text(form, key, value, lang, masked=masked) for value in (change.old, change.new)]
        kind = "new" if texts[0] == NOTHING else "gone" if texts[1] == NOTHING else "changed"
        result.append(Difference(kind, label, label_lang, texts[0], texts[1]))
    return result


def _text(form: Definition, key: str, value: Any, lang: str, *, masked: bool) -> str:
    if value in (None, "", []):
        return NOTHING
    if masked:
        return "***"
    if isinstance(value, dict) and form.has(key) and form.field(key).type == "subtable":
        pairs = (f"{key}.{name}" for name in value if not name.startswith("_"))
        return "；".join(text_of(form, path, value[path.partition(".")[2]], lang) for path in pairs if form.has(path))
    return text_of(form, key, value, lang) if form.has(key) else str(value)


def history(_actor: Actor, form_key: str, view: RecordView, revisions: Sequence[Any]) -> dict[str, Any]:
    """Return what ``records/history.html`` draws, the newest revision first."""
    lang = language()
    flow = workflow_of(view.definition)
    entries = []
    for revision in sorted(revisions, key=lambda item: item.no):
        state, tone, state_lang = state_of(flow, revision.state, lang)
        verb = flow.verb(revision.verb) if flow is not None and revision.verb else None
        entries.append(
            {
                "no": revision.no,
                "verb": verb.label.get(lang) if verb is not None else "",
                "verb_lang": foreign(verb.label, lang) if verb is not None else "",
                "state": state,
                "state_lang": state_lang,
                "tone": tone,
                "author": revision.by,
                "at": moment(revision.at),
                "origin": str(ORIGINS.get(revision.origin, revision.origin)),
                "form_version": revision.form_version,
                "comment": revision.comment or "",
                "changes": changes(view.definition, revision.changes, lang, view),
            }
        )
    return {
        "title": view.definition.title.get(lang),
        "base": f"/records/{form_key}",
        "record": head(view, lang),
        "entries": entries[::-1],
    }
