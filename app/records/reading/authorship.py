"""What somebody has written into records himself: of that an answer may tell him that it still stands there.

An import compares what a file says with what is stored. Where a mask is all that its reader sees, the outcome would
confirm a guess, so nothing is compared there but his own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.records.models import RecordRevision
from app.records.projection.tables import form_table
from forms.answers.answer import is_empty, rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.access.actor import Actor

#: The path of a field and, in a sub-table, the number of the row.
Place = tuple[str, str | None]
Words = dict[Place, list[Any]]

#: How revisions come about that hold what their author typed. A restored or converted one holds what others wrote.
_TYPED = ("web", "import", "api")
_CHUNK = 200


def own_words(actor: Actor, form_key: str, record_ids: Collection[str]) -> dict[str, Words]:
    """Return, by record and place, the values that the actor has brought into records by revisions of his own.

    Not what the form brought with it: what is prefilled may be masked for him, too. Records without a word of his are
    left out. The caller has applied the law.
    """
    if actor.user_id is None or not record_ids:
        return {}
    typed = {
        path
        for path, item in form_table(form_key).definition.walk()
        if item.prefill is None and item.compute is None and not item.fields
    }
    found: dict[str, Words] = {}
    wanted = sorted(record_ids)
    for start in range(0, len(wanted), _CHUNK):
        _read(actor.user_id, wanted[start : start + _CHUNK], typed, found)
    return found


def _read(user_id: int, record_ids: Collection[str], typed: Collection[str], found: dict[str, Words]) -> None:
    table = RecordRevision.__table__
    mine = sa.select(table.c.record_id).where(table.c.record_id.in_(record_ids), table.c.author_id == user_id)
    statement = (
        sa.select(table.c.record_id, table.c.no, table.c.author_id, table.c.origin, table.c.verb, table.c.answers)
        .where(table.c.record_id.in_(mine))
        .order_by(table.c.record_id, table.c.no)
    )
    before: dict[Place, Any] = {}
    for row in db.session.execute(tagged(statement, "words of the actor in records already scoped")):
        if row.no == 1:
            before = {}
        present = {place: value for place, value in _places(row.answers) if place[0] in typed}
        # A verb on a record that was there moves it on, and may fill in what its workflow copies.
        if row.author_id == user_id and row.origin in _TYPED and (row.no == 1 or row.verb is None):
            words = found.setdefault(row.record_id, {})
            for place, value in present.items():
                if before.get(place) != value and not (_of_parts(value) and place in before):
                    words.setdefault(place, []).append(value)
        before = present


def _of_parts(value: Any) -> bool:
    """Tell whether an answer has parts: of those that stay as they are its author may know nothing but a mask."""
    return isinstance(value, dict) and "id" not in value


def _places(answers: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    for key, value in answers.items():
        rows = rows_of(value)
        for row in rows:
            for name, cell in row.items():
                if not is_empty(cell):
                    yield (f"{key}.{name}", str(row.get("_row"))), cell
        if not rows and not is_empty(value):
            yield (key, None), value
