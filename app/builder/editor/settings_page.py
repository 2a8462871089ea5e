"""The page of the form itself: title, who fills it in, workflow, list, unique keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.builder.editor.controls import Choice, Control, pair, same
from app.builder.editor.field_page import named_things
from app.builder.editor.words import CYCLES, KINDS, SYSTEM
from app.records.reading.show_page import foreign
from forms.checks.settings import SYSTEM_COLUMNS, SYSTEM_ORDER
from forms.designing.outline import dicts
from forms.field_types import FIELD_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict

    from app.builder.editor.desk import Desk

#: Fields of one unique key that the page has room for.
MOST_PARTS = 4


def controls(desk: Desk) -> list[Control]:
    """Return the plain settings."""
    raw = desk.raw
    flows = [Choice("", gettext("不走流程，提交即完成")), *named_things(desk, "workflows")]
    return [
        Control("title", gettext("表单名称"), "label", pair(raw.get("title")), required=True),
        Control("help", gettext("填表说明"), "label", pair(raw.get("help")), area=True),
        Control("kind", gettext("类别"), "select", raw.get("kind") or "register", choices=_of(KINDS)),
        Control("cycle", gettext("填报周期"), "select", raw.get("cycle") or "ad_hoc", choices=_of(CYCLES)),
        Control(
            "serial",
            gettext("编号前缀"),
            "text",
            raw.get("serial") or "",
            gettext("大写字母和数字，不超过 8 个。"),
        ),
        Control("workflow", gettext("审核流程"), "select", raw.get("workflow") or "", choices=flows),
        Control(
            "fill_roles",
            gettext("谁来填"),
            "checks",
            raw.get("fill_roles") or [],
            gettext("还要在授权表里有新增权限，否则检查时会提示。"),
            named_things(desk, "roles"),
        ),
        Control(
            "resource",
            gettext("权限资源"),
            "text",
            raw.get("resource"),
            gettext("授权表里用这个名字给各角色授权。"),
            required=True,
        ),
    ]


def _of(words: Mapping[str, Any]) -> list[Choice]:
    return [Choice(name, str(label)) for name, label in words.items()]


def list_values(desk: Desk) -> dict[str, Any]:
    """Return columns, order, search and unique keys as the page draws them."""
    raw = desk.raw
    found_list = raw.get("list")
    settings: dict[str, Any] = found_list if isinstance(found_list, dict) else {}
    columns, order = settings.get("columns") or [], settings.get("order") or "-_updated_at"
    own = [place for place in desk.outline.places.values() if not place.table and place.type in FIELD_TYPES]
    found = [
        {
            "key": place.path,
            "label": place.label.get(desk.lang),
            "lang": foreign(place.label, desk.lang),
            "number": columns.index(place.path) + 1 if place.path in columns else "",
            "searchable": FIELD_TYPES[place.type].searchable,
            "searched": place.path in (settings.get("search") or []),
        }
        for place in own
        if FIELD_TYPES[place.type].column_kind is not None
    ]
    found += [
        {
            "key": key,
            "label": str(SYSTEM[key]),
            "lang": "",
            "number": columns.index(key) + 1 if key in columns else "",
            "searchable": False,
            "searched": False,
        }
        for key in sorted(SYSTEM_COLUMNS)
    ]
    sortable = [
        Choice(place.path, place.label.get(desk.lang), foreign(place.label, desk.lang))
        for place in own
        if FIELD_TYPES[place.type].sortable
    ]
    orders = [Choice(key, str(SYSTEM[key])) for key in sorted(SYSTEM_ORDER)]
    uniques = [
        {"fields": list(item.get("fields") or []), "city_wide": bool(item.get("city_wide"))}
        for item in dicts(raw.get("unique"))
    ]
    return {
        "columns": found,
        "orders": [*orders, *sortable],
        "order": order.removeprefix("-"),
        "descending": order.startswith("-"),
        "unique_fields": sortable,
        "uniques": [*uniques, {"fields": [], "city_wide": False}],
        "parts": MOST_PARTS,
    }


def list_posted(desk: Desk, form: MultiDict[str, str]) -> dict[str, Any]:
    """Return list settings and unique keys as they were posted."""
    drawn = list_values(desk)
    numbers = {
        item["key"]: int(form.get(f"column-{item['key']}", ""))
        for item in drawn["columns"]
        if form.get(f"column-{item['key']}", "").isdecimal() and len(form[f"column-{item['key']}"]) < 4
    }
    columns = sorted(numbers, key=lambda key: numbers[key])
    searched = [item["key"] for item in drawn["columns"] if item["searchable"] and form.get(f"search-{item['key']}")]
    order = form.get("order", "")
    if order not in {choice.value for choice in drawn["orders"]}:
        order = "_updated_at"
    order = f"-{order}" if form.get("descending") else order
    known = {choice.value for choice in drawn["unique_fields"]}
    uniques = []
    for number in range(len(drawn["uniques"])):
        parts = [form.get(f"unique-{number}-{part}", "") for part in range(MOST_PARTS)]
        chosen = [key for key in dict.fromkeys(parts) if key in known]
        if chosen:
            wide = bool(form.get(f"unique-{number}-wide"))
            uniques.append({"fields": chosen, **({"city_wide": True} if wide else {})})
    return {
        "list": {"columns": columns, "order": order, **({"search": searched} if searched else {})},
        "unique": uniques or None,
    }


def put_settings(raw: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition with settings of the form set; what means the same stays as it was written."""
    new = dict(raw)
    for name, posted in values.items():
        old, value = raw.get(name), posted
        if name == "list" and isinstance(old, dict):
            value = {**{key: item for key, item in old.items() if key not in {"columns", "order", "search"}}, **posted}
            if _listed(old) == _listed(value):
                continue
            if "search" in value:
                value["search"] = _in_order(old.get("search"), value["search"])
        if name == "fill_roles":
            value = _in_order(old, value)
        if same(old, value) or (name == "unique" and _uniques(old) == _uniques(value)):
            continue
        if value is None:
            new.pop(name, None)
        else:
            new[name] = value
    return new


def _in_order(old: Any, chosen: Any) -> Any:
    """Return what was chosen in the order in which it was written before; what is new behind it."""
    if not chosen or not isinstance(old, list):
        return chosen
    return [*(item for item in old if item in chosen), *(item for item in chosen if item not in old)]


def _uniques(raw: Any) -> list[tuple[list[str], bool]]:
    return [(list(item.get("fields") or []), bool(item.get("city_wide"))) for item in dicts(raw)]


def _listed(raw: Mapping[str, Any]) -> tuple[list[str], str, list[str]]:
    return list(raw.get("columns") or []), raw.get("order") or "-_updated_at", sorted(raw.get("search") or [])
