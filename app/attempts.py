"""Against guessing from one address: how much was tried there in vain, in one span of time.

An attempt counts before it is made, so that many at once see each other, and is taken back where it was right.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Model, aside, db
from app.errors import TooMany
from app.hashing import keyed


class FailedAttempt(Model):  # type: ignore[misc]
    """How often something was tried in vain from one address in one span of time: both as keyed hashes."""

    __tablename__ = "failed_attempt"

    address: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    #: When the span ends, in seconds of the clock.
    until: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    count: Mapped[int] = mapped_column(sa.Integer, default=0)


_table = FailedAttempt.__table__


@dataclass(frozen=True, slots=True)
class Limit:
    """What is limited: *most* failures from one address in a span, or as many subjects with failures."""

    purpose: str
    most: int
    seconds: int = 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that has been counted, as :func:`succeeded` takes it."""

    address: str
    subject: str


def begin(limit: Limit, address: str, subject: str | None = None) -> Attempt:
    """Count an attempt before it is made. Raises ``TooMany``.

    :param subject: what is tried, such as the name of an account. With it the limit is on how many of them have failed
        from the address; one that has failed there already may be tried on, for it has a lock of its own.
    """
    until = (int(time.time()) // limit.seconds + 1) * limit.seconds
    # Keyed with the span too: what is kept does not follow an address from one span to the next.
    where = keyed(f"{limit.purpose}-address-{until}", address)
    what = "" if subject is None else keyed(f"{limit.purpose}-subject-{until}-{address}", subject)
    insert = insert_sqlite if db.engine.dialect.name == "sqlite" else insert_postgresql
    statement = insert(_table).values(address=where, subject=what, until=until, count=1)
    counted = statement.on_conflict_do_update(
        index_elements=[_table.c.address, _table.c.subject], set_={"count": _table.c.count + 1}
    )
    attempt = Attempt(where, what)
    with aside() as connection:
        count = connection.execute(counted.returning(_table.c.count)).scalar_one()
    if subject is None:
        if count > limit.most:
            raise TooMany(code="too_many")
        return attempt
    subjects = sa.select(sa.func.count()).select_from(_table).where(_table.c.address == where)
    with aside() as connection:
        number = connection.execute(subjects).scalar_one()
    if count == 1 and number > limit.most:
        _forgive(attempt)
        raise TooMany(code="too_many")
    return attempt


def succeeded(attempt: Attempt) -> None:
    """Take an attempt back that was no failure; of a subject, with those that failed before it."""
    if attempt.subject:
        _forgive(attempt)
        return
    with aside() as connection:
        connection.execute(sa.update(_table).where(_mine(attempt)).values(count=_table.c.count - 1))
    with aside() as connection:
        # Where nothing failed, nothing says that anybody came from there.
        connection.execute(sa.delete(_table).where(_mine(attempt), _table.c.count <= 0))


def _mine(attempt: Attempt) -> sa.ColumnElement[bool]:
    return sa.and_(_table.c.address == attempt.address, _table.c.subject == attempt.subject)


def _forgive(attempt: Attempt) -> None:
    with aside() as connection:
        connection.execute(sa.delete(_table).where(_mine(attempt)))


def forget() -> int:
    """Remove what lies before the present spans; return how much."""
    gone = sa.delete(_table).where(_table.c.until <= int(time.time()))
    return int(db.session.execute(gone).rowcount)  # type: ignore[attr-defined]
