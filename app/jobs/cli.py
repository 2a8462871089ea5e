"""``flask worker``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext

from app.jobs.worker import work

if TYPE_CHECKING:
    from flask import Flask


@click.command("worker")
@click.option("--once", is_flag=True, help="End when no job is waiting.")
@with_appcontext
def worker(*, once: bool) -> None:
    """Work off jobs until stopped; start as many as the machine has cores to spare."""
    work(current_app._get_current_object(), once=once)  # type: ignore[attr-defined]  # noqa: SLF001 - the object behind


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(worker)
