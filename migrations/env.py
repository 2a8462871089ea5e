"""Alembic's entry: the schema of the fixed tables.

The tables of forms (``data_*``) are made and changed by publishing a form, never by a migration.
Column types of our own are written as the types that the database has, so that a migration still runs
when they have changed. SQLite runs with foreign keys off while tables are rebuilt: a batch rebuild with
them on deletes the children of every row it copies.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from app.database import JsonDocument, UtcDateTime, db

target = db.metadata
#: Held while the schema changes, so that of two that start at once the second waits and finds it done.
LOCK = 0x58515431


def include_object(_object: Any, name: str | None, kind: str, *_comparison: Any) -> bool:
    """Tell whether a table is one of the fixed ones."""
    return not (kind == "table" and name is not None and name.startswith("data_"))


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Return how a migration writes a column type of ours; false for what Alembic can write itself."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JsonDocument):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.Text().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run() -> None:
    connection = context.config.attributes.get("connection")
    engine = db.engine
    with engine.connect() if connection is None else connection as live:
        if engine.dialect.name == "sqlite":
            live.exec_driver_sql("PRAGMA foreign_keys=OFF")
            live.rollback()
        context.configure(
            connection=live,
            target_metadata=target,
            include_object=include_object,
            render_item=render_item,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                live.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            context.run_migrations()
        if engine.dialect.name == "sqlite":
            live.exec_driver_sql("PRAGMA foreign_keys=ON")
            live.commit()


run()
