"""Tables of forms: created and extended by publishing, never by a migration.

Only what is missing is added; nothing with data in it is ever dropped here.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateTable

from app.access.query import tagged
from app.database import db
from app.errors import Conflict
from app.records.lists.search import index_name, side_ddl
from app.records.models import VOID
from app.records.projection.tables import sortable
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.records.projection.tables import FormTable
    from forms.definition import Unique

#: Orders that get an index at most: each costs every submission a hundredth of a millisecond, and a twentieth of
#: the table's room.
MOST_ORDERED = 8
#: Classes of fields that some role sees in plain on every row, as an order demands.
OPEN_CLASSES = frozenset({"public", "internal"})
#: An index over so many rows is made in a few hundredths of a second.
FEW_ROWS = 20_000

#: PostgreSQL: how often an ALTER that cannot get its lock within half a second is tried again.
LOCK_ATTEMPTS = 20

#: Suffixes of side tables, which no sub-table may be called.
RESERVED = frozenset({"search", "shadow"})

#: The rows over which unique keys hold.
_CLAIMED = f"_submitted_at IS NOT NULL AND _state <> '{VOID}'"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _execute(statement: str | sa.schema.ExecutableDDLElement) -> None:
    if isinstance(statement, str):
        db.session.connection().exec_driver_sql(statement)
    else:
        db.session.connection().execute(statement)


def existing_columns(table: str) -> set[str]:
    """Return the columns of a table in the database; empty where it does not exist."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        return {row[1] for row in connection.execute(sa.text(f"PRAGMA table_info({_quoted(table)})"))}
    rows = connection.execute(
        sa.text(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = :name"
        ),
        {"name": table},
    )
    return {row[0] for row in rows}


def unique_name(table: FormTable, unique: Unique) -> str:
    """Return the name of the index of a unique key; a field that has changed its type has another column."""
    columns = sorted(table.key_column(key).name for key in unique.fields)
    digest = hashlib.sha256("\x00".join(columns).encode()).hexdigest()[:16]
    return index_name(table.main.name, f"u{digest}")


def _ordered(table: FormTable) -> dict[str, str]:
    """Return the columns by which a whole list is likely to be ordered, by the names of their indexes.

    They are the list's own order and the first of its sortable columns; what is masked for some orders nothing.
    """
    form = table.definition
    keys = [form.list.order.removeprefix("-"), *form.list.columns]
    open_ = [key for key in dict.fromkeys(keys) if sortable(table, key) and form.field(key).class_ in OPEN_CLASSES]
    columns = [table.sort_column(key).name for key in open_[:MOST_ORDERED]]
    return {index_name(table.main.name, f"by_{column}"): column for column in columns}


def own_names(table: FormTable) -> frozenset[str]:
    """Return the names of all indexes that a form's definition asks for and a later version may not."""
    return unique_names(table) | frozenset(_ordered(table))


def unique_names(table: FormTable) -> frozenset[str]:
    """Return the names of all indexes of unique keys."""
    own = {unique_name(table, unique) for unique in table.definition.unique}
    wide = {_wide(unique_name(table, unique)) for unique in table.definition.unique if unique.city_wide}
    return frozenset(own | wide)


def _wide(name: str) -> str:
    return name.replace("ix_", "iw_", 1)


def _unique_statements(table: FormTable) -> Iterator[str]:
    name = _quoted(table.main.name)
    for unique in table.definition.unique:
        columns = [_quoted(table.key_column(key).name) for key in unique.fields]
        yield (
            f"CREATE UNIQUE INDEX IF NOT EXISTS {_quoted(unique_name(table, unique))} ON {name}"
            f" ({', '.join(['_organization', *columns])}) WHERE {_CLAIMED}"
        )
        if unique.city_wide:
            # Looked at, not enforced: a collision with another organization is flagged, never refused.
            wide = _quoted(_wide(unique_name(table, unique)))
            yield f"CREATE INDEX IF NOT EXISTS {wide} ON {name} ({', '.join(columns)}) WHERE {_CLAIMED}"


def _index_statements(table: FormTable) -> Iterator[str]:
    main = table.main.name
    keysets = {
        "updated": "_updated_at, _id",
        "region": "_region, _updated_at, _id",
        "organization": "_organization, _updated_at, _id",
        "state": "_state, _updated_at, _id",
    }
    for suffix, columns in keysets.items():
        yield f"CREATE INDEX IF NOT EXISTS {_quoted(index_name(main, suffix))} ON {_quoted(main)} ({columns})"
    for suffix, columns, where in (
        ("published", "_updated_at, _id", "_published"),
        ("batch", "_batch", "_batch IS NOT NULL"),
        ("flagged", "_id", "_flagged"),
    ):
        yield (
            f"CREATE INDEX IF NOT EXISTS {_quoted(index_name(main, suffix))}"
            f" ON {_quoted(main)} ({columns}) WHERE {where}"
        )
    yield from _unique_statements(table)


def _order_statements(table: FormTable, *, aside: bool = False) -> Iterator[str]:
    concurrently = " CONCURRENTLY" if aside else ""
    main = _quoted(table.main.name)
    for name, column in _ordered(table).items():
        yield f"CREATE INDEX{concurrently} IF NOT EXISTS {_quoted(name)} ON {main} ({_quoted(column)}, _id)"


def _few_rows(table: FormTable) -> bool:
    rows = sa.select(sa.literal(1)).select_from(table.main).limit(FEW_ROWS + 1).subquery()
    counted = tagged(sa.select(sa.func.count()).select_from(rows), "how large a table is")
    return (db.session.scalar(counted) or 0) <= FEW_ROWS


def create_order_indexes(table: FormTable) -> int:
    """Create the indexes of orders that are missing, however large the table is; return how many orders have one.

    On PostgreSQL nobody waits for it meanwhile; it takes a connection of its own, outside any unit of work.
    """
    aside = db.engine.dialect.name == "postgresql"
    options = {"isolation_level": "AUTOCOMMIT"} if aside else {}
    with db.engine.connect().execution_options(**options) as connection:
        for statement in _order_statements(table, aside=aside):
            connection.exec_driver_sql(statement)
        connection.commit()
    return len(_ordered(table))


def create_tables(table: FormTable) -> None:
    """Create the tables that do not exist and add the columns that are missing."""
    for part in (table.main, *table.children.values()):
        present = existing_columns(part.name)
        if not present:
            _execute(CreateTable(part))
            continue
        dialect = db.session.connection().dialect
        for column in part.columns:
            if column.name not in present:
                written = sa.schema.CreateColumn(column).compile(dialect=dialect)
                _execute(f"ALTER TABLE {_quoted(part.name)} ADD COLUMN {written}")
    for statement in side_ddl(table.search):
        _execute(statement)


def create_indexes(table: FormTable, *, rebuilt: bool = False) -> None:
    """Create the indexes that are missing. Raises ``Conflict`` where rows already break a unique key.

    Those of orders are left to ``flask records index`` where the table is large: who writes waits meanwhile.

    :param rebuilt: the table is new, and nobody else has it.
    """
    try:
        with db.session.begin_nested():
            for statement in _index_statements(table):
                _execute(statement)
            if rebuilt or _few_rows(table):
                for statement in _order_statements(table):
                    _execute(statement)
    except IntegrityError as error:
        raise Conflict(
            Label(
                "已有记录违反新的唯一键，请先处理重复记录。",
                "Existing records break the new unique key; mend those first.",
            ),
            code="unique_violated",
        ) from error


def sync(table: FormTable, former: frozenset[str] = frozenset()) -> None:
    """Bring the database to *table*: columns within short waits for their locks, then indexes.

    :param former: names of the indexes that the version until now asked for; those that this one does not are dropped.
    """
    if db.session.connection().dialect.name == "sqlite":
        create_tables(table)
    else:
        _patiently(table)
    for name in sorted(former - own_names(table)):
        _execute(f"DROP INDEX IF EXISTS {_quoted(name)}")
    create_indexes(table)


def _patiently(table: FormTable) -> None:
    """Try again and again for half a second: an ALTER that waits makes every reader behind it wait too."""
    for attempt in range(LOCK_ATTEMPTS):
        try:
            with db.session.begin_nested():
                db.session.connection().exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
                create_tables(table)
                db.session.connection().exec_driver_sql("SET LOCAL lock_timeout = 0")
        except OperationalError:
            if attempt == LOCK_ATTEMPTS - 1:
                raise
            time.sleep(0.2)
        else:
            return
