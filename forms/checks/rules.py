"""Rules: names that exist, types that fit, no circles, results that their field can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from forms import field_types
from forms.checks.issues import error, warning
from forms.definition import Definition, Expr, Field
from forms.expressions import Node, result_type, typecheck
from forms.files.reading import Issue
from forms.rule_types import reads, types_of

EXPRESSIONS = ("visible_when", "required_when", "compute", "prefill", "option_filter")
#: Functions at the root of a formula that give whole numbers or have said how to round.
ROUNDED = frozenset({"round", "floor", "ceil", "count", "len", "days", "months", "years", "year", "month"})
EXACT = frozenset({"decimal", "money", "percent"})


def rules(definition: Definition) -> Iterator[tuple[str, str, Node]]:
    """Yield place, path of the field (that of a section's or record's rule is empty) and tree of every rule."""
    for section in definition.sections:
        if section.visible_when:
            yield f"{section.key}.visible_when", "", section.visible_when.tree
    for path, item in definition.walk():
        for name in EXPRESSIONS:
            expression: Expr | None = getattr(item, name)
            if expression is not None:
                yield f"{path}.{name}", path, expression.tree
        for number, check in enumerate(item.checks):
            yield f"{path}.checks[{number}]", path, check.tree
    published = definition.published_when
    if published:
        if published.record:
            yield "published_when.record", "", published.record.tree
        for table, expression in published.rows.items():
            yield f"published_when.rows.{table}", f"{table}.", expression.tree


def sound(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the rules of *definition*."""
    types = types_of(definition)
    for place, path, tree in rules(definition):
        for message in typecheck(tree, types, path.rpartition(".")[0]):
            yield Issue("expression", place, message)
    for path, item in definition.walk():
        if item.compute is not None and field_types.get(item.type).computes:
            yield from _result(definition, path, item, item.compute.tree)
    yield from _circles(definition, types)


def _result(definition: Definition, path: str, item: Field, tree: Node) -> Iterator[Issue]:
    types = types_of(definition)
    kind = result_type(tree, types, path.rpartition(".")[0])
    numeric = field_types.get(item.type).column_kind == "numeric"
    if kind in "blr" or (numeric and kind in "td"):
        yield error(
            "result",
            f"{path}.compute",
            "公式的结果不是数字；要得到文字或日期请用“计算（文字）”字段" if numeric else "公式的结果不是文字或日期",
            "The formula gives no number; for a text or a date use the type computed_text"
            if numeric
            else "The formula gives neither a text nor a date",
        )
        return
    operator = next(iter(tree)) if isinstance(tree, dict) else ""
    inputs = [definition.field(name) for name in reads(tree, path, types)]
    exact = operator in {"/", "avg"} or any(one.type in EXACT or one.setting("places", 0) for one in inputs)
    if numeric and exact and operator not in ROUNDED and "places" not in item.settings:
        yield warning(
            "places",
            path,
            "结果可能有小数，但没有设置小数位数，将四舍五入为整数",
            "The result may have decimals but no decimal places are set: it is rounded to a whole number",
        )


def _circles(definition: Definition, types: Mapping[str, str]) -> Iterator[Issue]:
    """Yield every circle among what is shown and what is computed; each decides the other's answer."""
    graph: dict[str, set[str]] = {}
    for path, item in definition.walk():
        owner = path.partition(".")[0]
        section = definition.section_of(owner).visible_when
        found = {owner} - {path}
        for expression in (item.visible_when, item.compute):
            found |= reads(expression.tree, path, types) if expression is not None else set()
        if section is not None:
            found |= reads(section.tree, "", types)
        graph[path] = found
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        trail = circle.args[1]
        shown = " → ".join(reversed(trail))
        yield error(
            "cycle",
            trail[0],
            f"显示条件和公式互相引用成环：{shown}",
            f"Conditions and formulas refer to each other in a circle: {shown}",
        )
