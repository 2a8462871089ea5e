"""Grants as they are written: ``VCUS@own[m0]|V@published[m1]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: V view, C create, U change, S submit, A approve, R return, D void, E export, P push or publish, F design,
#: X administer.
WRITTEN_ORDER = "VCUSAREPDFX"
ACTIONS = frozenset(WRITTEN_ORDER)
SCOPES = ("city", "region", "own", "related", "published", "self", "assigned")
MODES = ("", "m0", "m1", "m2", "anon")

#: Every resource, every class in plain: only for actors that are not people, never parsed from text.
ANY_RESOURCE = "*"
MODE_ALL = "all"

_GRANT = re.compile(r"([A-Z]+)@([a-z]+)(?:\[([a-z0-9]+)\])?")


@dataclass(frozen=True, slots=True)
class GrantRule:
    """These actions on this resource, on the rows of this scope, in this mode."""

    resource: str
    actions: frozenset[str]
    scope: str
    mode: str = ""

    def covers(self, resource: str, action: str) -> bool:
        """Tell whether this rule speaks of *action* on *resource*."""
        return action in self.actions and self.resource in {resource, ANY_RESOURCE}


def parse_grants(resource: str, text: str) -> tuple[GrantRule, ...]:
    """Return the rules of *text*; an empty text grants nothing.

    ``M`` (view masked) is ``V``: how much is seen is the mode's business.
    Raises ``ValueError`` naming the part that cannot be understood.
    """
    rules = []
    for part in text.split("|") if text else ():
        match = _GRANT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"cannot understand the grant {part!r} of {resource!r}")
        actions = frozenset(match[1].replace("M", "V"))
        scope, mode = match[2], match[3] or ""
        if not actions <= ACTIONS:
            raise ValueError(f"unknown action in {part!r} of {resource!r}")
        if scope not in SCOPES:
            raise ValueError(f"unknown scope in {part!r} of {resource!r}")
        if mode not in MODES:
            raise ValueError(f"unknown mode in {part!r} of {resource!r}")
        rules.append(GrantRule(resource, actions, scope, mode))
    return tuple(rules)


def written(rules: tuple[GrantRule, ...]) -> str:
    """Return the text of *rules*; :func:`parse_grants` of it returns rules of the same meaning."""
    return "|".join(
        "".join(action for action in WRITTEN_ORDER if action in rule.actions)
        + f"@{rule.scope}"
        + (f"[{rule.mode}]" if rule.mode else "")
        for rule in rules
    )
