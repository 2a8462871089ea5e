"""``flask exchange``: what the operator takes out and brings in, and what is not kept any longer."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup, with_appcontext

from app.database import unit_of_work
from app.errors import DomainError
from app.exchange import expiry, operating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

exchange = AppGroup("exchange", help="Exports and imports.")

#: How many of what is wrong with a file are printed.
SHOWN = 20


@contextmanager
def _sentences() -> Iterator[None]:
    """Tell what went wrong in a sentence."""
    try:
        yield
    except DomainError as error:
        told = [error.message.zh, *(item.message.zh for item in error.errors)]
        raise click.ClickException(" ".join(told)) from error
    except FileExistsError as error:
        raise click.ClickException(f"{error.filename} 已经存在，请换一个文件名。") from error
    except (FileNotFoundError, PermissionError) as error:
        raise click.ClickException(f"不能写入或读取 {error.filename}，请核对文件夹和权限。") from error


@exchange.command("export")
@click.argument("form")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--purpose", required=True, help="What for; it stands in the file and in the audit trail.")
@with_appcontext
def export_command(form: str, file: Path, purpose: str) -> None:
    """Write all records of FORM into FILE (.xlsx or .csv), in plain; only this account may read it."""
    with _sentences():
        records = operating.take_out(form, file, purpose)
    click.echo(f"{form}: {records} 条记录，以明文写入 {file}")


@exchange.command("import")
@click.argument("form")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--commit", is_flag=True, help="Import what was checked; without it nothing is written.")
@click.option("--only-valid", is_flag=True, help="Leave out rows with errors; without it any error refuses the whole.")
@with_appcontext
def import_command(form: str, file: Path, *, commit: bool, only_valid: bool) -> None:
    """Check FILE against the records of FORM; new rows name the organization that they are filled for."""
    with _sentences():
        found = operating.bring_in(form, file, commit=commit, only_valid=only_valid)
    counts = found["counts"]
    click.echo(
        f"{form}: {counts['rows']} 行，新增 {counts['new']}，修改 {counts['changed']}，"
        f"无变化 {counts['unchanged']}，错误 {counts['errors']}"
    )
    for item in found["errors"][:SHOWN]:
        click.echo(f"  {item['sheet']} 第 {item['row']} 行：{item['message']}")
    click.echo("已导入。" if commit else "只作检查，没有导入；加 --commit 导入。")


@exchange.command("expire")
@with_appcontext
def expire() -> None:
    """Remove files of exports and imports that are not kept any longer; run it daily."""
    with unit_of_work():
        exports, imports = expiry.expire()
    click.echo(f"removed {exports} export files and {imports} imports")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(exchange)
