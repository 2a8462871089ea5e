"""What the empty cells of a list say: asked only for those rows that may have something to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.builder.catalogue import definition
from app.records.lists.cell_status import ASIDE, BLANK, NOT_ASKED, WORDS, Statuses, ruled
from app.records.reading.context import owners_of
from app.records.reading.record import read_many
from app.records.versions import quarantine
from forms.answers.answer import is_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from forms.definition import Definition


class ListStatuses:
    """Tells of each row of a page why a cell is empty."""

    def __init__(self, actor: Actor, form_key: str, rows: Sequence[Any], columns: Sequence[str], lang: str) -> None:
        self._lang = lang
        self._forms: dict[int, Definition] = {}
        self._rules: dict[int, dict[str, Any]] = {}
        for row in rows:
            if row.form_version not in self._forms:
                form = self._forms[row.form_version] = definition(form_key, row.form_version)
                self._rules[row.form_version] = ruled(form)
        aside = quarantine.any_open(form_key)
        wanted = [
            row.id
            for row in rows
            if any(
                is_empty(row.answers.get(name))
                and self._forms[row.form_version].has(name)
                and (aside or name in self._rules[row.form_version])
                for name in columns
            )
        ]
        views = read_many(actor, form_key, wanted) if wanted else {}
        asides = quarantine.of_views(actor, form_key, list(views.values()))
        owners = owners_of(views.values())
        self._known = {
            record_id: Statuses(
                actor,
                view,
                asides.get(record_id, ()),
                self._rules[view.form_version],
                owners.get(view.organization["id"]),
            )
            for record_id, view in views.items()
        }

        #: Whether no cell has anything to say.
        self.quiet = not self._known and all(form.has(name) for form in self._forms.values() for name in columns)

    def of(self, row: Any, name: str) -> tuple[str, str]:
        """Return why an empty cell is so, and what it says; nothing for a blank one."""
        if not self._forms[row.form_version].has(name):
            return NOT_ASKED, WORDS[NOT_ASKED].get(self._lang)
        known = self._known.get(row.id)
        kind = known.of(name) if known is not None else BLANK
        if known is not None and kind == ASIDE:
            item = known.aside(name)
            return kind, f"{WORDS[ASIDE].get(self._lang)}{item.text if item is not None else ''}"
        return kind, WORDS[kind].get(self._lang) if kind in WORDS else ""
