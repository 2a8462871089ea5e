"""A definition as a WTForms class, with the same compiled checks that an import runs."""

from __future__ import annotations

from typing import Any

import wtforms
from wtforms.validators import StopValidation

from forms.answers import Column, is_empty
from forms.compiled import CompiledForm
from forms.problems import Invalid

#: A field called ``data`` or ``errors`` would hide an attribute of the form.
PREFIX = "f-"


class FieldCheck:
    """WTForms validator that runs a field's compiled check and replaces the data by the canonical value."""

    def __init__(self, column: Column, language: str) -> None:
        self.column = column
        self.language = language

    def __call__(self, _form: wtforms.Form, field: wtforms.Field) -> None:
        """Raise StopValidation with the message for the reader."""
        if is_empty(field.data):
            field.data = None
            raise StopValidation
        try:
            field.data = self.column.check(field.data)
        except Invalid as error:
            raise StopValidation(error.message.get(self.language)) from error


def build_form(form: CompiledForm, language: str) -> type[wtforms.Form]:
    """Return a form class with one field per question; names begin with ``f-``, sub-tables are lists of sub-forms."""
    members: dict[str, Any] = {}
    for key, column in form.columns.items():
        members[PREFIX + key] = _field(column, language)
    return type("AnswersForm", (wtforms.Form,), {name: field for name, field in members.items() if field is not None})


def _field(column: Column, language: str) -> Any:
    if not column.takes_answers:
        return None
    if column.columns:
        cells = filter(None, (_cell(cell, language) for cell in column.columns.values()))
        row = type("Row", (wtforms.Form,), dict(cells))
        return wtforms.FieldList(wtforms.FormField(row), label=column.field.label.get(language))
    return column.type.wtforms_field(column.field, column.code_list, language, [FieldCheck(column, language)])


def _cell(column: Column, language: str) -> tuple[str, Any] | None:
    """Return attribute and field of a column: posted under its bare key, held under a safe one."""
    field = _field(column, language)
    if field is None:
        return None
    field.name = column.field.key
    return PREFIX + column.field.key, field
