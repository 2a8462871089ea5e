"""``flask exchange``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup, with_appcontext

from app.database import unit_of_work
from app.exchange import expiry

if TYPE_CHECKING:
    from flask import Flask

exchange = AppGroup("exchange", help="Exports and imports.")


@exchange.command("expire")
@with_appcontext
def expire() -> None:
    """Remove files of exports and imports that are not kept any longer; run it daily."""
    with unit_of_work():
        exports, imports = expiry.expire()
    click.echo(f"removed {exports} export files and {imports} imports")


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(exchange)
