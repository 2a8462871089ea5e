"""Against guessing: from one address only so many codes are tried in vain within ten minutes."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from app.database import aside, db
from app.errors import TooMany
from app.visitors.codes import keyed
from app.visitors.models import VisitFailure

SPAN_SECONDS = 600
#: A class of students behind one address mistypes now and then; guessing sixty bits takes far more.
MOST = 30

_table = VisitFailure.__table__


def _key(address: str) -> tuple[str, int]:
    span = int(time.time()) // SPAN_SECONDS
    # Keyed with the span too: what is kept does not follow an address from one span to the next.
    return keyed(f"visit-address-{span}", address), span


def begin(address: str) -> tuple[str, int]:
    """Count an attempt before it is made; return what :func:`succeeded` takes. Raises ``TooMany``."""
    key, span = _key(address)
    insert = insert_sqlite if db.engine.dialect.name == "sqlite" else insert_postgresql
    statement = insert(_table).values(address=key, span=span, count=1)
    counted = statement.on_conflict_do_update(
        index_elements=[_table.c.address, _table.c.span], set_={"count": _table.c.count + 1}
    )
    with aside() as connection:
        count = connection.execute(counted.returning(_table.c.count)).scalar_one()
    if count > MOST:
        raise TooMany(code="too_many")
    return key, span


def succeeded(attempt: tuple[str, int]) -> None:
    """Take an attempt back that was no failure."""
    mine = sa.and_(_table.c.address == attempt[0], _table.c.span == attempt[1])
    with aside() as connection:
        connection.execute(sa.update(_table).where(mine).values(count=_table.c.count - 1))
    with aside() as connection:
        # Where nothing failed, nothing says that anybody came from there.
        connection.execute(sa.delete(_table).where(mine, _table.c.count <= 0))


def forget() -> int:
    """Remove what lies before the present span; return how much."""
    present = int(time.time()) // SPAN_SECONDS
    return int(db.session.execute(sa.delete(_table).where(_table.c.span < present)).rowcount)  # type: ignore[attr-defined]
