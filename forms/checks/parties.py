"""Whom a record concerns besides its owner: each kind once, by a reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.checks.issues import error
from forms.definition import Definition
from forms.files.reading import Issue

_KIND = re.compile(r"[a-z][a-z0-9_]{0,23}", re.ASCII)


def parties(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the parties of *definition*."""
    kinds: set[str] = set()
    for number, party in enumerate(definition.parties):
        place = f"parties[{number}]"
        if not _KIND.fullmatch(party.kind) or party.kind in kinds:
            yield error(
                "party_kind",
                place,
                f"相关方的种类“{party.kind}”须为小写字母、数字和下划线，不超过 24 个字符，且不重复",
                f"The kind “{party.kind}” of a party is lower-case letters, digits and underscores, at most 24, once",
            )
        kinds.add(party.kind)
        item = definition.field(party.field) if definition.has(party.field) else None
        if item is None or item.type != "reference" or (party.through and item.form == "organization"):
            yield error(
                "party_field",
                place,
                f"“{party.field}”不是能指明相关方的引用字段",
                f"“{party.field}” is no reference that names a party",
            )
