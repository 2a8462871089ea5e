"""All versions of a form as one: the fields of the present one in its order, then those that were retired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.access.law import Mode
from app.access.query import modes_in, scopes_of
from app.builder.catalogue import catalogue, definition
from forms.compiled import CompiledForm, compile_form
from forms.definition import Section
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable
    from forms.definition import Definition, Field

#: The section of what is asked no more.
RETIRED = Label("已停用的字段", "Retired fields")


def last_asked(form_key: str, number: int) -> dict[str, int]:
    """Return the last version up to *number* that asked for each field."""

    def build() -> dict[str, int]:
        return {path: no for no in range(1, number + 1) for path in definition(form_key, no).paths}

    return catalogue().keep(("last_asked", form_key, number), build)


def merged(table: FormTable) -> CompiledForm:
    """Return the form of all versions together; retired fields say since which version they are."""

    def build() -> CompiledForm:
        key, number, present = table.form_key, table.version_no, table.definition
        asked = last_asked(key, number)
        gone = [path for path, no in asked.items() if no < number and not present.has(path)]
        retired = {path: _retired(definition(key, asked[path]).field(path), asked[path] + 1) for path in gone}
        sections = [_with_columns(section, retired) for section in present.sections]
        own = [
            replace(item, fields=tuple(_plain(column) for column in item.fields))
            for path, item in retired.items()
            if "." not in path and field_type(item.type).stores
        ]
        if own:
            sections.append(Section("_retired", RETIRED, None, tuple(own)))
        lists = {**present.code_lists}
        for path in gone:
            lists.update(definition(key, asked[path]).code_lists)
        return compile_form(replace(present, sections=tuple(sections), code_lists=lists))

    return catalogue().keep(("merged", table.form_key, table.version_no), build)


def _with_columns(section: Section, retired: dict[str, Field]) -> Section:
    """Return a section whose sub-tables have their retired columns behind the present ones."""
    fields = []
    for item in section.fields:
        more = tuple(column for path, column in retired.items() if path.rpartition(".")[0] == item.key and "." in path)
        fields.append(replace(item, fields=(*item.fields, *more)) if item.fields and more else item)
    return replace(section, fields=tuple(fields))


def _retired(item: Field, number: int) -> Field:
    label = Label(f"{item.label.zh}（已停用 v{number}）", f"{item.label.get('en')} (retired v{number})")
    return replace(_plain(item), label=label)


def _plain(item: Field) -> Field:
    """Return a field without its rules: they speak of what may be no more."""
    return replace(
        item,
        required=False,
        required_when=None,
        visible_when=None,
        checks=(),
        compute=None,
        prefill=None,
        option_filter=None,
    )


def modes_of_former(actor: Actor, table: FormTable, paths: Collection[str], action: str) -> dict[str, Mode]:
    """Return the best mode in which the actor may see each retired field on any row, by the version that asked last."""
    asked = last_asked(table.form_key, table.version_no)
    scopes = scopes_of(actor, table.resource, action)
    found: dict[str, Mode] = {}
    for path in paths:
        form: Definition = definition(table.form_key, asked[path])
        found[path] = modes_in(actor, table, action, scopes, definition=form).get(path, Mode.HIDE)
    return found
