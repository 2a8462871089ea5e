"""Housekeeping clears away what is old and nothing else, and goes on where one task fails."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import housekeeping
from app.access.actor import Actor, acting_as
from app.access.query import tagged
from app.database import db, unit_of_work, utcnow
from app.identity.models import WebSession
from app.records import files
from app.records.models import File


@pytest.fixture
def left(app: Flask, actor: Callable[[str], Actor]) -> dict[str, str]:
    """Leave an old and a new upload and session; return the ids of the new ones."""
    with app.app_context():
        ent_a = actor("ent_a")
        kept = {}
        for age in ("old", "new"):
            at = utcnow() - (timedelta(days=200) if age == "old" else timedelta(hours=1))
            with acting_as(ent_a), unit_of_work():
                upload = files.store(
                    ent_a, "labor_demand_survey", "seal_file", io.BytesIO(b"%PDF-1.4 " + age.encode()), f"{age}.pdf"
                )
                upload.at = at
            with unit_of_work():
                db.session.add(WebSession(id=age * 20, user_id=ent_a.user_id, created_at=at, seen_at=at))
            kept |= {"file": upload.id, "session": age * 20}
        db.session.remove()
    return kept


def present() -> dict[str, list[str]]:
    table = File.__table__
    found = db.session.execute(tagged(sa.select(table.c.id, table.c.path), "test")).all()
    assert all((files.folder() / row.path).is_file() for row in found)
    return {"file": [row.id for row in found], "session": list(db.session.scalars(sa.select(WebSession.id)))}


def test_what_is_old_goes_and_what_is_new_stays(app, left):
    result = app.test_cli_runner().invoke(args=["housekeeping"])
    assert result.exit_code == 0, result.output
    assert "uploads: 1" in result.output
    assert "sessions: 1" in result.output
    with app.app_context():
        assert present() == {"file": [left["file"]], "session": [left["session"]]}
        assert len([path for path in files.folder().rglob("*") if path.is_file()]) == 1


def test_a_task_that_fails_keeps_no_other_from_being_done(app, monkeypatch, caplog):
    def fails() -> int:
        raise RuntimeError("no")

    monkeypatch.setitem(housekeeping.TASKS, "uploads", fails)
    with app.app_context():
        done = housekeeping.keep_house()
    assert set(done) == set(housekeeping.TASKS) - {"uploads"}
    assert "uploads" in caplog.text
