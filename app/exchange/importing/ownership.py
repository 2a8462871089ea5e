"""Whose record each row of a file is: the organization that it names, or one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.exchange.importing.parsing import BROKEN
from app.exchange.layout import OWNER
from app.records.writing import bulk, owners
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.access.actor import Actor
    from app.exchange.importing.answering import Meanings
    from app.exchange.importing.candidates import Candidate
    from app.exchange.importing.parsing import Line
    from app.identity.models import Organization
    from app.records.writing.bulk import Owner

OTHER = Label("与“代填单位”不一致，请核对", "This is not the organization in the column “Filled for”")
UNNAMED = Label(
    "匿名问卷只能由填报人凭填报码提交，不能导入",
    "Answers to an anonymous form are handed in by who has a code for it; they are not imported",
)
STAYS = Label("这条记录属于另一个单位，不能改为代填单位", "The record belongs to another organization and stays there")


class Owners:
    """For whom the rows of one file are filled; organizations are looked up for all rows at once."""

    def __init__(self, actor: Actor, form_key: str, candidates: Iterable[Candidate], meanings: Meanings) -> None:
        self._actor, self._form_key = actor, form_key
        #: One's own.
        self.home = bulk.owner(actor, form_key)
        form = self.home.compiled.definition
        self.for_others = owners.fills_for_others(actor, form)
        self._anonymous = form.anonymous
        self._item = owners.choosing_field(actor, form)
        self._typed = owners.meant(actor, form, {item.line.owner for item in candidates if item.line.owner})
        self._chosen: Mapping[str, Organization] = {}
        if self._item is not None:
            self._chosen = owners.behind(actor, form, self._item, meanings.ids(self._item.key))
        self._known: dict[int, Owner] = {self.home.organization.id: self.home}

    def of(self, line: Line, filled: Mapping[str, Any]) -> tuple[Owner, Problem | None]:
        """Return for whom a row of a new record is filled, and what is wrong with how it says so.

        :param filled: what it says in the form's own fields.
        """
        if self._anonymous:
            return self.home, Problem("", None, "anonymous", UNNAMED)
        if OWNER in line.broken:
            return self.home, Problem(OWNER, None, line.broken[OWNER], BROKEN[line.broken[OWNER]])
        value = filled.get(self._item.key) if self._item is not None else None
        chosen = self._chosen.get(str(value["id"])) if isinstance(value, dict) else None
        if self._item is not None and isinstance(value, dict) and chosen is None:
            return self.home, Problem(self._item.key, None, "not_found", owners.NOT_YOURS)
        if line.owner:
            typed = self._typed.get(line.owner)
            if typed is None:
                return self.home, Problem(OWNER, None, "not_found", owners.NOT_YOURS)
            if self._item is not None and chosen is not None and chosen.id != typed.id:
                return self.home, Problem(self._item.key, None, "other_owner", OTHER)
            chosen = typed
        if chosen is not None:
            return self._owner(chosen.id), None
        if self.for_others and (self._item is None or self._item.key not in line.broken):
            return self.home, Problem(
                self._item.key if self._item is not None else OWNER, None, "required", owners.WHOSE
            )
        return self.home, None

    def stays(self, line: Line, organization_id: int) -> bool:
        """Tell whether a row of a record that is there names no other organization than its own."""
        typed = self._typed.get(line.owner)
        return not line.owner or (typed is not None and typed.id == organization_id)

    def _owner(self, organization_id: int) -> Owner:
        if organization_id not in self._known:
            self._known[organization_id] = bulk.owner(self._actor, self._form_key, organization_id)
        return self._known[organization_id]
