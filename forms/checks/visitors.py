"""Filling without an account: who fills, what is fixed for him, and what an anonymous form cannot ask."""

from __future__ import annotations

from collections.abc import Iterator

from forms import field_types
from forms.checks.issues import error
from forms.definition import Definition
from forms.files.reading import Issue

#: Types of the fields that whoever issues codes can choose.
FIXABLE = frozenset({"reference", "select"})


def visitors(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the settings of *definition* for visitors."""
    found = definition.visitors
    if found is None:
        return
    if found.role not in definition.fill_roles:
        yield error(
            "visitor_role",
            "visitors.role",
            f"访客的角色“{found.role}”要列在填报角色（fill_roles）中",
            f"The role of visitors, “{found.role}”, must be among the fill_roles",
        )
    fields = {item.key: item for item in definition.fields}
    for key in found.fixed:
        if key not in fields or fields[key].type not in FIXABLE:
            yield error(
                "visitor_fixed",
                "visitors.fixed",
                f"“{key}”不能在发放填报码时选定：须是表单的引用字段或单选字段",
                f"“{key}” cannot be chosen when codes are issued: it must be a reference or a select of the form",
            )
    if found.anonymous:
        yield from _anonymous(definition)


def _anonymous(definition: Definition) -> Iterator[Issue]:
    for path, item in definition.walk():
        if field_types.get(item.type).attachment:
            yield error(
                "anonymous_attachment",
                path,
                "匿名表单不能要求附件或签名：文件会带出填写人的信息",
                "An anonymous form cannot ask for attachments or signatures: files tell who made them",
            )
        if item.class_ == "personal":
            yield error(
                "anonymous_personal",
                path,
                "匿名表单不能有个人信息字段",
                "An anonymous form cannot have personal fields",
            )
    if definition.unique:
        yield error(
            "anonymous_unique",
            "unique",
            "匿名表单不能有唯一键：重复与否会透露谁填过什么",
            "An anonymous form cannot have unique keys: a collision tells what somebody answered",
        )
