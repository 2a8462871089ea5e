"""Publish a new column of a form with a million records while others read and write.

    createdb -h 127.0.0.1 -p 55432 -U perf million
    DATABASE_URL=postgresql://perf@127.0.0.1:55432/million DATA_DIR=/tmp/million python -m benchmarks.add_column

An empty database is made ready first: the form of the benchmark, and a million rows of its projection with their
records, by SQL. Then a reader opens the list and a writer submits, each as fast as it is answered, first alone and then
while another process publishes the next version, which has one field more. Told is the longest that each had to wait.
"""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
import threading
import time
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app, migration
from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.builder import service as builder
from app.builder.publishing.publish import publish
from app.database import db, unit_of_work
from app.records.models import Record
from app.records.projection.tables import FormTable, form_table
from benchmarks import world

AIM = 1.0
ROWS = 1_000_000
QUIET = 10.0
COUNTY = ("430329", "汉田区")
WHY = "benchmark"


def fill(table: FormTable) -> None:
    """Bring the projection to a million rows, a hundred to each organization."""
    present = db.session.scalar(tagged(sa.select(sa.func.count()).select_from(table.main), WHY)) or 0
    if present >= ROWS:
        return
    names = [column.name for column in table.main.columns]
    rows = {name: _value(table, name) for name in names}
    for start in range(present, ROWS, 100_000):
        numbers = f"generate_series({start + 1}, {min(start + 100_000, ROWS)}) AS n"
        copied = {
            Record.__tablename__: {
                "id": rows["_id"],
                "form_key": "'demand'",
                "serial": rows["_serial"],
                "organization_id": rows["_organization"],
                "region": rows["_region"],
                "state": rows["_state"],
                "form_version_no": "1",
                "head_no": "1",
                "lock_version": "1",
                "created_at": rows["_created_at"],
                "updated_at": rows["_updated_at"],
                "submitted_at": rows["_submitted_at"],
                "flagged": "false",
            },
            table.main.name: rows,
        }
        for name, values in copied.items():
            columns = ", ".join(f'"{column}"' for column in values)
            insert = f'INSERT INTO "{name}" ({columns}) SELECT {", ".join(values.values())} FROM {numbers}'  # noqa: S608
            db.session.execute(tagged(sa.text(insert.replace(":", r"\:")), WHY))
        db.session.commit()
        print(f"\r{start + 100_000} rows", end="", flush=True)
    print()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.DDL("VACUUM ANALYZE"))


def _value(table: FormTable, name: str) -> str:
    """Return what stands in a column of row ``n``, as SQL."""
    known = {
        "_id": "lpad(n::text, 26, '0')",
        "_serial": "'XQ-' || n",
        "_state": "'submitted'",
        "_organization": str(db.session.scalar(sa.text("SELECT max(id) FROM organization"))),
        "_organization_name": "'服务站'",
        "_region": f"'{COUNTY[0]}'",
        "_published_until": "NULL",
        "_submitted_at": "timestamptz '2026-01-01' + n * interval '1 second'",
        "_batch": "NULL",
    }
    if name in known:
        return known[name]
    column = table.main.columns[name]
    if isinstance(column.type, sa.Boolean):
        return "false"
    if isinstance(column.type, sa.Integer):
        return "n % 1000"
    if isinstance(column.type, sa.Date):
        return "date '2026-03-01' + n % 300"
    return known["_submitted_at"] if name.endswith("_at") and name.startswith("_") else "'需求' || n % 5000"


def publish_next() -> None:
    """Publish the form with one field more."""
    actor = system_actor("seeds")
    with acting_as(actor), unit_of_work():
        draft = builder.draft(actor, "demand")
        raw = copy.deepcopy(draft.definition)
        number = sum(
            1 for section in raw["sections"] for field in section["fields"] if field["key"].startswith("more_")
        )
        label = {"zh": f"补充 {number + 1}", "en": f"More {number + 1}"}
        field = {"key": f"more_{number + 1}", "type": "text", "class": "public", "label": label}
        raw["sections"][-1]["fields"].append(field)
        changed = builder.save_draft(actor, "demand", draft.lock_version, raw)
        publish(actor, "demand", lock_version=changed.lock_version)


class Waits(threading.Thread):
    """Does the same again and again and notes how long it took."""

    def __init__(self, app: Flask, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._client = app.test_client()
        self._ended = threading.Event()
        self.longest = 0.0
        self.times = 0
        page = self._client.get("/login/").text
        self._client.post("/login/", data={"username": "admin", "password": "admin-Pass1", "csrf_token": token(page)})
        page = self._client.get("/records/demand/add").text
        self._post = {f"f-{key}": "1" for key in re.findall(r'name="f-(\w+)"', page)}
        self._post |= {"csrf_token": token(page), "_do": "save"}

    def once(self) -> None:
        """Read the list, or write a record."""
        reads = self.name == "reader"
        answer = (
            self._client.get("/records/demand/list?size=50")
            if reads
            else self._client.post("/records/demand/add", data=self._post)
        )
        if answer.status_code != (200 if reads else 302):
            raise RuntimeError(answer.status_code)

    def run(self) -> None:
        """Go on until told to end."""
        while not self._ended.is_set():
            started = time.perf_counter()
            self.once()
            self.longest = max(self.longest, time.perf_counter() - started)
            self.times += 1

    def end(self) -> float:
        """End; return the longest wait."""
        self._ended.set()
        self.join()
        return self.longest


def token(page: str) -> str:
    """Return the CSRF token of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise ValueError(page[:500])
    return found[1]


def measure(app: Flask, *, publishing: bool) -> dict[str, Any]:
    """Return the longest waits of a reader and a writer, and how long the publication took."""
    others = [Waits(app, "reader"), Waits(app, "writer")]
    for one in others:
        one.once()
        one.start()
    time.sleep(1)
    started = time.perf_counter()
    if publishing:
        subprocess.run([sys.executable, "-m", "benchmarks.add_column", "publish"], check=True)
    else:
        time.sleep(QUIET)
    took = time.perf_counter() - started
    time.sleep(1)
    return {one.name: one.end() for one in others} | {"took": took, "times": [one.times for one in others]}


def main() -> None:
    """Make ready, measure, print."""
    app = create_app()
    with app.app_context():
        if sys.argv[1:] == ["publish"]:
            publish_next()
            return
        with acting_as(system_actor("seeds")):
            migration.upgrade()
            with unit_of_work():
                world.build([COUNTY])
            fill(form_table("demand"))
        db.session.remove()
    for name, publishing in (("nothing published", False), ("one column more", True)):
        found = measure(app, publishing=publishing)
        longest = max(found["reader"], found["writer"])
        verdict = ("kept" if longest <= AIM else "MISSED") if publishing else ""
        print(
            f"{name}: {found['took']:.1f} s, {found['times'][0]} pages and {found['times'][1]} submissions;"
            f" longest wait: reader {found['reader']:.2f} s, writer {found['writer']:.2f} s {verdict}"
        )


if __name__ == "__main__":
    os.environ.setdefault("DATA_DIR", "build/million")
    main()
