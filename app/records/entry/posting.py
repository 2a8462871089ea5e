"""What a post of the entry page brings besides texts: rows to add or take away, files to keep, a button to obey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.database import unit_of_work
from app.errors import BadRequest, Invalid
from app.records import files
from app.records.entry.renderer import attach, change_rows, uploads_of
from app.records.writing import owners
from forms.answers import fixed_rows
from forms.answers.prefill import prefill_row
from forms.answers.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from app.access.actor import Actor
    from app.errors import DomainError
    from app.records.entry.renderer import Action
    from forms.compiled import CompiledForm, Context
    from forms.definition import Definition, Field


def with_rows(form: CompiledForm, raw: Mapping[str, Any], do: Action, context: Context) -> dict[str, Any]:
    """Return the answers with a row added, copied or removed; nothing is saved.

    Raises ``BadRequest`` where there is no such table, or its rows are fixed.
    """
    known = do.table in form.tables
    if do.table in form.fixed:
        # What a version with other rows has left behind is the only thing that may go.
        odd = fixed_rows.strays(form.columns[do.table], raw.get(do.table))
        if do.verb != "remove-row" or do.index not in {str(position) for position in odd}:
            raise BadRequest(fixed_rows.CLOSED)
    start = prefill_row(form, do.table, raw, context) if do.verb == "add-row" and known else None
    answers, _ = form.clean(change_rows(form.definition, raw, do, start), context=context)
    return answers


def keep_uploads(
    actor: Actor, form_key: str, form: Definition, raw: dict[str, Any], request: Request
) -> tuple[Problem, ...]:
    """Keep the files of plain file inputs and name them in *raw*; return what is wrong with the others.

    Each is kept for good before anything else is tried: a browser gives up a chosen file with the page, so one that
    is all right must not have to be chosen again for what is wrong elsewhere.
    """
    problems: list[Problem] = []
    for upload in uploads_of(form, request.form, request.files):
        try:
            with unit_of_work():
                kept = files.store(actor, form_key, upload.path, upload.file.stream, upload.file.filename or "file")
                kept_id = kept.id
        except Invalid as error:
            row = None if upload.position is None else upload.position + 1
            problems += [Problem(item.field, row, item.code, item.message) for item in error.errors]
        else:
            attach(raw, upload, kept_id)
    return tuple(problems)


def told_above(error: DomainError) -> tuple[Problem, ...]:
    """Return what is said above the page when its post cannot be obeyed as a whole."""
    return (Problem("", None, error.code, error.message),)


def nobodys(item: Field) -> tuple[Problem, ...]:
    """Return what is said where a record to be handed in has no owner yet."""
    return (Problem(item.key, None, "required", owners.WHOSE),)
