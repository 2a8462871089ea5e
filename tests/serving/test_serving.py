"""``make run`` from outside: the first start, the second on the same data, production, and what a failed start says."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg

from seeds.reading import PACK, read
from tests.databases import Postgresql
from tests.serving.starting import ROOT, environment, free_port, serving, start

TABLES = ("record", "record_revision", "form_version", "ab_user", "organization", "file", "notification", "pack_item")


def counts(database: Path) -> dict[str, int]:
    with sqlite3.connect(database) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608


def test_a_second_start_on_the_same_data_finds_everything_and_adds_nothing(tmp_path):
    accounts = read(PACK / "demo" / "accounts.yaml", {"password", "organizations", "accounts"})
    settings = {"DATA_DIR": str(tmp_path), "XQT_DEMO": "1"}
    with serving(settings) as running:
        _, page = running.get("/login/")
        assert [row["username"] for row in accounts["accounts"] if row["username"] not in page] == []
        assert accounts["password"] in page
        # Two web processes with their master, the worker, the housekeeping and what watches them.
        assert running.grown_to(6)
    first = counts(tmp_path / "xiaoqitong.db")
    assert first["record"] > 600
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == first["file"] > 500
    with serving(settings, stop=signal.SIGINT) as running:
        assert running.get("/login/")[0] == 200
    assert counts(tmp_path / "xiaoqitong.db") == first


def test_production_on_postgresql_begins_without_an_account(tmp_path):
    backend = Postgresql()
    try:
        url = backend.url.replace("postgresql+psycopg", "postgresql", 1)
        settings = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url}

        def users() -> list[tuple[str, str]]:
            with psycopg.connect(url) as connection:
                return connection.execute(
                    "SELECT u.username, p.role FROM ab_user u LEFT JOIN post p ON p.user_id = u.id"
                ).fetchall()

        with serving(settings) as running:
            assert "ent_a" not in running.get("/login/")[1]
        assert users() == []
        answers = ["--username", "chief", "--name", "管理员", "--password", "Long-Enough-1-Password"]
        created = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "create-admin", *answers],
            cwd=ROOT,
            env=environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert created.returncode == 0, created.stderr
        assert users() == [("chief", "city_admin")]
        # Started with the demo by mistake: accounts whose password everybody knows must not appear.
        with serving({**settings, "XQT_DEMO": "1"}) as running:
            assert "ent_a" not in running.get("/login/")[1]
        assert users() == [("chief", "city_admin")]
        assert not (tmp_path / "xiaoqitong.db").exists()
    finally:
        backend.close()


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    port = free_port()
    url = f"postgresql://office:secret-word@127.0.0.1:{port}/xqt"
    process = start({"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "PORT": str(free_port())})
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "无法启动" in output
    assert "Cannot start" in output
    assert f"127.0.0.1:{port}/xqt" in output
    assert "secret-word" not in output
    assert "Traceback" not in output


def test_a_port_in_use_is_named_before_anything_is_prepared(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        process = start({"DATA_DIR": str(tmp_path), "PORT": str(port)})
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert f"{port}" in output
    assert "PORT" in output
    assert "Traceback" not in output
    assert not (tmp_path / "xiaoqitong.db").exists()


def test_a_database_of_a_later_release_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "xiaoqitong.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    process = start({"DATA_DIR": str(tmp_path), "PORT": str(free_port())})
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "9999" in output
    assert "Traceback" not in output


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    process = start({"DATA_DIR": str(tmp_path / "file" / "data"), "PORT": str(free_port())})
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "DATA_DIR" in output
    assert "Traceback" not in output
