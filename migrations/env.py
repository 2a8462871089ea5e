"""Alembic's entry: the schema of the fixed tables.

The tables of forms (``data_*``) are made and changed by publishing a form, never by a migration.
SQLite runs with foreign keys off while tables are rebuilt: a batch rebuild with them on deletes the
children of every row it copies.
"""

from __future__ import annotations

from alembic import context
from app.database import db

target = db.metadata


def include_object(_object, name, kind, _reflected, _compare_to):
    return not (kind == "table" and name.startswith("data_"))


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
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if engine.dialect.name == "sqlite":
            live.exec_driver_sql("PRAGMA foreign_keys=ON")
            live.commit()


run()
