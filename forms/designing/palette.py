"""What the builder offers: field types under headings, and which properties a field of each type has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.answers.masks import MASKS
from forms.definition import CLASSES
from forms.designing.fresh import COPY, NEW_MESSAGE, NEW_OPTION, NEW_SECTION, fresh
from forms.expressions import FUNCTIONS
from forms.field_types import FIELD_TYPES, FieldType, Setting
from forms.labels import Label
from forms.rule_types import rule_type

#: Headings of the palette in their order.
GROUPS: Mapping[str, Label] = {
    "text": Label("文字", "Text"),
    "number": Label("数字", "Numbers"),
    "choice": Label("选择", "Choices"),
    "time": Label("日期时间", "Dates and times"),
    "identity": Label("证件与联系方式", "Identity and contact"),
    "relation": Label("单位、地区与引用", "Organizations, places and references"),
    "file": Label("附件", "Attachments"),
    "computed": Label("自动计算", "Computed"),
    "layout": Label("明细与说明", "Tables and notes"),
}


def uses(field_type: FieldType) -> dict[str, bool]:
    """Return which of the properties that not every field has are of use to the type."""
    typed = field_type.stores and not field_type.computes
    starts = typed and field_type.name != "subtable" and not field_type.attachment
    return {
        "compute": field_type.computes,
        "options": field_type.has_options,
        "codelist": field_type.has_options,
        "option_filter": field_type.has_options,
        "form": field_type.refers,
        "required": typed,
        "required_when": typed,
        "readonly": typed,
        "readonly_for": typed,
        "checks": field_type.stores,
        "default": starts,
        "prefill": starts,
        "class": field_type.stores,
        "mask": field_type.stores,
        "unit": field_type.column_kind in {"integer", "numeric"},
        "fields": field_type.name == "subtable",
    }


def palette() -> list[FieldType]:
    """Return the types in the order of the palette."""
    places = {name: place for place, name in enumerate(GROUPS)}
    return sorted(FIELD_TYPES.values(), key=lambda item: (places.get(item.group, len(places)), item.name))


def described() -> dict[str, Any]:
    """Return the palette as JSON: types, headings, classes, masks and the functions of formulas."""
    return {
        "groups": [{"name": name, "label": label.as_dict()} for name, label in GROUPS.items()],
        "types": [_type(item) for item in palette()],
        "classes": list(CLASSES),
        "masks": list(MASKS),
        "new_section": NEW_SECTION,
        "new_option": NEW_OPTION,
        "new_message": NEW_MESSAGE,
        "copy": COPY.as_dict(),
        "functions": [
            {
                "name": function.name,
                "least": function.least,
                "most": function.most,
                "takes": function.takes,
                "gives": function.gives,
                "about": function.about.as_dict(),
            }
            for function in FUNCTIONS.values()
        ],
    }


def _type(item: FieldType) -> dict[str, Any]:
    return {
        "name": item.name,
        "label": item.label.as_dict(),
        "about": item.about.as_dict(),
        "group": item.group,
        "stores": item.stores,
        "computes": item.computes,
        "has_options": item.has_options,
        "refers": item.refers,
        "attachment": item.attachment,
        "sortable": item.sortable,
        "searchable": item.searchable,
        "column": item.name != "subtable",
        "listed": item.column_kind is not None,
        "rule_type": rule_type(item.name),
        "operators": list(item.operators),
        "uses": [name for name, useful in uses(item).items() if useful],
        "settings": [_setting(setting) for setting in item.settings],
        "fresh": fresh(item.name),
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "kind": setting.kind,
        "label": setting.label.as_dict(),
        "default": setting.default,
        "least": setting.least,
        "most": setting.most,
        "choices": list(setting.choices),
    }
