"""What has to be done from time to time: steps that the calendar takes, clearing away what nobody needs any more."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app import attempts
from app.access.actor import acting_as, system_actor
from app.database import db, unit_of_work, utcnow
from app.exchange import expiry
from app.identity.sessions import purge
from app.records.files import drop_pending
from app.visitors import arriving
from app.workflow.tick import tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

log = logging.getLogger(__name__)

#: Uploads that no record has named by then were given up.
UPLOADS_KEPT = timedelta(days=2)
SESSIONS_KEPT = timedelta(days=90)


def _uploads() -> int:
    with acting_as(system_actor("schedule")), unit_of_work():
        return drop_pending(UPLOADS_KEPT)


def _sessions() -> int:
    with unit_of_work():
        return purge(utcnow() - SESSIONS_KEPT)


def _exchanged() -> int:
    with unit_of_work():
        return sum(expiry.expire())


def _attempts() -> int:
    with unit_of_work():
        return attempts.forget()


def _visits() -> int:
    with unit_of_work():
        return arriving.forget()


TASKS: dict[str, Callable[[], int]] = {
    "steps": tick,
    "uploads": _uploads,
    "exchanged": _exchanged,
    "sessions": _sessions,
    "visits": _visits,
    "attempts": _attempts,
}


def keep_house() -> dict[str, int]:
    """Do everything that is due; return how much of each was done. One that fails keeps no other from being done."""
    done = {}
    for name, task in TASKS.items():
        try:
            done[name] = task()
        except Exception:
            db.session.rollback()
            log.exception("housekeeping: %s failed", name)
    db.session.remove()
    return done


@click.command("housekeeping")
@with_appcontext
def housekeeping() -> None:
    """Take the steps that are due and clear away what nobody needs; run it daily or oftener."""
    for name, count in keep_house().items():
        click.echo(f"{name}: {count}")


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(housekeeping)
