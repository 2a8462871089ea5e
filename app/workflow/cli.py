"""``flask workflow tick``: take the steps that are due today; run it daily."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.workflow.tick import tick

if TYPE_CHECKING:
    from flask import Flask

group = AppGroup("workflow", help="Look after workflows.")


@group.command("tick")
def tick_command() -> None:
    """Take every scheduled step that is due."""
    click.echo(tick())


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
