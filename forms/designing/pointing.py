"""Where an issue is mended: the field, the section or the setting of the form that its path names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forms.designing.outline import Outline, dicts

#: Settings of the form, by the head of an issue's path.
SETTINGS = frozenset({
    "key", "title", "resource", "kind", "workflow", "fill_roles", "unique", "no_overlap", "published_when", "list",
    "organization", "cycle", "serial", "print", "help", "category",
})  # fmt: skip
#: The property that is mended, of issues whose path names a whole field.
_PARTS = {
    "duplicate_key": "key",
    "field_key": "key",
    "long_names": "key",
    "type": "type",
    "class": "class",
    "class_raised": "class",
    "class_of_source": "class",
    "mask": "mask",
    "mask_unused": "mask",
    "no_formula": "compute",
    "places": "places",
    "no_form": "form",
    "reference": "form",
    "codelist": "codelist",
    "options": "options",
    "no_columns": "fields",
    "never_visible": "visible_when",
    "cycle": "visible_when",
    "nobody_fills": "readonly",
    "totals": "totals",
    "unique_columns": "unique_columns",
    "fixed_rows": "fixed_rows",
}
_SECTION = re.compile(r"sections\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Target:
    """``kind``: field, section, setting or form; ``path`` of the field, key of the section or name of the setting.

    ``part``: the property that is wrong, such as ``options`` or ``visible_when``; empty for the whole.
    """

    kind: str
    path: str = ""
    part: str = ""


def target(path: str, outline: Outline, code: str = "") -> Target:
    """Return where the issue *code* at *path* is mended."""
    parts = path.split(".")
    for length in (2, 1):
        name = ".".join(parts[:length])
        if len(parts) >= length and name in outline.places:
            return Target("field", name, ".".join(parts[length:]) or _part(code, name, outline))
    if parts[0] in outline.sections:
        return Target("section", parts[0], ".".join(parts[1:]))
    number = _SECTION.match(path)
    if number:
        sections = dicts(outline.raw.get("sections"))
        place = int(number[1])
        if place < len(sections):
            return Target("section", str(sections[place].get("key") or f"section_{place + 1}"), ".".join(parts[1:]))
    head = parts[0].partition("[")[0]
    return Target("setting", head) if head in SETTINGS else Target("form")


def _part(code: str, path: str, outline: Outline) -> str:
    if code == "cycle" and not outline.places[path].raw.get("visible_when"):
        return "compute"
    return _PARTS.get(code, "")
