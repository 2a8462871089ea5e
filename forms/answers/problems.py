"""What is wrong with an answer, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms.labels import Label


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    ``field`` is the path of the field (``positions.salary_max``), ``row`` counts rows of a sub-table from 1;
    ``level`` is ``error`` (blocks a submit) or ``warning``.
    """

    field: str
    row: int | None
    code: str
    message: Label
    level: str = "error"

    def as_dict(self, language: str) -> dict[str, Any]:
        """Return the JSON form of the API, the message in *language*."""
        return {
            "field": self.field,
            "row": self.row,
            "code": self.code,
            "message": self.message.get(language),
            "level": self.level,
        }


class Invalid(ValueError):
    """A value does not fit its field; raised by the compiled check of a field type."""

    def __init__(self, code: str, message: Label) -> None:
        super().__init__(message.zh)
        self.code = code
        self.message = message
