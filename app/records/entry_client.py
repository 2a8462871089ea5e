"""What the browser's copy of the rules needs: trees, types and variables, as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from forms.compiled import Context
from forms.definition import Definition, Field
from forms.expressions import Node, canonical, parse, variables_of


def types_of(definition: Definition) -> dict[str, str]:
    """Return the type name of every path."""
    return {path: field.type for path, field in definition.walk()}


def client_rules(
    definition: Definition, context: Context, lang: str, *, masked: Collection[str], hidden: Collection[str]
) -> dict[str, Any]:
    """Return the rules of *definition* for ``entry.js``.

    A rule that reads a field the reader may not see in plain is left out: the server's answer stands for it.
    """
    secret = set(masked) | set(hidden)
    rules = [
        rule
        for path, field in definition.walk()
        if path not in secret and path.partition(".")[0] not in hidden
        for rule in _rules(definition, path, field, lang, secret)
    ]
    return {
        "types": types_of(definition),
        "today": context.today.isoformat(),
        "variables": {key: canonical(value) for key, value in _variables(definition, context).items()},
        "sections": {
            section.key: section.visible_when.tree
            for section in definition.sections
            if section.visible_when and _open(section.visible_when.tree, "", secret)
        },
        "rules": rules,
        "masked": sorted(masked),
        "tables": [table.key for table in definition.subtables],
    }


def total_tree(table: str, column: str) -> Node:
    """Return the tree of a column's total."""
    return parse(f"sum({table}.{column})")


def _variables(definition: Definition, context: Context) -> Mapping[str, Any]:
    """Return only the variables that some rule names: the page tells no more than it must."""
    named = {
        name.lstrip("_")
        for _, field in definition.walk()
        for tree in _trees(field)
        for name in variables_of(tree)
        if name.startswith("_")
    } | {
        name.lstrip("_")
        for section in definition.sections
        if section.visible_when
        for name in variables_of(section.visible_when.tree)
    }
    known = {"role": context.role, **context.variables}
    return {key: value for key, value in known.items() if key.lstrip("_") in named}


def _trees(field: Field) -> list[Node]:
    expressions = (field.visible_when, field.required_when, field.compute, field.option_filter)
    return [expression.tree for expression in expressions if expression] + [check.tree for check in field.checks]


def _open(tree: Node, table: str, secret: set[str]) -> bool:
    """Return whether *tree* reads nothing that is hidden or masked for the reader."""
    for name in variables_of(tree):
        path = name.removeprefix("parent.")
        if secret & {path, path.partition(".")[0], f"{table}.{path}"} or name.startswith("previous."):
            return False
    return True


def _rules(definition: Definition, path: str, field: Field, lang: str, secret: set[str]) -> list[dict[str, Any]]:
    table = path.rpartition(".")[0]
    found: list[dict[str, Any]] = []
    for kind, expression in (
        ("visible", field.visible_when),
        ("required", field.required_when),
        ("compute", field.compute),
        ("filter", field.option_filter),
    ):
        if expression and _open(expression.tree, table, secret):
            found.append({"path": path, "kind": kind, "tree": expression.tree, **_form_of(field)})
    for check in field.checks:
        if _open(check.tree, table, secret):
            message = check.message.get(lang)
            found.append({"path": path, "kind": "check", "tree": check.tree, "message": message, "level": check.level})
    for column in _totals(field):
        if f"{path}.{column}" not in secret:
            found.append({"path": f"{path}.{column}", "kind": "total", "tree": total_tree(path, column)})
    return found


def _form_of(field: Field) -> dict[str, Any]:
    places = field.setting("places")
    return {} if places is None else {"places": places}


def _totals(field: Field) -> tuple[str, ...]:
    return tuple(field.setting("totals", ())) if field.type == "subtable" else ()
