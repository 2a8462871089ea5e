"""Which part of a workbook holds which sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from xml.etree import ElementTree as ET

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def part_names(path: str, names: Collection[str]) -> dict[str, str]:
    """Return the part of each sheet, as the workbook's relations name it."""
    # The scan has refused every document that declares entities.
    with zipfile.ZipFile(path) as archive:
        if _RELATIONS not in archive.namelist():
            return {}
        targets = {
            item.get("Id"): (item.get("Target") or "").lstrip("/")
            for item in ET.fromstring(archive.read(_RELATIONS))  # noqa: S314 - scanned
        }
        found = {}
        for item in ET.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314 - scanned
            if item.tag.endswith("}sheet") and item.get("name") in names:
                target = targets.get(item.get(_RELATION)) or ""
                found[str(item.get("name"))] = target if target.startswith("xl/") else f"xl/{target}"
    return found
