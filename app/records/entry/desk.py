"""Where an entry page posts to, where it leads, and what a post of it ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.records.entry.renderer import Urls

if TYPE_CHECKING:
    from app.records.entry.renderer import EntryPage


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page to draw, or where to go with what message."""

    page: EntryPage | None
    status: int = 200
    address: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the entry page posts to, and where it leads once a draft was saved or handed in.

    Each takes form key and record id, which is empty for a new record.
    """

    urls: Callable[[str, str], Urls]
    saved: Callable[[str, str], str]
    done: Callable[[str, str], str]


def _urls(form_key: str, record_id: str) -> Urls:
    base = f"/records/{form_key}"
    return Urls(
        f"{base}/edit/{record_id}" if record_id else f"{base}/add",
        draft=f"{base}/draft/{record_id or 'new'}",
        files=f"{base}/files",
        lookup=f"{base}/lookup/",
        file=f"{base}/file/",
        back=f"{base}/show/{record_id}" if record_id else f"{base}/list",
        print=f"{base}/print/{record_id}" if record_id else "",
        list=f"{base}/list",
    )


#: The desk of whoever has an account.
OFFICE = Desk(
    _urls,
    saved=lambda form_key, record_id: f"/records/{form_key}/edit/{record_id}",
    done=lambda form_key, record_id: f"/records/{form_key}/show/{record_id}",
)
