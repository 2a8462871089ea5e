"""The page of the whole draft: its fields as a table per section, its rules as sentences, what is wrong where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.builder.history.difference_page import names_of_things, with_names
from app.builder.labels import CLASSES
from app.records.reading.show_page import foreign
from forms.designing.outline import dicts, label_of
from forms.designing.uses import rules, sentence
from forms.field_types import FIELD_TYPES
from forms.labels import Label

if TYPE_CHECKING:
    from app.builder.editor.desk import Desk
    from forms.designing.outline import Place


def sections(desk: Desk) -> list[dict[str, Any]]:
    """Return the sections with their fields, columns of sub-tables below their table."""
    said = _said(desk)
    wrong = marks(desk)
    found = []
    for number, (key, raw) in enumerate(desk.outline.sections.items(), 1):
        title = label_of(raw.get("title")) or Label(key)
        found.append(
            {
                "key": key,
                "number": number,
                "title": title.get(desk.lang),
                "lang": foreign(title, desk.lang),
                "rule": said.get(key, []),
                "issues": wrong.get(("section", key), []),
                "fields": [
                    _field(desk, place, said, wrong) for place in desk.outline.places.values() if place.section == key
                ],
            }
        )
    return found


def _field(
    desk: Desk, place: Place, said: dict[str, list[str]], wrong: dict[tuple[str, str], list[dict[str, Any]]]
) -> dict[str, Any]:
    kind = FIELD_TYPES.get(place.type)
    class_ = place.raw.get("class")
    return {
        "path": place.path,
        "number": place.number,
        "column": bool(place.table),
        "table": place.type == "subtable",
        "label": place.label.get(desk.lang),
        "lang": foreign(place.label, desk.lang),
        "type": kind.label.get(desk.lang) if kind else place.type,
        "required": place.raw.get("required") is True,
        "class_": CLASSES.get(class_) if isinstance(class_, str) else None,
        "rules": said.get(place.path, []),
        "issues": wrong.get(("field", place.path), []),
        "new": place.path not in desk.past,
    }


def _said(desk: Desk) -> dict[str, list[str]]:
    """Return the sentences of the rules by the field or section that they belong to."""
    found: dict[str, list[str]] = {}
    for rule in rules(desk.outline):
        owner = rule.path or rule.place.rpartition(".")[0]
        found.setdefault(owner, []).append(sentence(rule, desk.outline).get(desk.lang))
    return found


def told(desk: Desk) -> list[dict[str, Any]]:
    """Return everything that is wrong, errors first, each with the address where it is mended."""
    names = names_of_things(desk.lang)
    found = []
    for issue in sorted(desk.issues, key=lambda item: item.level != "error"):
        target = desk.target(issue)
        place = desk.outline.places.get(target.path) if target.kind == "field" else None
        found.append(
            {
                "text": with_names(issue.message.get(desk.lang), names),
                "error": issue.level == "error",
                "address": desk.address(target),
                "target": target,
                "whose": place.label.get(desk.lang) if place else "",
                "path": issue.path,
            }
        )
    return found


def marks(desk: Desk) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return what is wrong by the field or section where it is mended."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in told(desk):
        found.setdefault((item["target"].kind, item["target"].path), []).append(item)
    return found


def retired(desk: Desk) -> list[dict[str, Any]]:
    """Return the fields that were published and are not in the draft."""
    return [
        {
            "path": path,
            "label": (label_of(raw.get("label")) or Label(path)).get(desk.lang),
            "lang": foreign(label_of(raw.get("label")) or Label(path), desk.lang),
            "type": FIELD_TYPES[raw["type"]].label.get(desk.lang) if raw.get("type") in FIELD_TYPES else "",
        }
        for path, raw in sorted(desk.retired().items())
    ]


def all_rules(desk: Desk) -> list[dict[str, Any]]:
    """Return every rule of the form with whose it is, what it says and where it is changed."""
    found = []
    for rule in rules(desk.outline):
        owner = rule.path or rule.place.rpartition(".")[0]
        label = (
            desk.outline.label(owner)
            if owner in desk.outline.places
            else label_of(desk.outline.sections.get(owner, {}).get("title"))
        )
        found.append(
            {
                "place": rule.place,
                "whose": label.get(desk.lang) if label else "",
                "lang": foreign(label, desk.lang) if label else "",
                "kind": rule.kind,
                "sentence": sentence(rule, desk.outline).get(desk.lang),
                "readable": rule.readable,
                "text": rule.text,
                "editable": rule.kind != "published_when" or rule.place in {"published_when", "published_when.record"},
            }
        )
    return found


def sub_tables(desk: Desk, section: str) -> list[tuple[str, str]]:
    """Return key and label of the sub-tables of a section."""
    return [
        (place.path, place.label.get(desk.lang))
        for place in desk.outline.places.values()
        if place.section == section and place.type == "subtable"
    ]


def containers(desk: Desk) -> list[tuple[str, str, int]]:
    """Return where a field can stand: value, label and how many stand there, sections and their sub-tables."""
    found = []
    for key, raw in desk.outline.sections.items():
        title = label_of(raw.get("title")) or Label(key)
        found.append((key, title.get(desk.lang), len(dicts(raw.get("fields")))))
        for place in desk.outline.places.values():
            if place.section == key and place.type == "subtable":
                columns = len(dicts(place.raw.get("fields")))
                found.append((f"{key}/{place.path}", f"{title.get(desk.lang)} · {place.label.get(desk.lang)}", columns))
    return found
