"""The difference of two versions of a form as a page draws it: groups of lines, with what each means and touches."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_babel import lazy_gettext, lazy_pgettext

from app.builder.labels import CHANGES
from app.builder.models import WorkflowRow
from app.builder.publishing.impact_words import consequence, converted, touches_data
from app.builder.publishing.tallies import tallies
from app.builder.uses import other_forms, rule_label, rules_naming, views_with
from app.database import db
from app.identity.models import Resource, RoleDefinition
from forms.answers.difference import definition_changes
from forms.labels import Label
from forms.versions.conversions import stays
from forms.versions.words import change_items

if TYPE_CHECKING:
    from app.builder.publishing.tallies import Tally
    from app.records.versions.surveying import Survey
    from forms.definition import Definition
    from forms.versions.words import ChangeItem, Said

#: Word and style of each group of changes.
GROUP_WORDS = {
    "added": (lazy_gettext("新增"), "change--new"),
    "changed": (lazy_pgettext("change", "修改"), ""),
    "moved": (lazy_gettext("移动"), ""),
    "retired": (lazy_pgettext("change", "停用"), "change--gone"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One change as it is drawn."""

    word: str
    style: str
    path: str
    subject: str
    said: tuple[Said, ...]
    grade: str
    grave: bool
    consequence: str = ""
    uses: list[str] = field(default_factory=list)
    #: The answers that are there have another type: what is to become of them must be chosen.
    choice: bool = False


def names_of_things(lang: str) -> dict[str, str]:
    """Return what roles, resources and workflows are called, by key."""
    found = role_names(lang)
    rows = db.session.execute(sa.select(Resource.key, Resource.name_zh, Resource.name_en))
    found |= {row.key: row.name_en or row.key if lang == "en" else row.name_zh for row in rows}
    flows = db.session.execute(sa.select(WorkflowRow.key, WorkflowRow.definition))
    return found | {row.key: Label.of(row.definition.get("title") or row.key).get(lang) for row in flows}


def role_names(lang: str) -> dict[str, str]:
    """Return what roles are called, by key."""
    rows = db.session.execute(sa.select(RoleDefinition.key, RoleDefinition.name_zh, RoleDefinition.name_en))
    return {row.key: row.name_en or row.key if lang == "en" else row.name_zh for row in rows}


def with_names(text: str, names: dict[str, str]) -> str:
    """Return a message with the names of the roles whose keys it quotes."""
    return re.sub(r"(?<=[“'])\w+(?=[”'])", lambda found: names.get(found[0], found[0]), text)


def compared(old: Definition | None, new: Definition, lang: str) -> list[Line]:
    """Return what *new* changes against *old*, whatever was filled in."""
    return [_line(item, [], "") for item in change_items(old, new, lang, names_of_things(lang))]


def before_publishing(
    form_key: str, old: Definition, new: Definition, lang: str, survey: Survey | None = None
) -> list[Line]:
    """Return what publishing *new* over *old*, which is published, changes, means and touches.

    :param survey: what converting answers to other types would do, where that was tried.
    """
    changes = definition_changes(old, new)
    counted = dict(zip(changes, tallies(form_key, old, new, changes), strict=True))
    by_key = {(change.path, change.kind): tally for change, tally in counted.items()}
    whole = next(iter(counted.values()), None)
    elsewhere = other_forms(form_key)
    lines = []
    for item in change_items(old, new, lang, names_of_things(lang)):
        tally = by_key.get((item.path, item.kind)) or whole
        assert tally is not None  # noqa: S101 - where there is a line there is a change
        tried = survey.fields.get(item.path) if survey is not None and item.kind == "type_changed" else None
        meaning = converted(tried, complete=survey.complete) if tried and survey else consequence(item, tally, new)
        line = _line(item, _uses(old, new, item, elsewhere, lang), meaning, tally)
        answered = bool(tally.records + tally.drafts)
        needs = item.kind == "type_changed" and answered and not stays(old.field(item.path), new.field(item.path))
        lines.append(replace(line, choice=needs))
    return lines


def _line(item: ChangeItem, uses: list[str], meaning: str, tally: Tally | None = None) -> Line:
    word, style = GROUP_WORDS[item.group]
    grave = touches_data(item, tally) if tally is not None else item.change_class in {"tightening", "structural"}
    return Line(
        str(word), style, item.path, item.subject, item.said, str(CHANGES[item.change_class]), grave, meaning, uses
    )


def _uses(
    old: Definition, new: Definition, item: ChangeItem, elsewhere: dict[str, list[Label]], lang: str
) -> list[str]:
    """Return what makes use of a changed field: only where the change can bear on it."""
    if item.change_class == "cosmetic" or item.group == "added" or not old.has(item.path):
        return []
    # Rules that are gone with the new version are no longer touched by it.
    places = dict.fromkeys(rules_naming(new, item.path))
    labels = [rule_label(new, place) for place in places if place.rpartition(".")[0] != item.path]
    labels += views_with(new, item.path) + elsewhere.get(item.path, [])
    return [label.get(lang) for label in labels]
