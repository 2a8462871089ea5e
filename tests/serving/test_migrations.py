"""The migrations bring an empty database to the schema of the models, on both backends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app import create_app, migration
from app.database import db
from tests.databases import BACKENDS
from tests.serving.starting import ROOT, environment


@pytest.fixture(scope="module")
def migrated(backend_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Return an application over a database that nothing but the migrations have made."""
    backend = BACKENDS[backend_name]()
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "test-only-secret-key-of-32-characters",
            "DATA_DIR": tmp_path_factory.mktemp("data"),
            "SQLALCHEMY_DATABASE_URI": backend.url,
            "SQLALCHEMY_ENGINE_OPTIONS": {},
        }
    )
    with app.app_context():
        migration.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()
    backend.close()


def test_the_application_imports_every_model(tmp_path):
    code = "from app import create_app; create_app(); from app.database import db; print(*db.metadata.tables)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment({"DATA_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=True,
    )
    for path in sorted((ROOT / "app").glob("*/models.py")):
        import_module(f"app.{path.parent.name}.models")
    assert set(db.metadata.tables) == set(done.stdout.split())


def test_upgrading_an_empty_database_gives_the_schema_of_the_models(migrated):
    with db.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), db.metadata)
        columns = {
            (table, column["name"]): str(column["type"].compile(db.engine.dialect))
            for table in db.metadata.tables
            for column in sa.inspect(connection).get_columns(table)
        }
    assert found == []
    # What compare_metadata takes for equal: the type that each of our own column types has in the database.
    wanted = {
        (table.name, column.name): column.type.compile(db.engine.dialect)
        for table in db.metadata.sorted_tables
        for column in table.columns
    }
    assert {key: (columns[key], type_) for key, type_ in wanted.items() if columns[key] != type_} == {}


def test_the_sequences_that_keys_are_drawn_from_exist(migrated):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no sequences")
    named = {
        column.default.name
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.default is not None and column.default.is_sequence
    }
    assert named
    assert named <= set(sa.inspect(db.engine).get_sequence_names())


def test_a_second_upgrade_changes_nothing(migrated):
    migration.upgrade()
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    assert found == tuple(ScriptDirectory.from_config(migration.configuration()).get_heads())
    assert len(found) == 1


def test_the_first_migration_refuses_to_drop_everything(migrated):
    with pytest.raises(NotImplementedError):
        command.downgrade(migration.configuration(), "base")
    assert "record" in sa.inspect(db.engine).get_table_names()
