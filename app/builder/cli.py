"""``flask forms``: check and publish definitions, take them out and in, compare them, read forms of other tools."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from app.access.actor import acting_as, system_actor
from app.builder.catalogue import code_lists
from app.builder.checking import issues_of
from app.builder.models import FormDraft
from app.builder.publishing.publish import publish
from app.builder.service import create_form, save_draft
from app.builder.travel import files as travel
from app.builder.travel import foreign
from app.database import db, unit_of_work
from app.errors import DomainError
from app.migration import is_prepared
from forms.files.bundle import Bundle
from forms.files.json_schema import definition_schema
from forms.files.reading import DefinitionError
from forms.labels import Label
from forms.versions.words import change_lines
from forms.xlsform.workbook import workbook
from forms.xlsform.writer import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from app.access.actor import Actor
    from forms.definition import Definition

group = AppGroup("forms", help="Check, publish, export, import and compare form definitions.")

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_target = click.Path(dir_okay=False, writable=True, path_type=Path)
_lang = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")


def put_draft(actor: Actor, raw: dict[str, Any]) -> FormDraft:
    """Make *raw* the draft of its form, which is created if there is none."""
    key = raw.get("key")
    found: FormDraft | None = db.session.get(FormDraft, key) if isinstance(key, str) else None
    if found is None:
        return create_form(actor, raw)
    if found.definition == raw:
        return found
    return save_draft(actor, found.form_key, found.lock_version, raw)


@contextmanager
def _acting(lang: str = "zh") -> Iterator[Actor]:
    """Act as the system that designs forms; what goes wrong is told in *lang* and ends the command with an error."""
    try:
        with acting_as(system_actor("publish")) as actor:
            yield actor
    except DefinitionError as error:
        for issue in error.issues:
            click.echo(f"{issue.level}: {issue.path}: {issue.message.get(lang)}", err=True)
        raise click.ClickException(Label("定义无法读取", "The definition cannot be read").get(lang)) from error
    except DomainError as error:
        for problem in error.errors:
            click.echo(f"{problem.level}: {problem.field}: {problem.message.get(lang)}", err=True)
        raise click.ClickException(error.message.get(lang)) from error
    except DBAPIError as error:
        if is_prepared():
            raise
        text = Label("数据库还没有准备好，请先运行 flask init", "The database is not prepared; run flask init first")
        raise click.ClickException(text.get(lang)) from error


@group.command("publish")
@click.argument("file", type=_file)
@click.option("--note", default="", help="What has changed, for the list of versions.")
def publish_command(file: Path, note: str) -> None:
    """Publish the form in FILE as its next version."""
    with _acting() as actor, unit_of_work():
        draft, kept = travel.take_in(actor, travel.read_file(file))
        _tell_kept(kept, "zh")
        done = publish(actor, draft.form_key, lock_version=draft.lock_version, note=note)
    click.echo(f"{done.form_key} v{done.no}")


@group.command("check")
@click.argument("files", type=_file, nargs=-1, required=True)
@_lang
def check_command(files: tuple[Path, ...], lang: str) -> None:
    """Check the forms in FILES; ends with an error if one of them could not be published.

    They may refer to each other.
    """
    levels: Counter[str] = Counter()
    with _acting(lang):
        bundles, beside = _together(files)
        for file, bundle in bundles.items():
            if isinstance(bundle, DefinitionError):
                issues = bundle.issues
            else:
                issues = issues_of(bundle.form, bundle.parsed_lists(), beside)
            for issue in issues:
                levels[issue.level] += 1
                click.echo(f"{file.name}: {issue.level}: {issue.path}: {issue.message.get(lang)}")
    errors, warnings = levels["error"], levels.total() - levels["error"]
    told = Label(
        f"{len(bundles)} 张表单：{errors} 处错误，{warnings} 处提示",
        f"{len(bundles)} forms: {errors} errors, {warnings} warnings",
    )
    click.echo(told.get(lang))
    if errors:
        raise SystemExit(1)


def _together(files: tuple[Path, ...]) -> tuple[dict[Path, Bundle | DefinitionError], dict[str, Definition]]:
    """Return what each file holds, or why it cannot be read, and the forms that could be read by key."""
    bundles: dict[Path, Bundle | DefinitionError] = {}
    forms: dict[str, Definition] = {}
    for file in files:
        try:
            bundle = bundles[file] = travel.read_file(file)
            form = bundle.definition(code_lists())
            forms[form.key] = form
        except DefinitionError as error:
            bundles[file] = error
    return bundles, forms


@group.command("export")
@click.argument("form")
@click.argument("file", type=_target)
@click.option("--version", "number", type=click.IntRange(min=1), help="A version by its number; the current one else.")
@click.option("--draft", is_flag=True, help="The draft instead of what is published.")
@_lang
def export_command(form: str, file: Path, number: int | None, *, draft: bool, lang: str) -> None:
    """Write FORM with the code lists that it uses to FILE (.yaml, .yml, .json, or .xlsx for an XLSForm)."""
    if draft and number:
        raise click.UsageError("--draft or --version, not both")
    ending = _ending(file, {"yaml", "yml", "json", "xlsx"})
    with _acting(lang) as actor:
        bundle = travel.bundle_of(actor, form, travel.DRAFT if draft else str(number or ""))
        book = write(bundle.definition(code_lists())) if ending == "xlsx" else None
    if book is None:
        file.write_text(bundle.text(ending), encoding="utf-8")
    else:
        file.write_bytes(workbook(book))
        _report([remark.as_dict(lang) for remark in book.remarks])
    click.echo(str(file))


@group.command("read")
@click.argument("workbook_file", metavar="WORKBOOK", type=_file)
@click.argument("file", type=_target)
@_lang
def read_command(workbook_file: Path, file: Path, lang: str) -> None:
    """Read an XLSForm, or a sheet that people fill in, and write it as a definition to FILE (.yaml, .yml or .json).

    What was inferred and what is to be decided is told; nothing is stored. Complete FILE, then import it.
    """
    ending = _ending(file, {"yaml", "yml", "json"})
    with _acting(lang) as actor:
        found = foreign.read_workbook(actor, workbook_file, lang)
    file.write_text(Bundle(found["definition"], found["code_lists"]).text(ending), encoding="utf-8")
    _report(found["report"])
    click.echo(str(file))


@group.command("import")
@click.argument("file", type=_file)
@click.option("--replace-code-lists", is_flag=True, help="Replace code lists that are here and differ; they are live.")
@_lang
def import_command(file: Path, *, replace_code_lists: bool, lang: str) -> None:
    """Make the form in FILE the draft of its form. Nothing is published."""
    with _acting(lang) as actor, unit_of_work():
        draft, kept = travel.take_in(actor, travel.read_file(file), replace_lists=replace_code_lists)
    _tell_kept(kept, lang)
    click.echo(
        Label(f"{draft.form_key}：草稿第 {draft.lock_version} 稿", f"{draft.form_key}: draft {draft.lock_version}").get(
            lang
        )
    )


@group.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@_lang
def diff_command(old: str, new: str | None, lang: str) -> None:
    """Tell in words what NEW changes against OLD.

    Each is a file, FORM (what is published), FORM@3 (a version) or FORM@draft. With one form alone, its draft is
    compared with what is published.
    """
    if new is None:
        old, new = old.partition("@")[0], f"{old.partition('@')[0]}@{travel.DRAFT}"
    with _acting(lang) as actor:
        lines = change_lines(travel.named(actor, old), travel.named(actor, new), lang)
    for line in lines or [Label("没有不同", "No difference").get(lang)]:
        click.echo(line)


@group.command("schema")
@click.option("--output", type=_target, help="A file; the screen else.")
def schema_command(output: Path | None) -> None:
    """Write the JSON Schema of a definition, with every field type that there is."""
    text = json.dumps(definition_schema(), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _report(remarks: list[dict[str, Any]]) -> None:
    for remark in remarks:
        grade = remark.get("level") or remark.get("sure")
        parts = (remark["place"], remark.get("field", ""), remark["message"], remark.get("original", ""))
        click.echo(f"{grade}: {' | '.join(part for part in parts if part)}", err=True)


def _ending(file: Path, allowed: set[str]) -> str:
    ending = file.suffix.removeprefix(".").lower()
    if ending not in allowed:
        raise click.UsageError(f"{file.name}: .{', .'.join(sorted(allowed))}")
    return ending


def _tell_kept(kept: list[str], lang: str) -> None:
    for key in kept:
        text = Label(
            f"码表“{key}”与本系统的不同，保留本系统的（--replace-code-lists 可替换）",
            f"Code list {key!r} differs from the one here, which was kept (--replace-code-lists replaces it)",
        )
        click.echo(text.get(lang), err=True)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)
