"""What a new version changes, as whoever fills the form wants to know it: fields by their names, no keys, no grades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forms.labels import Label
from forms.versions.sayings import plain
from forms.versions.words import change_items

if TYPE_CHECKING:
    from forms.definition import Definition
    from forms.versions.words import ChangeItem

WORDS = {
    "added": Label("新增", "added"),
    "changed": Label("有改动", "changed"),
    "moved": Label("移动了位置", "moved"),
    "retired": Label("不再询问", "no longer asked"),
}


def new_words(old: Definition, new: Definition, language: str) -> list[str]:
    """Return one line per field that *new* changes against *old*: the form's own settings are of no concern here."""
    found: dict[str, list[ChangeItem]] = {}
    for item in change_items(old, new, language):
        if old.has(item.path) or new.has(item.path):
            found.setdefault(item.path, []).append(item)
    colon, between = ("：", "；") if language == "zh" else (": ", "; ")
    return [
        f"{items[0].subject}{colon}{between.join(_told(item, language) for item in items)}" for items in found.values()
    ]


def _told(item: ChangeItem, language: str) -> str:
    said = [plain(one, language) for one in item.said] if item.group in {"added", "changed"} else []
    words = ("；" if language == "zh" else "; ").join(filter(None, said))
    named = WORDS[item.group].get(language)
    if item.group == "changed":
        return words or named
    return f"{named} ({words})" if words and language == "en" else f"{named}（{words}）" if words else named
