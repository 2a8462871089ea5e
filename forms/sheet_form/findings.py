"""What was inferred from a sheet, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from forms.labels import Label

SURE, LIKELY, ASK = "sure", "likely", "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was inferred: where, about which field, how sure (``sure``, ``likely``, ``ask``)."""

    code: str
    place: str
    sure: str
    message: Label
    field: str = ""

    def as_dict(self, language: str) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "code": self.code,
            "place": self.place,
            "field": self.field,
            "sure": self.sure,
            "message": self.message.get(language),
        }


class Findings(list[Finding]):
    """The findings of one workbook, in their order."""

    def sure(self, code: str, place: str, message: Label, path: str = "") -> None:
        """Note what the sheet says."""
        self.append(Finding(code, place, SURE, message, path))

    def likely(self, code: str, place: str, message: Label, path: str = "") -> None:
        """Note what speaks for itself on most sheets."""
        self.append(Finding(code, place, LIKELY, message, path))

    def ask(self, code: str, place: str, message: Label, path: str = "") -> None:
        """Note what somebody has to decide."""
        self.append(Finding(code, place, ASK, message, path))
