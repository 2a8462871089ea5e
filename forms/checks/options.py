"""Options of fields, and the codes of options that rules name."""

from __future__ import annotations

from collections.abc import Iterator

from forms import field_types
from forms.checks.issues import error
from forms.checks.rules import rules
from forms.definition import Definition, Field
from forms.expressions import Node
from forms.files.reading import Issue
from forms.rule_types import resolve, types_of

COMPARED = frozenset({"=", "!=", "in", "contains"})


def options(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with options."""
    for path, item in definition.walk():
        if field_types.get(item.type).has_options:
            yield from _options(definition, path, item)
    types = types_of(definition)
    for place, path, tree in rules(definition):
        for name, code, table in _comparisons(tree, path.rpartition(".")[0]):
            target = resolve(name, table, types)
            if target is None or not _chosen(definition.field(target), name):
                continue
            known = definition.code_list(target)
            if known is not None and known.get(code) is None:
                label = definition.field(target).label
                yield error(
                    "option_in_rule",
                    place,
                    f"字段“{label.zh}”没有代码为“{code}”的选项，这个条件永远不成立",
                    f"The field “{label.get('en')}” has no option with the code “{code}”; the rule can never hold",
                )


def _chosen(item: Field, name: str) -> bool:
    """Tell whether *name* means something that is chosen: a field, or a part of its answer."""
    field_type = field_types.get(item.type)
    if not field_type.parted:
        return field_type.has_options
    part = next((part for part in field_type.parts(item) if name.endswith(f"{item.key}.{part.key}")), None)
    return part is not None and field_types.get(part.type).has_options


def _options(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    code_list = definition.code_list(path)
    if code_list is None:
        yield error("options", path, "没有选项：请选码表或填写选项", "No options: choose a code list or write options")
        return
    if item.options and item.codelist:
        yield error("options", path, "码表和选项只能选一种", "Choose either a code list or options of the field's own")
    live = [option for option in code_list.options if not option.retired]
    if len(live) < (1 if item.codelist else 2):
        yield error("options", path, "可用的选项太少", "There are too few options to choose from")


def _comparisons(node: Node, table: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, code and sub-table of every comparison of a name with a text."""
    if not isinstance(node, dict):
        return
    ((operator, operands),) = node.items()
    if operator in {"num", "var"}:
        return
    if operator == "where":
        inner = str(operands[0]["var"]).removeprefix("parent.").partition(".")[0]
        yield from _comparisons(operands[1], inner)
        return
    if operator in COMPARED:
        names = [operand["var"] for operand in operands if isinstance(operand, dict) and "var" in operand]
        listed = [item for operand in operands if isinstance(operand, dict) for item in operand.get("list", [])]
        codes = [item for item in (*operands, *listed) if isinstance(item, str) and item]
        yield from ((name, code, table) for name in names[:1] for code in codes)
    for operand in operands:
        yield from _comparisons(operand, table)
