"""Whom records concern besides their owners: kept in step with their answers and states, and with each other.

A record that hands its parties on (a class to its students) brings a change to those behind it, in one unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.law import ASSIGNED
from app.access.query import tagged
from app.builder.catalogue import catalogue, definition
from app.database import db
from app.records.models import VOID, Record, RecordParty
from app.records.projection.tables import form_table
from app.records.writing.references import ORGANIZATION
from forms.answers.answer import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.records.projection.rows import Entry
    from forms.definition import Definition, Party

_party, _record = RecordParty.__table__, Record.__table__
_REASON = "parties of records that were written"


@dataclass(frozen=True, slots=True)
class _Named:
    """A party of a record as its answers name it: an organization, or a record that leads to one."""

    record_id: str
    kind: str
    live: bool
    organization: int | None
    other: str | None
    through: bool


def sync(form_key: str, entries: Sequence[Entry]) -> None:
    """Bring the parties of records to their answers and states, and those of the records behind them."""
    form = definition(form_key)
    ids = [entry.id for entry in entries]
    if form.parties:
        named = [one for entry in entries if entry.submitted_at is not None for one in _named(form, entry)]
        gone = sa.delete(_party).where(_party.c.record_id.in_(ids))
        db.session.execute(tagged(gone, _REASON))
        rows = _resolved(named, {entry.id: entry.organization_id for entry in entries})
        if rows:
            db.session.execute(tagged(sa.insert(_party), _REASON), rows)
        _hand_on(form_key, ids)


def _named(form: Definition, entry: Entry) -> Iterable[_Named]:
    for party in form.parties:
        live = entry.state != VOID and entry.state not in party.ended
        for value in _values(party.field, entry.answers):
            target = form.field(party.field).form
            text = str(value)
            if target == ORGANIZATION:
                if text.isascii() and text.isdecimal():
                    yield _Named(entry.id, party.kind, live, int(text), None, through=False)
            else:
                yield _Named(entry.id, party.kind, live, None, text, party.through)


def _values(path: str, answers: Mapping[str, Any]) -> list[Any]:
    table, _, key = path.rpartition(".")
    cells = [row.get(key) for row in rows_of(answers.get(table))] if table else [answers.get(key)]
    return [cell["id"] for cell in cells if isinstance(cell, dict) and cell.get("id")]


def _resolved(named: Sequence[_Named], owners: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the rows of the parties named; the owner himself is none of them."""
    others = {one.other for one in named if one.other is not None and not one.through}
    statement = sa.select(_record.c.id, _record.c.organization_id).where(_record.c.id.in_(others))
    rows = db.session.execute(tagged(statement, _REASON)) if others else ()
    behind: dict[str | None, int] = {row.id: row.organization_id for row in rows}
    through = {one.other for one in named if one.through}
    listed: dict[str, set[int]] = {}
    if through:
        live = sa.select(_party.c.record_id, _party.c.organization_id).where(
            _party.c.record_id.in_(through), _party.c.live.is_(sa.true())
        )
        for record_id, organization_id in db.session.execute(tagged(live, _REASON)):
            listed.setdefault(record_id, set()).add(organization_id)
    found: dict[tuple[str, int, str], bool] = {}
    for one in named:
        if one.organization is not None:
            organizations = {one.organization}
        elif one.through:
            organizations = listed.get(one.other or "", set())
        else:
            organizations = {behind[one.other]} if one.other in behind else set()
        if one.kind != ASSIGNED:
            # The owner is concerned as such; assigned to him it may be all the same.
            organizations = organizations - {owners[one.record_id]}
        for organization_id in organizations:
            key = (one.record_id, organization_id, one.kind)
            found[key] = found.get(key, False) or one.live
    return [
        {"record_id": record_id, "organization_id": organization_id, "kind": kind, "live": live}
        for (record_id, organization_id, kind), live in sorted(found.items())
    ]


def _behind(form_key: str) -> list[tuple[Definition, Party]]:
    """Return the forms whose records take their parties from records of this form."""

    def find() -> list[tuple[Definition, Party]]:
        forms = (definition(key) for key, head in catalogue().heads.items() if head.no)
        return [
            (form, party)
            for form in forms
            for party in form.parties
            if party.through and form.has(party.field) and form.field(party.field).form == form_key
        ]

    return catalogue().keep(("parties behind", form_key), find)


def _hand_on(form_key: str, ids: Sequence[str]) -> None:
    """Give the parties of records to those that take theirs from them."""
    for form, party in _behind(form_key):
        table = form_table(form.key)
        main, column = table.main, table.column(party.field)
        if "." in party.field:
            child = table.children[party.field.partition(".")[0]]
            source: sa.FromClause = main.join(child, child.c._record == main.c._id)
        else:
            source = main
        concerned = sa.select(main.c._id).select_from(source).where(column.in_(ids))
        gone = sa.delete(_party).where(_party.c.kind == party.kind, _party.c.record_id.in_(concerned))
        db.session.execute(tagged(gone, _REASON))
        given = (
            sa.select(main.c._id, _party.c.organization_id, sa.literal(party.kind), sa.true())
            .select_from(source.join(_party, _party.c.record_id == column))
            .where(
                column.in_(ids),
                _party.c.live.is_(sa.true()),
                _party.c.organization_id != main.c._organization,
                main.c._submitted_at.is_not(None),
                main.c._state.not_in([VOID, *party.ended]),
            )
            .distinct()
        )
        names = ["record_id", "organization_id", "kind", "live"]
        db.session.execute(tagged(sa.insert(_party).from_select(names, given), _REASON))
