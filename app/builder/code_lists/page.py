"""What the pages of code lists show: the lists, where each is used, its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder.catalogue import code_lists, definitions
from app.builder.models import CodeListRow, FormDraft
from app.database import db
from forms.code_list_editing import places, text_of
from forms.files.bundle import code_lists_of
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = 100


def lists_values(words: str, lang: str) -> dict[str, Any]:
    """Return the lists whose title or key has *words* in it, with how much is in each and how many forms use it."""
    used: dict[str, set[str]] = {}
    for form in definitions().values():
        for _, field in form.walk():
            for key in {field.codelist, field.settings.get("word_list")} - {None}:
                used.setdefault(str(key), set()).add(form.key)
    lists = [
        {
            "key": found.key,
            "title": found.title.get(lang),
            "live": sum(not option.retired for option in found.options),
            "retired": sum(option.retired for option in found.options),
            "tree": found.is_tree,
            "forms": len(used.get(found.key, ())),
        }
        for found in sorted(code_lists().values(), key=lambda one: one.key)
        if not words or words.casefold() in f"{found.title.get(lang)} {found.key}".casefold()
    ]
    return {"lists": lists, "q": words}


def list_values(found: CodeListRow, asked: Mapping[str, str], lang: str) -> dict[str, Any]:
    """Return one list with a page of its options, the one that is being changed, and where it is used."""
    words = asked.get("q", "").strip()[:100]
    every = list(places(found.items))
    rows = [
        {
            "code": place.item["code"],
            "label": text_of(place.item),
            "depth": place.depth,
            "retired": bool(place.item.get("retired")),
            "parent": place.parent or "",
            "place": place.siblings.index(place.item) + 1,
            "siblings": len(place.siblings),
        }
        for place in every
        if not words
        or words.casefold() in f"{place.item['code']} {text_of(place.item).zh} {text_of(place.item).en}".casefold()
    ]
    pages = max(1, -(-len(rows) // PAGE))
    text = asked.get("page", "1")
    page = min(max(int(text), 1), pages) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return {
        "row": found,
        "title": Label.of(found.title).get(lang),
        "titles": Label.of(found.title),
        "options": rows[(page - 1) * PAGE : page * PAGE],
        "found": len(rows),
        "q": words,
        "page": page,
        "pages": pages,
        "chosen": next((row for row in rows if row["code"] == asked.get("code")), None),
        "uses": uses_of(found.key, lang),
        "drafts": _drafts(found.key, lang),
    }


def _words(item: Mapping[str, Any]) -> str:
    return f"{item['code']} {text_of(item).zh} {text_of(item).en}".casefold()


def uses_of(key: str, lang: str) -> list[tuple[str, str, list[str]]]:
    """Return key and title of the published forms that use a list, with the fields that do."""
    found = []
    for form in definitions().values():
        fields = [
            field.label.get(lang)
            for _, field in form.walk()
            if key in {field.codelist, field.settings.get("word_list")}
        ]
        if fields:
            found.append((form.key, form.title.get(lang), fields))
    return found


def _drafts(key: str, lang: str) -> list[tuple[str, str]]:
    """Return key and title of the drafts that use a list while what is published does not."""
    published = {form for form, _, _ in uses_of(key, lang)}
    rows = db.session.execute(sa.select(FormDraft.form_key, FormDraft.definition).order_by(FormDraft.form_key))
    return [
        (row.form_key, Label.of(row.definition.get("title") or row.form_key).get(lang))
        for row in rows
        if row.form_key not in published and key in set(code_lists_of(row.definition))
    ]
