"""Commands of ``flask`` that load the solution pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app import migration
from app.errors import DomainError
from seeds.demo.loading import load_demo
from seeds.load import create_admin, is_real_site, load_accounts, load_reference

if TYPE_CHECKING:
    from flask import Flask


@click.command("init")
@with_appcontext
def init() -> None:
    """Bring the schema and the reference data to this release; creates no account."""
    migration.upgrade()
    for name in load_reference():
        click.echo(f"未更新（已在本系统中修改过）/ left as edited here: {name}")


@click.command("seed-demo")
@with_appcontext
def seed_demo() -> None:
    """Load the demo accounts and records that are not there yet; never beside the accounts of a real site."""
    if is_real_site():
        click.echo("本系统已有正式账号，不载入演示数据 / this site has accounts of its own: no demo is loaded")
        return
    load_accounts()
    load_demo()


@click.command("create-admin")
@click.option("--username", prompt=True)
@click.option("--name", prompt="Full name")
@click.option("--role", default="city_admin", show_default=True)
@click.password_option()
@with_appcontext
def create_admin_command(username: str, name: str, role: str, password: str) -> None:
    """Create an administrator of the city bureau, who must change the password at the first sign-in."""
    try:
        create_admin(username, name, password, role)
    except DomainError as error:
        raise click.ClickException(f"{error.message.zh}\n{error.message.get('en')}") from error


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (init, seed_demo, create_admin_command):
        app.cli.add_command(command)
