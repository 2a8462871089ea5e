"""``flask records rebuild FORM`` and ``flask records index``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app import audit
from app.access.actor import acting_as, system_actor
from app.builder.catalogue import catalogue
from app.database import db, unit_of_work
from app.errors import DomainError
from app.records.projection.rebuild import rebuild
from app.records.projection.schema import create_order_indexes
from app.records.projection.tables import form_table

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


@group.command("index")
@click.argument("forms", nargs=-1)
def index_command(forms: tuple[str, ...]) -> None:
    """Create the indexes of orders that FORMS (all by default) still lack; on PostgreSQL nobody waits for it."""
    for form in forms or sorted(key for key, found in catalogue().heads.items() if found.no):
        try:
            table = form_table(form)
        except DomainError as error:
            raise click.ClickException(f"{form}: {error.message.zh}") from error
        db.session.rollback()
        click.echo(f"{form}: {create_order_indexes(table)} 种排序有索引")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
