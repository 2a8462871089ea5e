"""Database session, column types and the unit of work.

Services add, change and read; they never commit. Whoever calls them (a view, the API, a command,
a job) wraps the call in :func:`unit_of_work`, which commits once or rolls everything back.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy.engine import Connection, Dialect, ExecutionContext

__all__ = ["JsonDocument", "Model", "UtcDateTime", "db", "lock_words", "new_id", "unit_of_work", "utcnow"]

#: Objects stay readable after the commit that ends a unit of work; nothing is loaded twice in a request.
db = SQLA(metadata=Model.metadata, session_options={"expire_on_commit": False})

#: Seconds after which a pooled connection is tried before it is used; trying it every time costs a journey each.
RESTED = 5.0

#: Execution option of a statement whose plan is the same whatever its values: PostgreSQL plans it once per connection.
PLANNED_ONCE = "planned_once"

_writing: ContextVar[bool] = ContextVar("writing", default=False)

#: Crockford's base 32, whose letters sort like the numbers that they stand for.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_DIGITS, _RANDOM_DIGITS = 10, 16


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id(moment: datetime | None = None) -> str:
    """Return a public id: 26 characters, the first ten from the clock (milliseconds), 80 bits random.

    :param moment: the time of something that happened earlier; now by default.
    """
    milliseconds = time.time_ns() // 1_000_000 if moment is None else int(moment.timestamp() * 1000)
    number = (milliseconds << 80) | secrets.randbits(80)
    digits = []
    for _ in range(_TIME_DIGITS + _RANDOM_DIGITS):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment: ``timestamptz`` on PostgreSQL, naive UTC on SQLite, which has no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment (its zone would be a guess); store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs its zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonDocument(sa.types.TypeDecorator[Any]):
    """A JSON document: ``jsonb`` on PostgreSQL, text on SQLite; Chinese is stored as it is."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column type."""
        # No document is SQL NULL, not the JSON null, on either.
        return dialect.type_descriptor(JSONB(none_as_null=True) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Write text on SQLite; psycopg writes ``jsonb`` itself."""
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read text on SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return orjson.loads(value)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Run a block of changes as one transaction.

    On SQLite it begins with ``BEGIN IMMEDIATE``: a transaction that reads first and writes later loses
    the race for the write lock without being able to wait for it. A unit of work inside another joins it.
    """
    if _writing.get():
        yield
        return
    if db.engine.dialect.name == "sqlite":
        # End the reading transaction of this request; it must not be upgraded to a writing one.
        db.session.commit()
    token = _writing.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _writing.reset(token)


@contextmanager
def aside() -> Iterator[Connection]:
    """Give a connection for one statement that holds at once, whatever becomes of the unit of work."""
    if db.engine.dialect.name == "sqlite":
        with db.engine.begin() as connection:
            yield connection
    else:
        with db.engine.connect() as connection:
            # A single statement is its own transaction; begin and commit would be two more journeys.
            yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def by_itself() -> Iterator[Connection]:
    """Give the session's connection for one statement that reads, without a transaction where none has begun.

    Begin and roll back are two journeys to PostgreSQL, and to read once needs neither; what follows begins its own.
    The answer must be fetched inside.
    """
    connection = db.session.connection()
    driver: Any = connection.connection.dbapi_connection
    if db.engine.dialect.name == "sqlite" or driver.info.transaction_status != TransactionStatus.IDLE:
        yield connection
        return
    driver.autocommit = True
    try:
        yield connection
    finally:
        if not driver.closed:
            driver.autocommit = False


def lock_words(*words: str) -> None:
    """Let no two units of work hold the same words at once; the later one waits. SQLite has one writer anyway."""
    if db.engine.dialect.name == "postgresql":
        digest = hashlib.blake2b("\x00".join(words).encode(), digest_size=8).digest()
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))


def _note_rest(_dbapi_connection: Any, record: Any) -> None:
    record.info["resting_since"] = time.monotonic()


def _check_rested(dbapi_connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that has rested for a while; the pool replaces one that the server has closed meanwhile."""
    since = record.info.get("resting_since")
    if since is None or time.monotonic() - since < RESTED:
        return
    try:
        db.engine.dialect.do_ping(dbapi_connection)
    except db.engine.dialect.loaded_dbapi.Error as error:
        raise sa.exc.DisconnectionError from error


def _configure_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own transaction control would start a plain BEGIN at the first write.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def _speak_utc(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
    """Let PostgreSQL tell moments in UTC: a server's zone may have a name that the driver does not know."""
    options.setdefault("options", "-c timezone=UTC")


def _execute_planned(cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None) -> bool | None:
    if context is None or not context.execution_options.get(PLANNED_ONCE):
        return None
    cursor.execute(statement, parameters, prepare=True)
    return True


def init_app(app: Flask) -> None:
    """Bind the session to *app* and prepare its engine."""
    app.config["DATA_DIR"].mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sa.event.listen(db.engine, "connect", _configure_sqlite)
            sa.event.listen(db.engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(db.engine, "do_connect", _speak_utc)
            sa.event.listen(db.engine, "do_execute", _execute_planned)
            sa.event.listen(db.engine, "checkin", _note_rest)
            sa.event.listen(db.engine, "checkout", _check_rested)
