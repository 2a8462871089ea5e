"""What publishing a draft would do to answers whose field gets another type: tried, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import catalogue, code_lists
from app.builder.service import draft
from app.records.versions import converting
from app.records.versions.surveying import Survey
from forms.compiled import compile_form
from forms.loading import parse_definition

if TYPE_CHECKING:
    from app.access.actor import Actor


def dry_run(actor: Actor, form_key: str, *, most: int | None = converting.LOOKED_AT) -> Survey:
    """Return what would become of the answers to each field of the draft that has another type.

    How many would read as before, read otherwise or be set aside, with samples of records that the actor sees;
    ``total`` and ``complete`` tell how many records were tried.

    :param most: stop after so many records.
    Raises ``NotAllowed``, ``NotFound`` and ``DefinitionError`` for a broken draft.
    """
    found = draft(actor, form_key)
    head = catalogue().heads.get(form_key)
    if head is None or not head.no:
        return Survey()
    new = compile_form(parse_definition(found.definition, code_lists()))
    return converting.dry_run(actor, form_key, new, head.no + 1, most=most)
