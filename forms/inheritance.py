"""Sensitivity that answers inherit: what is computed or prefilled tells of what it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from forms.definition import CLASSES, Definition, Expr, Field
from forms.expressions import variables_of
from forms.rule_types import reads, types_of

#: What the variables of rules tell about a person.
VARIABLE_CLASSES = {"_user_name": "personal", "_user_mobile": "personal"}


def highest(classes: Iterable[str]) -> str:
    """Return the strictest of *classes*; public where there are none."""
    return max(classes, key=CLASSES.index, default=CLASSES[0])


def sources_of(item: Field) -> tuple[Expr, ...]:
    """Return the expressions that an answer is made from."""
    return tuple(expression for expression in (item.compute, item.prefill) if expression is not None)


def inherited(item: Field, path: str, classes: Mapping[str, str], types: Mapping[str, str]) -> str:
    """Return the highest class among the inputs of the field at *path*, by the *classes* of all paths."""
    found = []
    for expression in sources_of(item):
        found += [classes[name] for name in reads(expression.tree, path, types, previous=True)]
        found += [VARIABLE_CLASSES[name] for name in variables_of(expression.tree) if name in VARIABLE_CLASSES]
    return highest(found)


def with_inherited_classes(definition: Definition) -> Definition:
    """Return *definition* with the class of every computed or prefilled field raised to that of its inputs."""
    made = {path: item for path, item in definition.walk() if sources_of(item)}
    if not made:
        return definition
    types = types_of(definition)
    classes = {path: item.class_ for path, item in definition.walk()}
    for _ in made:
        before = dict(classes)
        for path, item in made.items():
            classes[path] = highest((classes[path], inherited(item, path, classes, types)))
        if classes == before:
            break

    def raised(item: Field, path: str) -> Field:
        columns = tuple(raised(column, f"{path}.{column.key}") for column in item.fields)
        return replace(item, class_=classes[path], fields=columns)

    sections = tuple(
        replace(section, fields=tuple(raised(item, item.key) for item in section.fields))
        for section in definition.sections
    )
    return replace(definition, sections=sections)
