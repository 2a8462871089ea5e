"""Checks a form before it is published: what would break, and what would puzzle its readers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forms import field_types
from forms.columns import LONGEST_KEY
from forms.definition import CodeList, Definition, Expr, Field
from forms.expressions import typecheck, variables_of
from forms.field_types.base import MASKS
from forms.labels import Label
from forms.loading import DefinitionError, Issue, parse_definition

KEY = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
RESERVED = {"id", "_row", "_record"}
SYSTEM_COLUMNS = {"_state", "_region", "_updated_at", "_submitted_at", "_serial", "_organization"}
OPTION_TYPES = {"select", "multiselect", "tree", "region"}
CROWDED_SECTION = 60
LONG_LABEL = 40


def check_definition(
    raw: Mapping[str, Any],
    code_lists: Mapping[str, CodeList],
    forms: Mapping[str, Definition] | None = None,
    *,
    states: Collection[str] | None = None,
    roles: Collection[str] | None = None,
    may_create: Collection[str] | None = None,
) -> list[Issue]:
    """Return everything wrong with *raw*.

    :param forms: the other forms, for references; None leaves references unchecked.
    :param states: states of the form's workflow; None leaves states unchecked.
    :param roles: the roles there are.
    :param may_create: roles with a grant to create on the form's resource: those that fill it need one.
    """
    try:
        definition = parse_definition(raw, code_lists)
    except DefinitionError as error:
        return error.issues
    checker = _Checker(definition)
    found = list(checker.run())
    if forms is not None:
        known = {*forms, definition.key, "organization"}
        found += [
            Issue(
                "reference",
                path,
                Label(f"引用的表单“{item.form}”不存在", f"There is no form “{item.form}” to refer to"),
            )
            for path, item in definition.walk()
            if item.type == "reference" and item.form not in known
        ]
    if states is not None and definition.published_when:
        found += [
            Issue(
                "state",
                "published_when.states",
                Label(f"流程没有状态“{state}”", f"The workflow has no state “{state}”"),
            )
            for state in definition.published_when.states
            if state not in states
        ]
    for role in definition.fill_roles:
        if roles is not None and role not in roles:
            found.append(Issue("role", "fill_roles", Label(f"没有角色“{role}”", f"There is no role “{role}”")))
        elif may_create is not None and role not in may_create:
            message = Label(
                f"角色“{role}”可填报，但没有新增权限",
                f"Role “{role}” fills this form but has no grant to create or change",
            )
            found.append(Issue("contradiction", "fill_roles", message))
    return found


class _Checker:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.types = {path: item.type for path, item in definition.walk()}

    def run(self) -> Iterator[Issue]:
        yield from self.form()
        for path, item in self.definition.walk():
            yield from self.field(path, item)
            yield from self.expressions(path, item)
        yield from self.sections()
        yield from self.cycles()

    @staticmethod
    def issue(code: str, path: str, zh: str, en: str, level: str = "error") -> Issue:
        return Issue(code, path, Label(zh, en), level)

    def form(self) -> Iterator[Issue]:
        definition = self.definition
        if not KEY.fullmatch(definition.key) or len(definition.key) > LONGEST_KEY - 8:
            yield self.issue(
                "form_key",
                "key",
                "表单代码只能用小写字母、数字和下划线，以字母开头",
                "The form's key is lower-case letters, digits and underscores",
            )
        if not definition.fields:
            yield self.issue("no_fields", "sections", "表单没有字段", "The form has no fields")
        for key, count in Counter(item.key for item in definition.fields).items():
            if count > 1:
                yield self.issue("duplicate_key", key, f"字段代码“{key}”重复了", f"The key “{key}” stands twice")
        for table in definition.subtables:
            for key, count in Counter(column.key for column in table.fields).items():
                if count > 1:
                    yield self.issue(
                        "duplicate_key",
                        f"{table.key}.{key}",
                        f"列代码“{key}”重复了",
                        f"The column key “{key}” stands twice",
                    )
        for key, count in Counter(section.key for section in definition.sections).items():
            if count > 1:
                yield self.issue(
                    "duplicate_section", key, f"分组代码“{key}”重复了", f"The section key “{key}” stands twice"
                )
        top = {item.key: item for item in definition.fields}
        for number, unique in enumerate(definition.unique):
            for key in unique.fields:
                if key not in top or top[key].type in {"subtable", "file", "image", "signature", "note", "multiselect"}:
                    yield self.issue(
                        "unique",
                        f"unique[{number}]",
                        f"唯一键不能用字段“{key}”",
                        f"“{key}” cannot be part of a unique key",
                    )
        for key in (*definition.list.columns, definition.list.order.removeprefix("-")):
            if key not in top and key not in SYSTEM_COLUMNS:
                yield self.issue("list", "list", f"列表里的“{key}”不是字段", f"“{key}” in the list is not a field")
        for key in definition.list.search:
            if key not in top or not field_types.get(top[key].type).searchable:
                yield self.issue("search", "list.search", f"“{key}”不能用于搜索", f"“{key}” cannot be searched")
        link = definition.organization
        for key in (link.name, link.code, link.region) if link else ():
            if key not in top:
                yield self.issue("organization", "organization", f"“{key}”不是字段", f"“{key}” is not a field")
        published = definition.published_when
        if published:
            for key, expression in published.rows.items():
                if key not in top or top[key].type != "subtable":
                    yield self.issue(
                        "published", "published_when.rows", f"“{key}”不是明细表", f"“{key}” is not a sub-table"
                    )
                else:
                    yield from self.typed(f"published_when.rows.{key}", expression, key)
            yield from self.typed("published_when.record", published.record, "")
            for key in published.fields:
                if key not in top:
                    yield self.issue(
                        "published", "published_when.fields", f"“{key}”不是字段", f"“{key}” is not a field"
                    )
            for name, key in published.until.items():
                if self.types.get(f"{name}.{key}") != "date":
                    message = f"“{key}”不是“{name}”的日期列", f"“{key}” is no date column of “{name}”"
                    yield self.issue("published", "published_when.until", *message)

    def field(self, path: str, item: Field) -> Iterator[Issue]:
        field_type = field_types.get(item.type)
        if not KEY.fullmatch(item.key) or len(item.key) > LONGEST_KEY or "__" in item.key or item.key in RESERVED:
            yield self.issue(
                "field_key",
                path,
                f"字段代码“{item.key}”不可用：小写字母开头，不超过 {LONGEST_KEY} 个字符，不含双下划线",
                f"“{item.key}” is no valid key: lower-case, at most {LONGEST_KEY} characters, no double underscore",
            )
        if not item.label.zh:
            yield self.issue("label", path, "字段没有名称", "The field has no label")
        elif not item.label.en:
            yield self.issue("english", path, "没有英文名称", "The English label is missing", "warning")
        if len(item.label.zh) > LONG_LABEL:
            yield self.issue(
                "long_label",
                path,
                f"名称超过 {LONG_LABEL} 个字",
                f"The label is longer than {LONG_LABEL} characters",
                "warning",
            )
        if field_type.stores and "class" not in self.raw_of(path):
            # Columns take the class of their table; a field that stands alone must say it.
            level = "warning" if "." in path or item.type == "subtable" else "error"
            yield self.issue("class", path, "没有选择敏感级别", "No class is chosen", level)
        if item.mask and item.mask not in MASKS:
            yield self.issue("mask", path, f"没有脱敏规则“{item.mask}”", f"There is no mask “{item.mask}”")
        if item.type in OPTION_TYPES:
            yield from self.options(path, item)
        if item.type == "subtable" and not item.fields:
            yield self.issue("no_columns", path, "明细表没有列", "The sub-table has no columns")
        if item.type != "subtable" and item.fields:
            yield self.issue("columns", path, "只有明细表可以有列", "Only a sub-table has columns")
        if "." in path and item.type == "subtable":
            yield self.issue("nested", path, "明细表里不能再有明细表", "A sub-table cannot hold another")
        if item.type == "computed" and item.compute is None:
            yield self.issue("no_formula", path, "计算字段没有公式", "The computed field has no formula")
        if item.type == "reference" and not item.form:
            yield self.issue("no_form", path, "关联字段没有选择表单", "The reference names no form")
        columns = {column.key for column in item.fields}
        for name in ("totals", "unique_columns"):
            for key in item.setting(name, []) if item.type == "subtable" else []:
                if key not in columns:
                    yield self.issue(
                        name, path, f"“{key}”不是这个明细表的列", f"“{key}” is no column of this sub-table"
                    )
        for message in field_type.check_settings(item):
            yield Issue("settings", path, message)
        section = None if "." in path else self.definition.section_of(item.key).visible_when
        never = any(rule is not None and rule.tree is False for rule in (item.visible_when, section))
        if never and (item.required or item.required_when is not None):
            yield self.issue("never_visible", path, "必填但永远不显示", "Required but never visible")

    def raw_of(self, path: str) -> Mapping[str, Any]:
        head, _, column = path.partition(".")
        for section in self.definition.source.get("sections", []):
            for item in section.get("fields") or []:
                if item.get("key") == head:
                    return (
                        next((inner for inner in item.get("fields", []) if inner.get("key") == column), {})
                        if column
                        else item
                    )
        return {}

    def options(self, path: str, item: Field) -> Iterator[Issue]:
        code_list = self.definition.code_list(path)
        if code_list is None:
            yield self.issue(
                "options", path, "没有选项：请选码表或填写选项", "No options: choose a code list or write options"
            )
            return
        live = [option for option in code_list.options if not option.retired]
        if len(live) < 2 and not item.codelist:
            yield self.issue("options", path, "至少要有两个选项", "At least two options are needed")
        for code, count in Counter(option.code for option in code_list.options).items():
            if count > 1:
                yield self.issue(
                    "duplicate_option", path, f"选项代码“{code}”重复了", f"The option code “{code}” stands twice"
                )
        if item.options:
            for option in item.options:
                if not option.label.en:
                    yield self.issue(
                        "english",
                        path,
                        f"选项“{option.label.zh}”没有英文",
                        f"Option “{option.label.zh}” has no English label",
                        "warning",
                    )

    def typed(self, path: str, expression: Expr | None, table: str) -> Iterator[Issue]:
        if expression is not None:
            for message in typecheck(expression.tree, self.types, table):
                yield Issue("expression", path, message)

    def expressions(self, path: str, item: Field) -> Iterator[Issue]:
        table = path.rpartition(".")[0]
        for name in ("visible_when", "required_when", "compute", "prefill"):
            yield from self.typed(f"{path}.{name}", getattr(item, name), table)
        for number, check in enumerate(item.checks):
            yield from self.typed(f"{path}.checks[{number}]", Expr(check.expression, check.tree), table)

    def sections(self) -> Iterator[Issue]:
        for section in self.definition.sections:
            yield from self.typed(f"{section.key}.visible_when", section.visible_when, "")
            if len(section.fields) > CROWDED_SECTION:
                yield self.issue(
                    "crowded",
                    section.key,
                    f"一个分组超过 {CROWDED_SECTION} 个字段",
                    f"More than {CROWDED_SECTION} fields in one section",
                    "warning",
                )

    def cycles(self) -> Iterator[Issue]:
        for aspect, zh, en in (
            ("compute", "计算公式互相引用成环", "Formulas refer to each other in a circle"),
            ("visible_when", "显示条件互相引用成环", "Conditions refer to each other in a circle"),
        ):
            graph: dict[str, set[str]] = {}
            for path, item in self.definition.walk():
                expression = getattr(item, aspect)
                if expression is not None:
                    graph[path] = self.uses(path, expression)
            for section in self.definition.sections if aspect == "visible_when" else ():
                if section.visible_when is not None:
                    for item in section.fields:
                        graph.setdefault(item.key, set()).update(self.uses(item.key, section.visible_when))
            try:
                list(TopologicalSorter(graph).static_order())
            except CycleError as error:
                trail = " → ".join(error.args[1])
                yield self.issue("cycle", error.args[1][0], f"{zh}：{trail}", f"{en}: {trail}")

    def uses(self, path: str, expression: Expr) -> set[str]:
        table = path.rpartition(".")[0]
        found = set()
        for name in variables_of(expression.tree):
            bare = name.removeprefix("parent.")
            inner = f"{table}.{bare}"
            if table and not name.startswith("parent.") and inner in self.types:
                found.add(inner)
            elif bare in self.types:
                found.add(bare)
            elif bare.partition(".")[0] in self.types:
                found.add(bare.partition(".")[0])
        return found
