"""What one side says and the other cannot, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms.labels import Label

#: ``lost``: it is not in the result. ``changed``: it is there in another shape. ``ask``: somebody has to decide.
LEVELS = ("lost", "changed", "ask")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a form that was written or read.

    ``place`` is a path of ours when writing, sheet and row (``survey 12``) when reading; ``original`` what stood there.
    """

    code: str
    place: str
    message: Label
    level: str = "lost"
    original: str = ""

    def as_dict(self, language: str) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "code": self.code,
            "place": self.place,
            "level": self.level,
            "message": self.message.get(language),
            "original": self.original,
        }


class Unsayable(ValueError):
    """An expression, or a part of it, has no counterpart on the other side."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = Label(zh, en)


class Remarks(list[Remark]):
    """The remarks of one form, in their order."""

    def lost(self, code: str, place: str, message: Label, original: object = "") -> None:
        """Note what is not in the result."""
        self.append(Remark(code, place, message, "lost", str(original)))

    def changed(self, code: str, place: str, message: Label, original: object = "") -> None:
        """Note what is there in another shape."""
        self.append(Remark(code, place, message, "changed", str(original)))

    def ask(self, code: str, place: str, message: Label, original: object = "") -> None:
        """Note what somebody has to decide."""
        self.append(Remark(code, place, message, "ask", str(original)))
