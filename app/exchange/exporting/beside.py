"""What an export tells of records besides their answers: set aside, asked no more, and why a cell is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.access.query import modes_in
from app.builder.catalogue import compiled
from app.exchange.exporting.spreading import Beside
from app.records.lists.cell_status import Statuses, ruled
from app.records.projection.tables import form_table
from app.records.reading.context import owners_of
from app.records.versions import quarantine
from app.records.versions.earlier import earlier
from forms.field_types import get as field_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.versions.earlier import Earlier


class Telling:
    """Works it out for one export, chunk by chunk."""

    def __init__(self, actor: Actor, form_key: str, *, merged: bool, approved: Collection[str] = ()) -> None:
        self._approved = approved
        self._actor, self._form_key, self._merged = actor, form_key, merged
        self._rules: dict[int, dict[str, Any]] = {}

    def of(self, views: Mapping[str, RecordView]) -> dict[str, Beside]:
        """Return what is told of records that were read for an export."""
        asides = quarantine.of_views(self._actor, self._form_key, list(views.values()), "E", self._approved)
        if not self._merged:
            return {record_id: Beside(tuple(items)) for record_id, items in asides.items()}
        owners = owners_of(views.values())
        former = earlier(self._form_key, {view.id: view.form_version for view in views.values()})
        return {
            view.id: Beside(
                tuple(asides.get(view.id, ())),
                Statuses(
                    self._actor,
                    view,
                    asides.get(view.id, ()),
                    self._ruled(view),
                    owners.get(view.organization["id"]),
                ),
                dict(self._earlier(view, former.get(view.id, {}))),
            )
            for view in views.values()
        }

    def _ruled(self, view: RecordView) -> dict[str, Any]:
        if view.form_version not in self._rules:
            self._rules[view.form_version] = ruled(view.definition)
        return self._rules[view.form_version]

    def _earlier(self, view: RecordView, items: Mapping[str, Earlier]) -> Iterator[tuple[tuple[str, str | None], Any]]:
        table = form_table(self._form_key)
        for path, item in items.items():
            form = compiled(self._form_key, item.version_no)
            scopes = view.scopes - {"published"}
            modes = modes_in(self._actor, table, "E", scopes, approved=self._approved, definition=form.definition)
            column, mode = form.by_path[path], modes.get(path, Mode.HIDE)
            if mode is Mode.HIDE or column.columns:
                continue
            cells = item.value.items() if "." in path else [(None, item.value)]
            for row_id, value in cells:
                masked = mode is not Mode.PLAIN
                shown = field_type(column.field.type).masked(column.field, value) if masked else value
                yield (path, row_id), (column, shown, masked)
