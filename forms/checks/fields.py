"""Single fields: class, mask, options, what its type has no use for, what nobody could ever fill in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms import field_types
from forms.answers.masks import MASKS, WHOLE
from forms.answers.problems import Invalid
from forms.checks.fixed import fixed
from forms.checks.issues import error, warning
from forms.definition import Definition, Field
from forms.designing.palette import uses
from forms.expressions import Environment, holds, variables_of
from forms.files.reading import Issue

#: Nothing of this survives a mask by chance.
SAMPLE = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸@example.cn"


def fields(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with single fields."""
    for path, item in definition.walk():
        yield from _shape(definition, path, item)
        yield from _sensitivity(definition, path, item)
        yield from _unused(path, item)
        yield from _unfillable(definition, path, item)
        settings = field_types.get(item.type).check_settings(item)
        for message in settings:
            yield Issue("settings", path, message)
        if not settings:
            yield from _default(definition, path, item)


def _shape(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    field_type = field_types.get(item.type)
    if item.type == "subtable":
        if not item.fields:
            yield error("no_columns", path, "明细表没有列", "The sub-table has no columns")
        if "." in path:
            yield error("nested", path, "明细表里不能再有明细表", "A sub-table cannot hold another")
        columns = {column.key: field_types.get(column.type) for column in item.fields}
        for name in ("totals", "unique_columns"):
            for key in item.setting(name, []):
                if key not in columns:
                    yield error(name, path, f"“{key}”不是这个明细表的列", f"“{key}” is no column of this sub-table")
                elif name == "totals" and columns[key].column_kind not in {"integer", "numeric"}:
                    yield error(name, path, f"“{key}”不是数字，不能合计", f"“{key}” is no number and has no total")
        yield from fixed(definition, path, item)
    elif item.fields:
        yield error("columns", path, "只有明细表可以有列", "Only a sub-table has columns")
    if field_type.computes and item.compute is None:
        yield error("no_formula", path, "计算字段没有公式", "The computed field has no formula")
    if field_type.refers and not item.form:
        yield error("no_form", path, "关联字段没有选择表单", "The reference names no form")


def _raw(definition: Definition, path: str) -> dict[str, Any]:
    """Return the field at *path* as it was written."""
    key, _, column = path.partition(".")
    written = [item for section in definition.source["sections"] for item in section.get("fields") or []]
    found: dict[str, Any] = next(item for item in written if item["key"] == key)
    return next(item for item in found["fields"] if item["key"] == column) if column else found


def _sensitivity(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    field_type = field_types.get(item.type)
    written = _raw(definition, path).get("class")
    if field_type.stores and not written:
        # Columns take the class of their table; a field that stands alone must say it.
        found = warning if "." in path or item.type == "subtable" else error
        yield found("class", path, "没有选择敏感级别", "No class is chosen")
    elif written and written != item.class_:
        yield warning(
            "class_raised",
            path,
            f"由更敏感的字段算出或带出，敏感级别按“{item.class_}”处理",
            f"Made from more sensitive fields; it counts as {item.class_}",
        )
    if item.mask and item.mask not in MASKS:
        yield error(
            "mask",
            path,
            f"没有脱敏规则“{item.mask}”，可用：{'、'.join(MASKS)}",
            f"There is no mask “{item.mask}”; choose from {', '.join(MASKS)}",
        )
    elif item.mask and item.mask != "hide" and field_type.masked(item, SAMPLE) == WHOLE:
        yield warning(
            "mask_unused",
            path,
            "这种字段总是整体脱敏，脱敏规则不起作用",
            "Fields of this type are always masked as a whole; the mask does nothing",
        )


def _unused(path: str, item: Field) -> Iterator[Issue]:
    """Yield what is written on a field whose type has no use for it: the author expects something to happen."""
    field_type = field_types.get(item.type)
    useful = uses(field_type)
    for name, present in (
        ("compute", item.compute is not None),
        ("options", bool(item.options or item.codelist)),
        ("option_filter", item.option_filter is not None),
        ("form", item.form is not None),
        ("required", item.required or item.required_when is not None),
        ("checks", bool(item.checks)),
        ("default", item.default is not None),
        ("prefill", item.prefill is not None),
    ):
        if present and not useful[name]:
            yield error(
                "not_used",
                f"{path}.{name}",
                f"“{field_type.label.zh}”字段用不上“{name}”",
                f"A field of type “{item.type}” has no use for “{name}”",
            )


def _unfillable(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    owner = path.partition(".")[0]
    rules = [item.visible_when, definition.field(owner).visible_when, definition.section_of(owner).visible_when]
    constant = [rule.tree for rule in rules if rule is not None and not variables_of(rule.tree)]
    required = item.required or item.required_when is not None
    if required and any(not holds(tree, Environment({})) for tree in constant):
        yield error("never_visible", path, "必填但永远不显示", "Required but never visible")
    roles = definition.fill_roles
    closed = item.readonly or (bool(roles) and set(roles) <= set(item.readonly_for))
    if item.required and closed and item.prefill is None and item.default is None:
        yield error(
            "nobody_fills",
            path,
            "必填但只读，也没有带出的值，谁也填不了",
            "Required and read-only without any value to start with: nobody can fill it in",
        )


def _default(definition: Definition, path: str, item: Field) -> Iterator[Issue]:
    field_type = field_types.get(item.type)
    if item.default is None or not field_type.stores or field_type.computes or item.fields:
        return
    code_list = definition.code_list(path)
    try:
        value = field_type.compile(item, code_list)(item.default)
    except Invalid as problem:
        yield error(
            "default",
            f"{path}.default",
            f"默认值“{item.default}”不合适：{problem.message.zh}",
            f"The default “{item.default}” does not fit: {problem.message.get('en')}",
        )
        return
    for code in field_type.codes(value):
        option = code_list.get(code) if code_list and field_type.has_options else None
        if option is not None and option.retired:
            yield error(
                "default",
                f"{path}.default",
                f"默认选项“{option.label.zh}”已停用",
                f"The default option “{option.label.get('en')}” is retired",
            )
