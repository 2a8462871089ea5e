"""What a form says of what lies outside it: other forms and roles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from forms.checks.issues import error
from forms.checks.rules import rules
from forms.definition import CLASSES, Definition
from forms.files.reading import Issue
from forms.inheritance import sources_of
from forms.rule_types import reads_of_references

#: The form that stands for the organizations themselves; rules read no field of it.
ORGANIZATION = "organization"
ALWAYS = frozenset({"id", "label"})


def references(definition: Definition, forms: Mapping[str, Definition | None]) -> Iterator[Issue]:
    """Yield references to forms, and to fields of them, that do not exist, and classes that would be lowered.

    :param forms: the other forms by key; None where a form is there but its fields are not known.
    """
    known: dict[str, Definition | None] = {ORGANIZATION: None, **forms, definition.key: definition}
    for path, item in definition.walk():
        if item.form and item.form not in known:
            yield error(
                "reference", path, f"引用的表单“{item.form}”不存在", f"There is no form “{item.form}” to refer to"
            )
    for place, path, tree in rules(definition):
        for target, key in reads_of_references(tree, path, definition):
            form = definition.field(target).form or ""
            other = known.get(form)
            if key not in ALWAYS and (form == ORGANIZATION or (other is not None and not other.has(key))):
                yield error(
                    "reference_field",
                    place,
                    f"“{target}”引用的表单没有字段“{key}”",
                    f"The form that “{target}” refers to has no field “{key}”",
                )
    yield from _classes(definition, known)


def _classes(definition: Definition, known: Mapping[str, Definition | None]) -> Iterator[Issue]:
    """Yield what is made from a more sensitive field of another form: its author must say so himself."""
    for path, item in definition.walk():
        for expression in sources_of(item):
            for target, key in reads_of_references(expression.tree, path, definition):
                other = known.get(definition.field(target).form or "")
                class_ = other.field(key).class_ if other is not None and other.has(key) else CLASSES[0]
                if CLASSES.index(class_) > CLASSES.index(item.class_):
                    yield error(
                        "class_of_source",
                        path,
                        f"取自“{target}.{key}”，敏感级别至少应为“{class_}”",
                        f"Taken from “{target}.{key}”: its class must be at least {class_}",
                    )


def roles(definition: Definition, known: Collection[str] | None, may_create: Collection[str] | None) -> Iterator[Issue]:
    """Yield roles that do not exist, and those that fill the form without a grant to create.

    :param known: all roles; None leaves them unchecked.
    :param may_create: the roles with a grant to create; None leaves that unchecked.
    """
    named = [("fill_roles", role) for role in definition.fill_roles]
    named += [(f"{path}.readonly_for", role) for path, item in definition.walk() for role in item.readonly_for]
    for place, role in named:
        if known is not None and role not in known:
            yield error("role", place, f"没有角色“{role}”", f"There is no role “{role}”")
        elif may_create is not None and place == "fill_roles" and role not in may_create:
            yield error(
                "contradiction",
                place,
                f"角色“{role}”可填报，但没有新增权限",
                f"Role “{role}” fills this form but has no grant to create",
            )
