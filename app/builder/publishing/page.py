"""What the page shows from which a draft is published: differences, what stands against it, what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.builder import service
from app.builder.catalogue import code_lists
from app.builder.checking import errors_of, issues_of
from app.builder.editor.desk import Desk, open_desk
from app.builder.history.difference_page import Line, before_publishing, compared, names_of_things, with_names
from app.builder.labels import CHANGES
from app.builder.models import Form, FormDraftState
from app.builder.publishing import approval
from app.builder.publishing.approval import pending
from app.builder.publishing.dry_run import dry_run
from app.builder.publishing.impact import FIRST, change_class, published
from app.builder.publishing.request_page import REASONS
from app.builder.publishing.retyping import retyped
from app.builder.publishing.touching import under_way
from app.database import db
from app.records.reading.show_page import foreign
from forms.answers.difference import definition_changes
from forms.files.loading import DefinitionError, parse_definition
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.access.actor import Actor
    from app.builder.models import FormDraft
    from forms.definition import Definition
    from forms.files.loading import Issue


@dataclass(frozen=True, slots=True)
class Told:
    """An issue of the draft as it is drawn."""

    path: str
    text: str
    #: Where it is mended.
    address: str = ""


def publish_values(actor: Actor, form_key: str, lang: str) -> dict[str, Any]:
    """Return what the template needs. Raises ``NotAllowed``, ``NotFound``."""
    desk = open_desk(actor, form_key, lang)
    draft = desk.draft
    form = db.session.get(Form, form_key)
    assert form is not None  # noqa: S101 - a draft has a form
    issues = issues_of(draft.definition)
    errors = errors_of(issues)
    names = names_of_things(lang)
    old = published(form_key)
    title = Label.of(draft.definition.get("title") or form_key)
    new = _parsed(draft.definition) if not errors else None
    lines: list[Line] = []
    grade = ""
    if new is not None:
        if old is not None:
            survey = dry_run(actor, form_key) if retyped(old, new) else None
            lines = before_publishing(form_key, old, new, lang, survey)
        changes = definition_changes(old, new)
        grade = FIRST if old is None else change_class([{"class": change.change_class} for change in changes])
    return {
        "form": form,
        "new": new,
        "draft": draft,
        "title": title.get(lang),
        "title_lang": foreign(title, lang),
        "errors": list(_told(errors, names, desk)),
        "warnings": list(_told([issue for issue in issues if issue not in errors], names, desk)),
        "same": old is not None and dict(old.source) == draft.definition,
        "lines": lines,
        "grade": CHANGES.get(grade, grade),
        "first": grade == FIRST,
        "fields": len(new.paths) if new is not None else 0,
        "grave": sum(line.grave for line in lines),
        "going_on": [label.get(lang) for label in under_way(form_key)] if old is not None else [],
        "choosing": any(line.choice for line in lines),
        "may_publish": actor.can(service.DESIGN, "P"),
        "second": [REASONS[name] for name in _second(actor, form, draft, old, new)],
        "asked": pending(draft),
    }


def _second(
    actor: Actor, form: Form, draft: FormDraft, old: Definition | None, new: Definition | None
) -> tuple[str, ...]:
    """Return why a second person is needed whom nobody has been yet."""
    if new is None:
        return ()
    reasons = approval.reasons_for(form.publish_policy, old, new)
    return reasons if approval.needed(actor, draft, reasons) else ()


def _parsed(raw: dict[str, Any]) -> Definition | None:
    try:
        return parse_definition(raw, code_lists())
    except DefinitionError:
        return None


def _told(issues: Iterable[Issue], names: dict[str, str], desk: Desk) -> Iterable[Told]:
    for issue in issues:
        text = with_names(issue.message.get(desk.lang), names)
        yield Told(issue.path, text, desk.mended_at(issue))


def changed_since(draft: FormDraft, seen: int | None, lang: str) -> list[Line]:
    """Return what has changed in the draft since its lock version was *seen*; nothing where that cannot be told."""
    state = db.session.get(FormDraftState, (draft.form_key, seen or 0))
    before = _parsed(state.definition) if state is not None else None
    now = _parsed(draft.definition)
    return compared(before, now, lang) if before is not None and now is not None else []
