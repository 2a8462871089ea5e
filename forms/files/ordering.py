"""One order of keys for every file of a definition, so that two exports of the same form are the same text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forms import field_types

LABEL_ORDER = ("zh", "en")
FORM_ORDER = (
    "key", "title", "resource", "kind", "workflow", "cycle", "serial", "fill_roles", "unique", "published_when",
    "organization", "category", "help", "list", "print", "sections",
)  # fmt: skip
SECTION_ORDER = ("key", "title", "visible_when", "fields")
FIELD_ORDER = (
    "key", "type", "label", "required", "class", "mask", "help", "unit", "default", "readonly", "readonly_for", "form",
    "codelist", "options", "option_filter", "prefill", "visible_when", "required_when", "compute", "checks",
)  # fmt: skip
OPTION_ORDER = ("code", "zh", "en", "label", "parent", "kind", "alias", "retired", "children")
CHECK_ORDER = ("expression", "message", "level")
LIST_ORDER = ("key", "title", "verified", "note", "items")
_LABELS = ("title", "label", "help", "category", "unit", "message", "pattern_message")


def arrange_form(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition *raw* with all its keys in the order of this module; what is not known stands last."""
    form = _arranged(raw, FORM_ORDER)
    if isinstance(form.get("sections"), list):
        form["sections"] = [_section(item) for item in form["sections"]]
    for name in ("print", "published_when"):
        if isinstance(form.get(name), Mapping):
            form[name] = _sorted(form[name])
    return form


def arrange_code_list(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the code list *raw* with all its keys in order."""
    found = _arranged(raw, LIST_ORDER)
    found["items"] = [_option(item) for item in found.get("items") or []]
    return found


def _section(raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return raw
    section = _arranged(raw, SECTION_ORDER)
    section["fields"] = [_field(item) for item in section.get("fields") or []]
    return section


def _field(raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return raw
    kind = field_types.FIELD_TYPES.get(str(raw.get("type")))
    settings = [setting.name for setting in kind.settings] if kind else []
    field = _arranged(raw, (*FIELD_ORDER, *settings, "width", "english", "fields"))
    if isinstance(field.get("options"), list):
        field["options"] = [_option(item) for item in field["options"]]
    if isinstance(field.get("checks"), list):
        field["checks"] = [
            _arranged(item, CHECK_ORDER) if isinstance(item, Mapping) else item for item in raw["checks"]
        ]
    if isinstance(field.get("fields"), list):
        field["fields"] = [_field(item) for item in field["fields"]]
    return field


def _option(raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return raw
    option = _arranged(raw, OPTION_ORDER)
    if isinstance(option.get("children"), list):
        option["children"] = [_option(item) for item in option["children"]]
    return option


def _arranged(raw: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    names = [name for name in order if name in raw] + sorted(name for name in raw if name not in order)
    return {name: _label(raw[name]) if name in _LABELS else raw[name] for name in names}


def _label(value: Any) -> Any:
    return _arranged(value, LABEL_ORDER) if isinstance(value, Mapping) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return value
