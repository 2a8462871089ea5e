"""Texts in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Label:
    """A text in Chinese and, where it is known, in English."""

    zh: str
    en: str = ""

    def get(self, language: str) -> str:
        """Return the text in *language* (``zh`` or ``en``), Chinese where English is missing."""
        return self.en if language == "en" and self.en else self.zh

    def format(self, **values: object) -> Label:
        """Return the label with ``{name}`` replaced in both languages."""
        return Label(self.zh.format(**values), self.en.format(**values))

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"zh": self.zh, "en": self.en} if self.en else {"zh": self.zh}

    @staticmethod
    def fits(raw: Any) -> bool:
        """Tell whether *raw* is text or ``{"zh", "en"}``."""
        if isinstance(raw, Mapping):
            return bool(raw) and set(raw) <= {"zh", "en"} and all(isinstance(text, str) for text in raw.values())
        return isinstance(raw, str)

    @classmethod
    def of(cls, raw: str | Mapping[str, Any] | Label) -> Label:
        """Return a label from text or ``{"zh", "en"}``; raises ValueError for anything else."""
        if isinstance(raw, Label):
            return raw
        if not cls.fits(raw):
            raise ValueError(f"not a label: {raw!r}")
        if isinstance(raw, str):
            return cls(raw)
        return cls(raw.get("zh") or raw.get("en", ""), raw.get("en", ""))
