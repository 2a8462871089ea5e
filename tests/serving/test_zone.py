"""Moments are told in UTC whatever zone the database server runs in, and nothing warns about its name."""

from __future__ import annotations

import logging

import sqlalchemy as sa

from app.database import db, utcnow


def test_the_database_speaks_utc(app, caplog):
    with app.app_context(), caplog.at_level(logging.WARNING):
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(sa.text("SELECT current_setting('TimeZone')")) == "UTC"
            found = db.session.scalar(sa.text("SELECT now()"))
            assert found.utcoffset().total_seconds() == 0
            assert abs((found - utcnow()).total_seconds()) < 60
    assert "timezone" not in caplog.text
