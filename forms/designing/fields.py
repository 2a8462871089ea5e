"""Adding, changing, moving, copying and taking away fields of a raw definition: a definition in, a new one out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from forms.designing.fresh import COPY, first_options, fresh
from forms.designing.naming import copied_key, new_key
from forms.designing.palette import palette, uses
from forms.designing.refusal import Refused, gone
from forms.field_types import FIELD_TYPES, FieldType
from forms.files.loading import COMMON_SETTINGS
from forms.labels import Label
from forms.versions.conversions import grade

Raw = dict[str, Any]

#: Properties that every field keeps, whatever its type becomes.
KEPT = frozenset({"key", "type", "label", "help", "visible_when", "class", *COMMON_SETTINGS})


def fields_of(raw: Mapping[str, Any], section: str, table: str = "") -> list[Raw]:
    """Return the list of fields of a section, or of the columns of one of its sub-tables, to be changed in place."""
    for item in raw.get("sections") or []:
        if item.get("key") == section:
            if not table:
                found: list[Raw] = item.setdefault("fields", [])
                return found
            for field in item.get("fields") or []:
                if field.get("key") == table and field.get("type") == "subtable":
                    columns: list[Raw] = field.setdefault("fields", [])
                    return columns
    raise gone()


def find(raw: Mapping[str, Any], path: str) -> tuple[list[Raw], int, str, str]:
    """Return where the field at *path* stands: the list, its place in it, its section and its sub-table."""
    head, _, column = path.partition(".")
    for section in raw.get("sections") or []:
        items = section.get("fields") or []
        for place, field in enumerate(items):
            if field.get("key") != head:
                continue
            if not column:
                return items, place, section["key"], ""
            columns = field.get("fields") or []
            for position, item in enumerate(columns):
                if item.get("key") == column:
                    return columns, position, section["key"], head
    raise gone()


def get(raw: Mapping[str, Any], path: str) -> Raw:
    """Return the field at *path*. Raises ``Refused``."""
    items, place, _, _ = find(raw, path)
    return items[place]


def add(
    raw: Mapping[str, Any],
    type_: str,
    label: Mapping[str, str],
    *,
    section: str,
    table: str = "",
    position: int | None = None,
    taken: Collection[str] = (),
) -> tuple[Raw, str]:
    """Return the definition with a new field, and its path.

    :param position: its number among its siblings from 1; at the end by default. :param taken: paths that were used.
    """
    if type_ not in FIELD_TYPES:
        raise Refused("没有这种字段类型。", "There is no such type of field.")
    if not label.get("zh", "").strip():
        raise Refused("请写字段名称。", "Write the label of the field.")
    if table and not FIELD_TYPES[type_].stores:
        raise Refused("说明文字不能作为明细表的列。", "A note cannot be a column of a sub-table.")
    if table and type_ == "subtable":
        raise Refused("明细表里不能再有明细表。", "A sub-table cannot hold another.")
    new = deepcopy(dict(raw))
    items = fields_of(new, section, table)
    said = {name: text for name, text in label.items() if text}
    key = new_key(type_, label["zh"], _used(new, table, taken))
    field: Raw = {"key": key, "type": type_, "label": said, **fresh(type_, in_table=bool(table))}
    items.insert(_place(position, len(items)), field)
    return new, f"{table}.{field['key']}" if table else str(field["key"])


def _used(raw: Mapping[str, Any], table: str, taken: Collection[str]) -> set[str]:
    return {*_keys(raw, table), *(path.rpartition(".")[2] for path in taken if _within(path, table))}


def _within(path: str, table: str) -> bool:
    return path.rpartition(".")[0] == table


def _keys(raw: Mapping[str, Any], table: str) -> set[str]:
    fields = [field for section in raw.get("sections") or [] for field in section.get("fields") or []]
    if table:
        fields = [column for field in fields if field.get("key") == table for column in field.get("fields") or []]
    return {str(field.get("key")) for field in fields}


def _place(position: int | None, length: int) -> int:
    return length if position is None else max(0, min(position - 1, length))


def change(raw: Mapping[str, Any], path: str, changes: Mapping[str, Any]) -> Raw:
    """Return the definition with properties of a field set; None takes one away."""
    new = deepcopy(dict(raw))
    field = get(new, path)
    for name, value in changes.items():
        if value is None:
            field.pop(name, None)
        else:
            field[name] = value
    return new


def types_for(type_: str, former: str, *, in_table: bool) -> list[FieldType]:
    """Return the types that a field may have: of one that was published as *former*, those that its answers fit."""
    return [
        item
        for item in palette()
        if item.name == type_
        or (
            item.name != "subtable"
            and (item.stores or not in_table)
            and (former in {"", item.name} or grade(former, item.name) is not None)
        )
    ]


def retype(raw: Mapping[str, Any], path: str, type_: str, *, former: str = "") -> Raw:
    """Return the definition with a field of another type; what the new type has no use for goes.

    :param former: its type in the published version: only what its answers can be converted to is allowed.
    """
    if type_ not in FIELD_TYPES:
        raise Refused("没有这种字段类型。", "There is no such type of field.")
    new = deepcopy(dict(raw))
    items, place, _, table = find(new, path)
    if "subtable" in {type_, items[place].get("type")}:
        raise Refused("明细表不能与其他类型互换，请新增一个。", "A sub-table never turns into another type.")
    if table and not FIELD_TYPES[type_].stores:
        raise Refused("说明文字不能作为明细表的列。", "A note cannot be a column of a sub-table.")
    if former not in {"", type_} and grade(former, type_) is None:
        raise Refused(
            "已填的内容转不成这种类型。请停用它，再新增一个字段。",
            "What was filled in cannot become this type. Retire the field and add a new one.",
        )
    field_type = FIELD_TYPES[type_]
    useful = {name for name, useful in uses(field_type).items() if useful}
    useful |= KEPT | {setting.name for setting in field_type.settings}
    field = {name: value for name, value in items[place].items() if name in useful}
    field["type"] = type_
    if field_type.stores and not table:
        field.setdefault("class", "internal")
    if not field_type.stores:
        field.pop("class", None)
    if field_type.has_options and not (field.get("options") or field.get("codelist")) and type_ != "tree":
        field["options"] = first_options()
    if field_type.refers:
        field.setdefault("form", "organization")
    # A default of the former type would seldom fit.
    if items[place].get("type") != type_:
        field.pop("default", None)
    items[place] = field
    return new


def rename(raw: Mapping[str, Any], path: str, key: str, *, taken: Collection[str] = ()) -> Raw:
    """Return the definition with another key for a field. Nothing may refer to it yet; the caller has made sure."""
    new = deepcopy(dict(raw))
    items, place, _, table = find(new, path)
    others = _keys(new, table) - {items[place]["key"]}
    if key in others or key in {name.rpartition(".")[2] for name in taken if _within(name, table)}:
        raise Refused(f"代码“{key}”已被使用，请换一个。", f"The key “{key}” is in use; choose another.")
    items[place]["key"] = key
    return new


def copy(raw: Mapping[str, Any], path: str, *, taken: Collection[str] = ()) -> tuple[Raw, str]:
    """Return the definition with a copy right after the field, and the copy's path."""
    new = deepcopy(dict(raw))
    items, place, _, table = find(new, path)
    field = deepcopy(items[place])
    label = Label.of(field.get("label") or field["key"])
    field["label"] = {"zh": f"{label.zh}{COPY.zh}", **({"en": f"{label.en}{COPY.en}"} if label.en else {})}
    field["key"] = copied_key(str(items[place]["key"]), _used(new, table, taken))
    items.insert(place + 1, field)
    return new, f"{table}.{field['key']}" if table else field["key"]


def move(
    raw: Mapping[str, Any],
    path: str,
    position: int | None,
    *,
    section: str,
    table: str = "",
    published: Collection[str] = (),
    taken: Collection[str] = (),
) -> tuple[Raw, str]:
    """Return the definition with a field elsewhere, and its path there.

    :param position: its new number from 1. :param published: paths whose answers are stored: these never enter or
        leave a sub-table.
    """
    new = deepcopy(dict(raw))
    items, place, _, former = find(new, path)
    field = items[place]
    if table != former:
        if path in published:
            raise Refused(
                "已发布的字段不能移入或移出明细表：数据存放的位置会变。请停用它，再新增一个。",
                "A published field cannot enter or leave a sub-table, where its data is stored differently. "
                "Retire it and add a new one.",
            )
        if field.get("type") == "subtable" or not FIELD_TYPES[field["type"]].stores:
            raise Refused("它不能放进明细表。", "It cannot stand in a sub-table.")
    target = fields_of(new, section, table)
    del items[place]
    if table != former and field["key"] in {
        *(item.get("key") for item in target), *(n.rpartition(".")[2] for n in taken if _within(n, table))
    }:  # fmt: skip
        raise Refused(
            f"那里已有代码为“{field['key']}”的字段。", f"A field with the key “{field['key']}” stands there already."
        )
    target.insert(_place(position, len(target)), field)
    return new, f"{table}.{field['key']}" if table else str(field["key"])


def remove(raw: Mapping[str, Any], path: str) -> Raw:
    """Return the definition without a field; what refers to it stays, and the check shows it."""
    new = deepcopy(dict(raw))
    items, place, _, _ = find(new, path)
    del items[place]
    return new


def restore(raw: Mapping[str, Any], field: Mapping[str, Any], *, section: str, table: str = "") -> tuple[Raw, str]:
    """Return the definition with a retired field at the end of a section or sub-table, and its path."""
    new = deepcopy(dict(raw))
    items = fields_of(new, section, table)
    if field["key"] in _keys(new, table):
        raise Refused("这个字段已在表单里。", "The field is in the form already.")
    items.append(deepcopy(dict(field)))
    return new, f"{table}.{field['key']}" if table else str(field["key"])
