"""Paging by key: a page begins behind a record, so that a deep page costs what the first does.

A cursor names a record and a direction, never a value: addresses are kept in logs and histories.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from app.access.query import always_plain
from app.errors import BadRequest
from app.records.projection.columns import SYSTEM_ORDER
from app.records.projection.tables import FormTable, sortable
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor

#: Value and id of the record behind which a page begins; either may be a part of the statement.
Place = tuple[Any, Any]

#: System columns of which a row may have none.
_NULLABLE = frozenset({"_submitted_at"})
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list: the conditions of its rows, and the terms of ORDER BY."""

    where: tuple[sa.ColumnElement[bool], ...]
    by: Sequence[sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by; ``written`` as in the address. Records without a value stand last, either way."""

    written: str
    column: sa.ColumnElement[Any]
    descending: bool
    nullable: bool
    key: sa.ColumnElement[Any]

    def by(self) -> list[sa.ColumnElement[Any]]:
        """Return the terms of ORDER BY for the whole list."""
        terms: list[sa.ColumnElement[Any]] = (
            [self.column.desc(), self.key.desc()] if self.descending else [self.column.asc(), self.key.asc()]
        )
        return [self.column.is_(None).asc(), *terms] if self.nullable else terms

    def stretches(self, place: Place | None, *, backwards: bool) -> list[Stretch]:
        """Return the parts of the list behind a place, in the direction of travel; all of it without one.

        What has a value and what has none are a stretch each, so that an index over column and key serves both, up
        and down.

        :param place: value and id of a record.
        """
        down = self.descending != backwards
        by = [self.column.desc(), self.key.desc()] if down else [self.column.asc(), self.key.asc()]
        if not self.nullable:
            return [Stretch(() if place is None else (self._past(place, down=down),), by)]
        some, none = self.column.is_not(None), self.column.is_(None)
        if place is None:
            found = [Stretch((some,), by), Stretch((none,), by)]
            return found[::-1] if backwards else found
        value, record_id = place
        if value is None:
            last = self.key < record_id if down else self.key > record_id
            rest = [Stretch((some,), by)] if backwards else []
            return [Stretch((none, last), by), *rest]
        rest = [] if backwards else [Stretch((none,), by)]
        return [Stretch((some, self._past(place, down=down)), by), *rest]

    def _past(self, place: Place, *, down: bool) -> sa.ColumnElement[bool]:
        value, record_id = place
        # Bound by type: an operator takes a bare True for a word of SQL.
        given = value if isinstance(value, sa.ScalarSelect) else sa.bindparam(None, value, self.column.type)
        pair = sa.tuple_(self.column, self.key)
        named = isinstance(record_id, sa.BindParameter)
        start = sa.tuple_(given, record_id if named else sa.bindparam(None, record_id, self.key.type))
        return pair < start if down else pair > start


def _refuse(written: str) -> BadRequest:
    text = Label(f"不能按“{written[:60]}”排序", f"Cannot order by {written[:60]!r}")
    return BadRequest(text, code="order", errors=[Problem("order", None, "order", text)])


def order_of(actor: Actor, table: FormTable, action: str, written: str | None) -> Order:
    """Return the order that is asked for, that of the definition by default.

    Raises ``BadRequest`` for a column that the actor does not see in plain on every row: its order would tell.
    """
    wanted = written or _default(actor, table, action)
    name = wanted.removeprefix("-")
    main = table.main
    if name.startswith("_"):
        if name not in SYSTEM_ORDER:
            raise _refuse(wanted)
        column, nullable = main.c[name], name in _NULLABLE
    else:
        if not sortable(table, name) or not always_plain(actor, table, action, name):
            raise _refuse(wanted)
        column = table.sort_column(name)
        nullable = bool(column.nullable)
    return Order(wanted, column, wanted.startswith("-"), nullable, main.c._id)


def _default(actor: Actor, table: FormTable, action: str) -> str:
    wanted = table.definition.list.order or "-_updated_at"
    name = wanted.removeprefix("-")
    known = name in SYSTEM_ORDER if name.startswith("_") else sortable(table, name)
    if not known or (not name.startswith("_") and not always_plain(actor, table, action, name)):
        return "-_updated_at"
    return wanted


def cursor(order: Order, record_id: str, *, backwards: bool) -> str:
    """Return the cursor of the page behind (before) a record."""
    content = orjson.dumps([order.written, record_id, int(backwards)])
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def read_cursor(text: str, order: Order) -> tuple[str, bool]:
    """Return record and direction of a cursor. Raises ``BadRequest`` for one that belongs to another list."""
    try:
        padded = text + "=" * (-len(text) % 4)
        written, record_id, backwards = orjson.loads(base64.b64decode(padded[:_LONGEST], altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError):
        written, record_id, backwards = None, None, None
    if written != order.written or not isinstance(record_id, str):
        label = Label("页码已失效，请从第一页开始。", "The page is no longer valid. Start from the first page.")
        raise BadRequest(label, code="cursor", errors=[Problem("cursor", None, "cursor", label)])
    return record_id, bool(backwards)
