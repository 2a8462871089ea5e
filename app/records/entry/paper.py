"""What a print sheet says around the answers."""

from __future__ import annotations

from app.records.entry.model import PaperView
from forms.definition import Definition

#: What is sealed or signed is dated; a telephone number is not.
SIGNED = ("章", "签")


def paper_of(definition: Definition, lang: str) -> PaperView:
    """Return the frame of a form's print sheet; seals are as the form names them, which is in Chinese."""
    said = definition.print
    title = definition.title.get(lang)
    if lang == "zh":
        title = str(said.get("title") or title)
    return PaperView(
        title,
        seals=tuple((str(one), any(word in str(one) for word in SIGNED)) for one in said.get("seal") or ()),
        landscape=str(said.get("paper") or "").endswith("横"),
    )
