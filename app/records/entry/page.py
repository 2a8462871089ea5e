"""Builds the page model of a form: sections, fields, rows, what is wrong and what a reviewer said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.records.entry.client import client_rules
from app.records.entry.fields import FieldBuilder
from app.records.entry.model import Conflict, EntryPage, NewVersion, RecordHead, Urls, Whose
from app.records.entry.paper import paper_of
from app.records.entry.reply import shown
from app.records.entry.said import Said
from app.records.entry.texts import client_texts
from app.records.reading.show_page import foreign

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from forms.answers.problems import Problem
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition


def entry_page(
    compiled: CompiledForm,
    answers: Mapping[str, Any],
    *,
    context: Context,
    urls: Urls,
    mode: str,
    lang: str,
    record: RecordHead | None = None,
    problems: Iterable[Problem] = (),
    notes: Iterable[Any] = (),
    masked: Collection[str] = (),
    hidden: Collection[str] = (),
    references: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    conflicts: Iterable[Mapping[str, Any]] = (),
    submit_label: str | None = None,
    returned: Any = None,
    campaigns: Sequence[Any] = (),
    campaign: str = "",
    new_version: NewVersion | None = None,
    closed: Collection[str] = (),
    keeps: bool = True,
    whose: Whose | None = None,
) -> EntryPage:
    """Return the page of a record (or of a new one) in *mode* add, edit, preview or print.

    *answers* are cleaned answers; what does not fit its type stands in them as it was typed. *masked* and *hidden* name
    the fields the reader sees masked or not at all; *references* the first matches of every reference field (used
    without JavaScript); *files* name, size and type of attachments by id; *notes* have ``field``, ``row``, ``text``,
    ``severity`` and ``author_name``; *conflicts* ``field``, ``mine`` and ``theirs``; *returned* what was said
    with the return (``text``, ``author``, ``at``). *closed* are
    fields that the reader cannot change besides those closed to his role; without *keeps* there is no draft to save.
    *campaigns* are those that a new record may be filled in, *campaign*
    the id of the chosen one. *submit_label* is what the submit button says (default 提交); empty
    where the actor may not submit. *new_version*: one that the record is not of. *whose*: for whom a new one is filled.
    """
    definition = compiled.definition
    state = compiled.evaluate(answers, context=context)
    said = Said.of(definition, lang, hidden, problems, notes)
    builder = FieldBuilder(
        compiled=compiled,
        definition=definition,
        state=state,
        context=context,
        mode=mode,
        lang=lang,
        masked=frozenset(masked),
        hidden=frozenset(hidden),
        references=references or {},
        files=files or {},
        said=said,
        unchanging=frozenset(closed),
    )
    sections = tuple(builder.section(section) for section in definition.sections)
    required = [item for section in sections if not section.hidden for item in section.fields if item.wanted]
    return EntryPage(
        mode=mode,
        lang=lang,
        form_key=definition.key,
        title=definition.title.get(lang),
        title_lang=foreign(definition.title, lang),
        record=record or RecordHead(),
        urls=urls,
        sections=sections,
        datalists=builder.datalists,
        summary=said.summary(),
        notes=said.notes,
        note_links=said.note_links(),
        conflicts=tuple(_conflict(definition, conflict, lang) for conflict in conflicts),
        filled=sum(1 for item in required if not item.missing),
        wanted=len(required),
        submit_label=gettext("提交") if submit_label is None else submit_label,
        client={
            **client_rules(compiled, state.answers, context, lang, masked=masked, hidden=hidden),
            "lock_version": record.lock_version if record else 0,
            "urls": {"draft": urls.draft, "files": urls.files, "lookup": urls.lookup, "file": urls.file},
            "texts": client_texts(),
        }
        if mode != "print"
        else {},
        returned=returned,
        paper=paper_of(definition, lang) if mode == "print" else None,
        campaigns=campaigns,
        campaign=campaign,
        new_version=new_version,
        keeps=keeps,
        whose=whose,
    )


def _conflict(definition: Definition, conflict: Mapping[str, Any], lang: str) -> Conflict:
    path = conflict["field"]
    return Conflict(
        path,
        definition.field(path).label.get(lang),
        shown(definition, path, conflict.get("mine"), lang),
        shown(definition, path, conflict.get("theirs"), lang),
    )
