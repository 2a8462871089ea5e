"""What the browser's copy of the rules needs: trees, types and variables, as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from forms.compiled import CompiledForm, Context
from forms.definition import Definition, Expr, Field
from forms.expressions import Node, canonical, parse, variables_of
from forms.field_types import get as field_type


def client_rules(
    compiled: CompiledForm,
    answers: Mapping[str, Any],
    context: Context,
    lang: str,
    *,
    masked: Collection[str],
    hidden: Collection[str],
) -> dict[str, Any]:
    """Return the rules of a form for ``entry.js``, computed fields in the order in which they depend on each other.

    A rule that reads a field the reader may not see in plain is left out: the server's answer stands for it.
    """
    definition = compiled.definition
    secret = {*masked, *hidden}
    rules = [
        rule
        for path, field in definition.walk()
        if not secret & {path, path.partition(".")[0]}
        for rule in _rules(path, field, lang, secret)
    ]
    order = {path: index for index, path in enumerate(compiled.compute_order)}
    return {
        "types": compiled.types,
        "today": context.today.isoformat(),
        "variables": _variables(definition, context),
        "references": _references(definition, answers, context, secret),
        "sections": {
            section.key: section.visible_when.tree
            for section in definition.sections
            if section.visible_when and _open(section.visible_when.tree, "", secret)
        },
        "rules": sorted(rules, key=lambda rule: order.get(rule["path"], -1)),
    }


def total_tree(table: str, column: str) -> Node:
    """Return the tree of a column's total."""
    return parse(f"sum({table}.{column})")


def _trees(definition: Definition) -> Iterator[Node]:
    for section in definition.sections:
        if section.visible_when:
            yield section.visible_when.tree
    for _, field in definition.walk():
        for _, expression in _expressions(field):
            yield expression.tree
        for check in field.checks:
            yield check.tree


def _expressions(field: Field) -> list[tuple[str, Expr]]:
    pairs = (
        ("visible", field.visible_when),
        ("required", field.required_when),
        ("compute", field.compute),
        ("filter", field.option_filter),
    )
    return [(kind, expression) for kind, expression in pairs if expression]


def _variables(definition: Definition, context: Context) -> dict[str, Any]:
    """Return only the variables that some rule names: the page tells no more than it must."""
    named = {name[1:] for tree in _trees(definition) for name in variables_of(tree) if name.startswith("_")}
    known = {"role": context.role, **context.variables}
    return {key: canonical(value) for key, value in known.items() if key.lstrip("_") in named}


def _references(
    definition: Definition, answers: Mapping[str, Any], context: Context, secret: set[str]
) -> dict[str, Any]:
    """Return what rules read of the records chosen now, as ``path|id|field``; of one chosen later nothing is known."""
    found: dict[str, Any] = {}
    for name in {name for tree in _trees(definition) for name in variables_of(tree)}:
        path, _, key = name.removeprefix("parent.").partition(".")
        if not definition.has(path) or not key or path in secret or context.reference is None:
            continue
        field, chosen = definition.field(path), answers.get(path)
        if field.form and isinstance(chosen, Mapping):
            found[f"{path}|{chosen['id']}|{key}"] = context.reference(field.form, str(chosen["id"]), key)
    return found


def _open(tree: Node, table: str, secret: set[str]) -> bool:
    """Return whether *tree* reads nothing that is hidden or masked for the reader."""
    for name in variables_of(tree):
        path = name.removeprefix("parent.")
        if secret & {path, path.partition(".")[0], f"{table}.{path}"} or name.startswith("previous."):
            return False
    return True


def _rules(path: str, field: Field, lang: str, secret: set[str]) -> Iterator[dict[str, Any]]:
    table = path.rpartition(".")[0]
    for kind, expression in _expressions(field):
        if _open(expression.tree, table, secret):
            rule = {"path": path, "kind": kind, "tree": expression.tree}
            if kind == "compute":
                rule |= {"places": field.setting("places", 0), "text": field_type(field.type).column_kind == "text"}
            yield rule
    for check in field.checks:
        if _open(check.tree, table, secret):
            message = check.message.get(lang)
            yield {"path": path, "kind": "check", "tree": check.tree, "message": message, "level": check.level}
    for column in field.setting("totals", ()) if field.fields else ():
        if f"{path}.{column}" not in secret:
            yield {"path": f"{path}.{column}", "kind": "total", "tree": total_tree(path, column)}
