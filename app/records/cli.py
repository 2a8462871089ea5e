"""``flask records rebuild FORM``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app import audit
from app.access.actor import acting_as, system_actor
from app.database import unit_of_work
from app.errors import DomainError
from app.records.rebuild import rebuild

if TYPE_CHECKING:
    from flask import Flask

group = AppGroup("records", help="Look after records.")


@group.command("rebuild")
@click.argument("form")
def rebuild_command(form: str) -> None:
    """Build the tables of FORM anew from the ledger and tell whether they were as they should be."""
    try:
        with acting_as(system_actor("rebuild")) as actor, unit_of_work():
            done = rebuild(form)
            detail = {"records": done.records, "different": len(done.different)}
            audit.record(actor, "rebuild", object_type="form", object_id=form, detail=detail)
    except DomainError as error:
        raise click.ClickException(error.message.zh) from error
    click.echo(f"{form}: {done.records} 条记录，{len(done.different)} 条与原先不同")
    for record_id in done.different[:20]:
        click.echo(f"  {record_id}")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
