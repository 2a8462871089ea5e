"""Settings of the form itself: list, unique keys, profile, publication, cycle."""

from __future__ import annotations

from collections.abc import Iterator

from forms import field_types
from forms.checks.issues import error
from forms.definition import SYSTEM_KEYS, Definition, Field, PublishedWhen
from forms.expressions import variables_of
from forms.files.reading import Issue
from forms.rule_types import reads_of_references

KINDS = ("register", "profile", "survey", "event")
CYCLES = ("once", "yearly", "half_year", "quarterly", "monthly", "event", "ad_hoc")
SYSTEM_COLUMNS = {"_state", "_region", "_updated_at", "_submitted_at", "_serial", "_organization"}
SYSTEM_ORDER = {"_state", "_region", "_updated_at", "_submitted_at", "_created_at", "_serial", "_organization_name"}


def settings(definition: Definition) -> Iterator[Issue]:
    """Yield what is wrong with the settings of *definition*."""
    if not definition.fields:
        yield error("no_fields", "sections", "表单没有字段", "The form has no fields")
    for name, value, known in (("kind", definition.kind, KINDS), ("cycle", definition.cycle, CYCLES)):
        if value not in known:
            yield error(
                name,
                name,
                f"“{value}”不可用，只能是 {'、'.join(known)}",
                f"“{value}” is not one of {', '.join(known)}",
            )
    fields = {item.key: item for item in definition.fields}
    yield from _unique(definition, fields)
    yield from _no_overlap(definition, fields)
    yield from _list(definition, fields)
    link = definition.organization
    for key in (link.name, link.code, link.region) if link else ():
        if key not in fields:
            yield error("organization", "organization", f"“{key}”不是字段", f"“{key}” is not a field")
    if definition.published_when:
        yield from _published(definition, definition.published_when, fields)


def _unique(definition: Definition, fields: dict[str, Field]) -> Iterator[Issue]:
    for number, unique in enumerate(definition.unique):
        path = f"unique[{number}]"
        if not unique.fields or len(set(unique.fields)) < len(unique.fields):
            yield error("unique", path, "唯一键要写明字段，且不重复", "A unique key names its fields, each once")
        for key in unique.fields:
            if key in SYSTEM_KEYS:
                continue
            if key not in fields or not _identifies(fields[key]):
                yield error(
                    "unique", path, f"唯一键不能用字段“{key}”", f"The field “{key}” cannot be part of a unique key"
                )


def _no_overlap(definition: Definition, fields: dict[str, Field]) -> Iterator[Issue]:
    for number, item in enumerate(definition.no_overlap):
        path = f"no_overlap[{number}]"
        if not item.fields or any(key not in fields or not _identifies(fields[key]) for key in item.fields):
            yield error(
                "no_overlap", path, "要写明占用的是什么：可比较的字段", "Name what is taken, by fields that compare"
            )
        kinds = [fields[key].type if key in fields else "" for key in (item.start, item.end)]
        if kinds[0] != kinds[1] or kinds[0] not in {"date", "datetime"}:
            yield error(
                "no_overlap",
                path,
                "起止须是两个日期字段，或两个日期时间字段",
                "Start and end are two dates, or two dates with time",
            )


def _identifies(item: Field) -> bool:
    """Tell whether a column of the field holds all of its answer, in one spelling."""
    field_type = field_types.get(item.type)
    return field_type.sortable and not field_type.parted


def _list(definition: Definition, fields: dict[str, Field]) -> Iterator[Issue]:
    for key in definition.list.columns:
        shown = key in fields and field_types.get(fields[key].type).column_kind is not None
        if not shown and key not in SYSTEM_COLUMNS:
            yield error("list", "list.columns", f"列表不能显示“{key}”", f"The list cannot show “{key}”")
    order = definition.list.order.removeprefix("-")
    if order not in SYSTEM_ORDER and (order not in fields or not field_types.get(fields[order].type).sortable):
        yield error("list", "list.order", f"列表不能按“{order}”排序", f"The list cannot be ordered by “{order}”")
    for key in definition.list.search:
        if key not in fields or not field_types.get(fields[key].type).searchable:
            yield error("search", "list.search", f"“{key}”不能用于搜索", f"“{key}” cannot be searched")


def _published(definition: Definition, published: PublishedWhen, fields: dict[str, Field]) -> Iterator[Issue]:
    rules = {key: (f"{key}.", expression) for key, expression in published.rows.items()}
    if published.record is not None:
        rules["record"] = "", published.record
    for key, (path, expression) in rules.items():
        place = "published_when.record" if not path else f"published_when.rows.{key}"
        variables = [name for name in variables_of(expression.tree) if name.startswith(("_", "previous."))]
        others = [f"{target}.{name}" for target, name in reads_of_references(expression.tree, path, definition)]
        for name in (*variables, *others):
            yield error(
                "published",
                place,
                f"公开条件只能用本表的字段，不能用“{name}”；期限请写在 until",
                f"A rule of publication reads fields of this form only, not “{name}”; a last day goes into until",
            )
    for key in published.rows:
        if key not in fields or fields[key].type != "subtable":
            yield error("published", "published_when.rows", f"“{key}”不是明细表", f"“{key}” is not a sub-table")
    for key in published.fields:
        if key not in fields:
            yield error("published", "published_when.fields", f"“{key}”不是字段", f"“{key}” is not a field")
    for name, key in published.until.items():
        path = key if name == "record" else f"{name}.{key}"
        if not definition.has(path) or definition.field(path).type != "date":
            yield error(
                "published",
                "published_when.until",
                f"“{path}”不是日期字段",
                f"“{path}” is no date field",
            )
        elif name != "record" and name not in published.rows:
            yield error(
                "published",
                "published_when.until",
                f"明细表“{name}”没有公开条件",
                f"There is no rule of publication for “{name}”",
            )
