"""Definitions of other tools, and the shape of ours, by the API."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.api import schema
from app.api.routing import Answer, operation, posted_file
from app.builder.service import DESIGN
from app.builder.travel import foreign
from app.errors import BadRequest, language
from app.exchange import isolation
from forms.files.json_schema import definition_schema
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor


@operation(
    "GET",
    "/definition.schema.json",
    tag="design",
    summary="The JSON Schema of a definition",
    answer=schema.OBJECT,
)
def definition_schema_document(actor: Actor) -> Answer:
    """Return the schema, with every field type that there is."""
    del actor  # whoever is signed in may read it
    return definition_schema()


@operation(
    "POST",
    "/forms/read",
    tag="design",
    needs="F",
    resource=DESIGN,
    summary="Read an XLSForm, or an Excel sheet, as a definition; nothing is stored",
    upload=True,
    answer=schema.shape(
        kind={"type": "string", "enum": ["xlsform", "sheet"]},
        definition=schema.OBJECT,
        code_lists=schema.OBJECT,
        report=schema.listing(schema.OBJECT),
    ),
)
def read_form(actor: Actor) -> Answer:
    """Return what the workbook says, and what is to be decided."""
    given = posted_file()
    if given is None:
        raise BadRequest(Label("请选择文件。", "A file is needed."), code="body")
    with TemporaryDirectory(prefix="xqt-form-") as folder:
        path = Path(folder) / "workbook.xlsx"
        content = given.stream.read(foreign.LARGEST + 1)
        if len(content) > foreign.LARGEST:
            raise isolation.refusal("too_large")
        path.write_bytes(content)
        return foreign.read_workbook(actor, path, language())
