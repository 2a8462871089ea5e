"""Why a change of a definition is refused."""

from __future__ import annotations

from forms.labels import Label


class Refused(ValueError):
    """A change that cannot be made; ``message`` says why and what to do instead."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.message = Label(zh, en)


def gone() -> Refused:
    """Return the refusal for a place that is not there any more."""
    return Refused("它已不在草稿里，可能刚被他人移走。", "It is no longer in the draft; somebody may have moved it.")
