"""Pages, services and exports ask what a field type is, never how it is called: a new type is one new file."""

from __future__ import annotations

import re
from pathlib import Path

from forms.field_types import FIELD_TYPES

APP = Path(__file__).parents[2] / "app"
#: A sub-table is the shape of a form, not a kind of answer; its name may be known.
KNOWN = {"subtable"}
_COMPARED = re.compile(r"""\.type(?:\.name)?\s*(?:==|!=|in|not in)\s*(?:"(\w+)"|[({\[]([^)}\]]*)[)}\]])""")


def test_no_module_of_the_application_compares_the_name_of_a_type():
    found = []
    for path in sorted(APP.rglob("*.py")):
        for match in _COMPARED.finditer(path.read_text(encoding="utf-8")):
            names = {match[1]} if match[1] else set(re.findall(r'"(\w+)"', match[2]))
            if (names & FIELD_TYPES.keys()) - KNOWN:
                found.append(f"{path.relative_to(APP)}: {match[0]}")
    assert found == []


def test_the_test_sees_a_comparison():
    assert _COMPARED.search('if item.type == "note":')[1] == "note"
    assert "file" in _COMPARED.search('if item.type not in {"file", "image"}:')[2]
