"""What publishing a draft would do to answers whose field gets another type: tried, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.builder.catalogue import catalogue, code_lists
from app.builder.digests import digest
from app.builder.service import draft
from app.errors import NotFound
from app.records.versions import converting, counting
from app.records.versions.surveying import Survey
from forms.compiled import compile_form
from forms.files.loading import parse_definition

if TYPE_CHECKING:
    from app.access.actor import Actor


def trial(actor: Actor, form_key: str) -> converting.Trial:
    """Return the trial of the draft as it stands.

    Raises ``NotAllowed``, ``NotFound`` (nothing was published yet) and ``DefinitionError`` for a broken draft.
    """
    found = draft(actor, form_key)
    head = catalogue().heads.get(form_key)
    if head is None or not head.no:
        raise NotFound
    new = compile_form(parse_definition(found.definition, code_lists()))
    basis = f"{head.no}:{digest(found.definition)}"
    return converting.Trial(actor, form_key, new, head.no + 1, basis)


counting.WALKS[counting.CONVERSION] = trial


def dry_run(actor: Actor, form_key: str) -> Survey:
    """Return what would become of the answers to each field of the draft that has another type.

    How many would read as before, read otherwise or be set aside, with samples of records that the actor sees;
    ``total`` and ``complete`` tell how many records were tried. The counts are those of a job over all records, where
    the actor has had it made.

    Raises ``NotAllowed``, ``NotFound`` and ``DefinitionError`` for a broken draft.
    """
    try:
        walk = trial(actor, form_key)
    except NotFound:
        draft(actor, form_key)
        return Survey()
    return counting.completed(actor, form_key, counting.CONVERSION, walk, counting.survey(walk, converting.LOOKED_AT))
