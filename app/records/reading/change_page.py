"""What changed in a record, in words: the history of its revisions, and the differences since the last submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.builder.service import definition, workflow_of
from app.errors import language
from app.records.labels import ORIGINS, author, moment, state_of
from app.records.reading.record_page import head
from app.records.reading.show_page import NOTHING, foreign, place_of, text_of
from forms.answers.answer import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from forms.answers.difference import Change
    from forms.definition import Definition


@dataclass(frozen=True, slots=True)
class Difference:
    """A changed answer as text; ``kind`` is new, changed or gone."""

    kind: str
    label: str
    label_lang: str
    old: str
    new: str


def changes(form: Definition, found: Iterable[Change], lang: str, shown: RecordView) -> list[Difference]:
    """Return the differences that the reader may see, as text; masked ones say only that something changed."""
    result = []
    for change in found:
        key = change.field
        label_lang = foreign(form.field(key).label, lang) if form.has(key) else ""
        masked = key in shown.masked
        texts = [_text(form, key, value, lang, masked=masked) for value in (change.old, change.new)]
        kind = "new" if texts[0] == NOTHING else "gone" if texts[1] == NOTHING else "changed"
        result.append(Difference(kind, place_of(form, key, change.row, lang), label_lang, texts[0], texts[1]))
    return result


def _text(form: Definition, key: str, value: Any, lang: str, *, masked: bool) -> str:
    if value in (None, "", []):
        return NOTHING
    if masked:
        return value if isinstance(value, str) else "***"
    if isinstance(value, dict) and form.has(key) and form.field(key).fields:
        return _row_text(form, key, value, lang)
    return text_of(form, key, value, lang) if form.has(key) else str(value)


def _row_text(form: Definition, table: str, row: dict[str, Any], lang: str) -> str:
    """Return a row that came or went, each cell behind its label."""
    colon, between = (": ", "; ") if lang == "en" else ("：", "；")
    return between.join(
        f"{item.label.get(lang)}{colon}{text_of(form, f'{table}.{item.key}', row[item.key], lang)}"
        for item in form.field(table).fields
        if not is_empty(row.get(item.key))
    )


def _step(verb: str | None) -> str:
    """Return what a step outside the workflow is called."""
    return str({"void": gettext("作废"), "submit": gettext("提交")}.get(verb or "") or gettext("保存"))


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
                "verb": verb.label.get(lang) if verb is not None else _step(revision.verb),
                "verb_lang": foreign(verb.label, lang) if verb is not None else "",
                "state": state,
                "state_lang": state_lang,
                "tone": tone,
                "author": author(revision.by),
                "at": moment(revision.at),
                "origin": str(ORIGINS.get(revision.origin, revision.origin)),
                "form_version": revision.form_version,
                "comment": revision.comment or "",
                # Under the labels of then.
                "changes": changes(definition(form_key, revision.form_version), revision.changes, lang, view),
            }
        )
    return {
        "title": view.definition.title.get(lang),
        "base": f"/records/{form_key}",
        "record": head(view, lang),
        "entries": entries[::-1],
    }
