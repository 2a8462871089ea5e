"""What a print sheet says around the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.records.entry.model import PaperView
from forms.definition import Definition
from forms.labels import Label

#: What is sealed or signed is dated; a telephone number is not.
SIGNED = ("章", "签")


def paper_of(definition: Definition, lang: str) -> PaperView:
    """Return the frame of a form's print sheet; a seal is named as other texts are, or in Chinese alone."""
    said = definition.print
    title = definition.title.get(lang)
    if lang == "zh":
        title = str(said.get("title") or title)
    return PaperView(
        title,
        seals=tuple((one.get(lang), any(word in one.zh for word in SIGNED)) for one in _seals(said.get("seal") or ())),
        landscape=str(said.get("paper") or "").endswith("横"),
    )


def _seals(said: Iterable[Any]) -> Iterator[Label]:
    for one in said:
        yield Label.of(one) if Label.fits(one) else Label(str(one))
