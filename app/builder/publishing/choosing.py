"""What a body that asks for publication says: the note, and what becomes of answers of another type."""

from __future__ import annotations

from typing import Any

from app.errors import Invalid
from forms.answers.problems import Problem
from forms.labels import Label

LONGEST_NOTE = 500


def note_of(body: dict[str, Any], *, required: bool = False) -> str:
    """Return the note. Raises ``Invalid`` for one that is too long, or missing where it is *required*."""
    note = str(body.get("note", "")).strip()
    if len(note) > LONGEST_NOTE:
        text = Label(f"说明不超过 {LONGEST_NOTE} 字", f"At most {LONGEST_NOTE} characters")
        raise Invalid(errors=[Problem("note", None, "too_long", text)])
    if required and not note:
        text = Label("请写版本说明：改了什么、为什么", "Write a note: what was changed, and why")
        raise Invalid(errors=[Problem("note", None, "required", text)])
    return note


def choices_of(body: dict[str, Any]) -> dict[str, str]:
    """Return the choices. Raises ``Invalid`` for what is none."""
    found = body.get("choices") or {}
    if not all(isinstance(choice, str) for choice in found.values()):
        text = Label("应为 convert 或 retire", "Should be convert or retire")
        raise Invalid(errors=[Problem("choices", None, "type", text)])
    return dict(found)
