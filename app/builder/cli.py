"""``flask forms publish FILE`` and ``flask forms check FILE…``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from app.access.actor import acting_as, system_actor
from app.builder.checking import errors_of, issues_of
from app.builder.models import FormDraft
from app.builder.publish import publish
from app.builder.service import create_form, save_draft
from app.database import db, unit_of_work
from app.errors import DomainError
from forms.loading import DefinitionError, load_yaml

if TYPE_CHECKING:
    from flask import Flask

    from app.access.actor import Actor

group = AppGroup("forms", help="Check and publish form definitions.")

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def _read(file: Path) -> Any:
    try:
        return load_yaml(file)
    except DefinitionError as error:
        raise click.ClickException(f"{file.name}: {error.issues[0].message.zh}") from error


def put_draft(actor: Actor, raw: dict[str, Any]) -> FormDraft:
    """Make *raw* the draft of its form, which is created if there is none."""
    found: FormDraft | None = db.session.get(FormDraft, raw.get("key"))
    if found is None:
        return create_form(actor, raw)
    if found.definition == raw:
        return found
    return save_draft(actor, found.form_key, found.lock_version, raw)


@group.command("publish")
@click.argument("file", type=_file)
@click.option("--note", default="", help="What has changed, for the list of versions.")
def publish_command(file: Path, note: str) -> None:
    """Publish the form in FILE as its next version."""
    try:
        with acting_as(system_actor("publish")) as actor, unit_of_work():
            draft = put_draft(actor, _read(file))
            done = publish(actor, draft.form_key, lock_version=draft.lock_version, note=note)
    except DomainError as error:
        for problem in error.errors:
            click.echo(f"{problem.level}: {problem.field}: {problem.message.zh}", err=True)
        raise click.ClickException(error.message.zh) from error
    click.echo(f"{done.form_key} v{done.no}")


@group.command("check")
@click.argument("files", type=_file, nargs=-1, required=True)
def check_command(files: tuple[Path, ...]) -> None:
    """Check the forms in FILES; ends with an error if one of them could not be published."""
    failed = False
    with acting_as(system_actor("publish")):
        for file in files:
            issues = issues_of(_read(file))
            failed = failed or bool(errors_of(issues))
            for issue in issues:
                click.echo(f"{file.name}: {issue.level}: {issue.path}: {issue.message.zh}")
    if failed:
        raise SystemExit(1)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
