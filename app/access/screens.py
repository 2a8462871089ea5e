"""Who may open which fixed screen: by grants, under the names that the framework's views carry.

The framework asks ``has_access(permission, view)`` for every route, menu item and button. Each fixed
screen registers here, under its ``class_permission_name`` (or its menu item's name), the rule that
answers. What is not registered is open to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.access.actor import Actor

    Rule = Callable[[Actor, str], bool]

_rules: dict[str, Rule] = {}

#: What a permission of the framework needs, by the first word of its name.
_ACTIONS = {"add": "C", "post": "C", "edit": "U", "put": "U", "delete": "D"}


def register(view: str, rule: Rule) -> None:
    """Let *rule* (actor, permission name) decide about *view*."""
    _rules[view] = rule


def signed_in(actor: Actor, _permission: str) -> bool:
    """Rule: any account; the screen itself shows each what is his."""
    return actor.kind == "user"


def by_resource(resource: str, actions: Mapping[str, str] | None = None) -> Rule:
    """Return the rule that needs an action on *resource*.

    :param actions: permission name without ``can_`` → action letter; others follow the framework's verbs,
        and what is neither adding, changing nor deleting needs ``V``.
    """
    table = dict(actions or {})

    def rule(actor: Actor, permission: str) -> bool:
        name = permission.removeprefix("can_")
        letter = table.get(name) or _ACTIONS.get(name.partition("_")[0], "V")
        return actor.can(resource, letter)

    return rule


def allowed(actor: Actor, permission: str, view: str) -> bool:
    """Answer the framework."""
    rule = _rules.get(view)
    return rule is not None and rule(actor, permission)
