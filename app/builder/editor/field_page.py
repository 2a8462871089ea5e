"""The page of one field: its properties in groups, made from what its type declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from app.builder.canvas.api import choices as named
from app.builder.editor.controls import Choice, Control, pair, same
from app.builder.editor.overview import all_rules, containers, marks
from app.builder.editor.words import MASKS, RULES, rule_title
from app.builder.labels import CLASSES
from app.builder.locking import core_of
from app.records.reading.show_page import foreign
from forms.definition import CLASSES as CLASS_NAMES
from forms.designing import fields
from forms.designing.outline import dicts
from forms.designing.palette import uses
from forms.designing.pointing import target
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.builder.editor.desk import Desk
    from forms.designing.outline import Place
    from forms.field_types import FieldType, Setting

#: Settings of a sub-table that name its columns.
OF_COLUMNS = frozenset({"totals", "unique_columns"})
OF_ONE_COLUMN = frozenset({"fixed_rows"})


def groups(desk: Desk, place: Place) -> dict[str, list[Control]]:
    """Return the controls of a field: ``basic``, ``checks`` and ``advanced``."""
    kind = field_type(place.type)
    useful = uses(kind)
    raw = place.raw
    return {
        "basic": _basic(desk, raw, useful),
        "checks": [_setting(desk, setting, raw) for setting in kind.settings],
        "advanced": _advanced(desk, place, kind, useful),
    }


def _basic(desk: Desk, raw: Mapping[str, Any], useful: Mapping[str, bool]) -> list[Control]:
    found = [
        Control("label", gettext("名称"), "label", pair(raw.get("label")), required=True),
        Control("help", gettext("填写说明"), "label", pair(raw.get("help")), area=True),
    ]
    if useful["required"]:
        text = gettext("不填就不能提交；只在某种情况下必填的，写必填条件。")
        found.append(Control("required", gettext("必填"), "bool", raw.get("required") is True, text))
    if useful["unit"]:
        found.append(Control("unit", gettext("单位"), "label", pair(raw.get("unit")), gettext("如 人、万元。")))
    if useful["codelist"]:
        lists = [Choice("", gettext("本字段自己的选项")), *named_things(desk, "code_lists")]
        found.append(Control("codelist", gettext("选项来源"), "select", raw.get("codelist") or "", choices=lists))
    if useful["form"]:
        forms = [Choice("organization", gettext("单位名录")), *named_things(desk, "forms")]
        found.append(Control("form", gettext("引用哪张表"), "select", raw.get("form") or "", choices=forms))
    return found


def named_things(desk: Desk, kind: str) -> list[Choice]:
    """Return the ``code_lists``, ``forms``, ``roles`` or ``workflows`` that a definition may name."""
    return [
        Choice(item["key"], Label.of(item["label"]).get(desk.lang), foreign(Label.of(item["label"]), desk.lang))
        for item in named()[kind]
    ]


def _columns_of(desk: Desk, raw: Mapping[str, Any]) -> list[Choice]:
    """Return the columns of a sub-table to choose from."""
    return [
        Choice(str(item.get("key")), Label(*pair(item.get("label"))).get(desk.lang) or str(item.get("key")))
        for item in dicts(raw.get("fields"))
    ]


def _setting(desk: Desk, setting: Setting, raw: Mapping[str, Any]) -> Control:
    value, label = raw.get(setting.name), setting.label.get(desk.lang)
    help_ = gettext("不填时为 %(value)s。", value=setting.default) if _has_default(setting) else ""
    if setting.kind == "label":
        return Control(setting.name, label, "label", pair(value))
    if setting.kind == "bool":
        return Control(setting.name, label, "bool", value is True)
    if setting.kind == "codelist":
        lists = [Choice("", gettext("不用")), *named_things(desk, "code_lists")]
        return Control(setting.name, label, "select", value or "", choices=lists)
    if setting.kind == "list" and setting.name in OF_COLUMNS:
        return Control(setting.name, label, "checks", value or [], choices=_columns_of(desk, raw))
    if setting.name in OF_ONE_COLUMN:
        # Which of them names rows the check says; a column that does not fit is told there.
        chosen = [Choice("", gettext("不用")), *_columns_of(desk, raw)]
        return Control(setting.name, label, "select", value or "", choices=chosen)
    if setting.kind == "list":
        return Control(setting.name, label, "list", "、".join(map(str, value or [])), gettext("几项之间用逗号隔开。"))
    if setting.choices:
        options = [Choice("", gettext("不用")), *(Choice(name, name) for name in setting.choices)]
        return Control(setting.name, label, "select", value or "", choices=options)
    kind = {"integer": "whole", "number": "number"}.get(setting.kind, "text")
    shown = "" if value is None else str(value)
    return Control(setting.name, label, kind, shown, help_, least=setting.least, most=setting.most)


def _has_default(setting: Setting) -> bool:
    return setting.kind in {"integer", "number"} and setting.default is not None


def _advanced(desk: Desk, place: Place, kind: FieldType, useful: Mapping[str, bool]) -> list[Control]:
    raw, found = place.raw, []
    fixed = place.path in desk.past
    text = gettext("已发布，不能再改。") if fixed else gettext("用于公式、导入导出和接口；发布后不能再改。")
    found.append(Control("key", gettext("代码"), "text", raw.get("key"), text, required=True, readonly=fixed))
    if useful["class"]:
        levels = [Choice(name, str(CLASSES[name])) for name in CLASS_NAMES]
        if place.table:
            levels.insert(0, Choice("", gettext("同明细表")))
        text = gettext("由它和授权表决定谁能看到原文、谁只能看到遮盖后的内容。")
        found.append(Control("class", gettext("密级"), "select", raw.get("class") or "", text, levels))
        masks = [Choice("", gettext("整体遮盖")), *(Choice(name, str(label)) for name, label in MASKS.items())]
        found.append(Control("mask", gettext("脱敏方式"), "select", raw.get("mask") or "", choices=masks))
    if useful["default"]:
        found.append(_default(desk, place, kind))
    if useful["readonly"]:
        found.append(Control("readonly", gettext("只读（由系统带出，不能修改）"), "bool", raw.get("readonly") is True))
        roles = named_things(desk, "roles")
        listed = raw.get("readonly_for") or []
        found.append(Control("readonly_for", gettext("对这些角色只读"), "checks", listed, choices=roles))
    if not place.table:
        found.append(Control("width", gettext("填报页和打印页上占整行"), "bool", raw.get("width") == "full"))
    return found


def _default(desk: Desk, place: Place, kind: FieldType) -> Control:
    value, code_list = place.raw.get("default"), desk.outline.code_list(place.path)
    label = gettext("默认值")
    if kind.name == "bool":
        choices = [Choice("", gettext("无")), Choice("true", gettext("是")), Choice("false", gettext("否"))]
        shown = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else ""
        return Control("default", label, "select", shown, choices=choices)
    if kind.has_options and code_list is not None and len(code_list.options) <= 100:
        options = [
            Choice(option.code, option.label.get(desk.lang), foreign(option.label, desk.lang))
            for option in code_list.options
            if not option.retired
        ]
        if kind.name == "multiselect":
            return Control("default", label, "checks", value or [], choices=options)
        return Control("default", label, "select", value or "", choices=[Choice("", gettext("无")), *options])
    shown = "、".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return Control("default", label, "list" if kind.name == "multiselect" else "text", shown)


def stored_values(kind: FieldType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return posted values as a definition holds them."""
    found = dict(values)
    if "width" in found:
        found["width"] = "full" if found["width"] else None
    if isinstance(found.get("default"), str):
        text = found["default"]
        if kind.name == "bool":
            found["default"] = text == "true"
        elif kind.column_kind == "integer" and text.lstrip("-").isdecimal():
            found["default"] = int(text)
    return found


def put_values(raw: dict[str, Any], path: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition with properties of a field set; what means the same stays as it was written."""
    old = fields.get(raw, path)
    changed = {name: value for name, value in values.items() if not same(old.get(name), value)}
    if changed.get("codelist"):
        changed["options"] = None
    return fields.change(raw, path, changed)


def used(desk: Desk, path: str) -> list[dict[str, str]]:
    """Return who refers to a field, each with the address where that is changed."""
    found = []
    for use in desk.uses(path):
        address = f"/forms/{use.form}" if use.form else ""
        if not use.form and use.place != "workflow":
            address = _address(desk, use.place)
        found.append({"words": use.words.get(desk.lang), "address": address})
    return found


def _address(desk: Desk, place: str) -> str:
    if place.endswith("]") or place.rpartition(".")[2] in RULES:
        return f"{desk.base}/rules/{place}"
    return desk.address(target(place, desk.outline))


def beside(desk: Desk, place: Place) -> dict[str, Any]:
    """Return what stands beside the properties: rules, what is wrong, who refers to it, where it can go."""
    useful = uses(field_type(place.type))
    kinds = ["visible_when"]
    kinds += [name for name in ("required_when", "compute", "prefill", "option_filter") if useful[name]]
    mine = [rule for rule in all_rules(desk) if rule["place"].rpartition(".")[0] == place.path]
    checks = [rule for rule in mine if rule["kind"] == "checks"]
    return {
        "rules": [
            {
                "kind": kind,
                "title": rule_title(kind),
                "place": f"{place.path}.{kind}",
                "rule": next((rule for rule in mine if rule["kind"] == kind), None),
            }
            for kind in kinds
        ],
        "checks": checks if useful["checks"] else None,
        "issues": marks(desk).get(("field", place.path), []),
        "uses": used(desk, place.path),
        "places": containers(desk),
        "own_options": useful["options"] and not place.raw.get("codelist"),
        "option_count": len(dicts(place.raw.get("options"))),
        "column_count": len(dicts(place.raw.get("fields"))),
        "past": place.path in desk.past,
        "core": place.path in core_of(desk.form_key),
    }
