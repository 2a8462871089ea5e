"""The JSON Schema of a definition, made from the loader's keys and the registry of field types."""

from __future__ import annotations

from typing import Any

from forms import field_types
from forms.definition import CLASSES
from forms.files.loading import COMMON_SETTINGS, FIELD_KEYS, FORM_KEYS, NUMBER, SECTION_KEYS
from forms.files.option_reading import OPTION_KEYS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": ["string", "null"]}
SWITCH: Schema = {"type": ["boolean", "null"]}
TEXTS: Schema = {"type": ["array", "null"], "items": {"type": "string"}}
OBJECT: Schema = {"type": ["object", "null"]}
#: An expression is text; a constant may be written as what it is.
EXPRESSION: Schema = {"type": ["string", "boolean", "number", "null"]}
NAME: Schema = {"type": "string", "minLength": 1}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _record(properties: dict[str, Schema], required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _many(items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items}


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"enum": [None, ""]}]}


_LABEL: Schema = {
    "anyOf": [
        {"type": "string"},
        _record({"zh": {"type": "string"}, "en": {"type": "string"}}, minProperties=1),
    ]
}
_FULL_LABEL: Schema = {"allOf": [_ref("label"), {"not": {"enum": ["", {}]}}]}

#: What a setting of each kind may hold; see :data:`forms.files.loading.SETTING_KINDS`.
SETTINGS: dict[str, Schema] = {
    "integer": {"type": ["integer", "null"]},
    "number": {"anyOf": [{"type": ["number", "null"]}, {"type": "string", "pattern": f"^{NUMBER.pattern}$"}]},
    "bool": SWITCH,
    "text": TEXT,
    "label": {"anyOf": [{"type": ["string", "null"]}, _ref("label")]},
    "list": TEXTS,
    "codelist": TEXT,
    "options": _many(_ref("option")),
}

_FIELD: dict[str, Schema] = {
    "key": NAME,
    "label": _ref("label"),
    "required": SWITCH,
    "class": {"enum": [*CLASSES, None, ""]},
    "mask": TEXT,
    "help": _optional(_ref("label")),
    "unit": _optional(_ref("label")),
    "default": {},
    "readonly": SWITCH,
    "readonly_for": TEXTS,
    "prefill": EXPRESSION,
    "codelist": TEXT,
    "options": _many(_ref("option")),
    "visible_when": EXPRESSION,
    "required_when": EXPRESSION,
    "checks": _many(_ref("check")),
    "compute": EXPRESSION,
    "option_filter": EXPRESSION,
    "form": TEXT,
    "fields": _many(_ref("field")),
}

_OPTION: dict[str, Schema] = {
    "code": NAME,
    "zh": {"type": "string"},
    "en": {"type": "string"},
    "label": _optional(_ref("label")),
    "retired": {},
    "children": _many(_ref("option")),
    "kind": {},
    "alias": TEXTS,
    "parent": {},
}

_FORM: dict[str, Schema] = {
    "key": NAME,
    "title": _FULL_LABEL,
    "resource": NAME,
    "kind": TEXT,
    "workflow": TEXT,
    "fill_roles": TEXTS,
    "unique": _many(_record({"fields": TEXTS, "city_wide": {}})),
    "published_when": {
        "anyOf": [
            TEXT,
            _record({"record": EXPRESSION, "rows": OBJECT, "until": OBJECT, "states": TEXTS, "fields": TEXTS}),
        ]
    },
    "list": {"anyOf": [{"type": "null"}, _record({"columns": TEXTS, "order": TEXT, "search": TEXTS})]},
    "sections": {"type": "array", "items": _ref("section"), "minItems": 1},
    "organization": {"anyOf": [{"type": "null"}, _record(dict.fromkeys(("kind", "name", "code", "region"), TEXT))]},
    "cycle": TEXT,
    "serial": TEXT,
    "print": OBJECT,
    "help": _optional(_ref("label")),
    "no_overlap": _many(_record({"fields": TEXTS, "start": TEXT, "end": TEXT, "free": TEXTS})),
    "parties": _many(_record({"kind": TEXT, "field": TEXT, "through": {}, "ended": TEXTS})),
    "visitors": {"anyOf": [{"type": "null"}, _record({"role": TEXT, "anonymous": {}, "fixed": TEXTS})]},
    "category": _optional(_ref("label")),
}

_SECTION: dict[str, Schema] = {
    "key": TEXT,
    "title": _ref("label"),
    "visible_when": EXPRESSION,
    "fields": _many(_ref("field")),
}


def _setting(setting: field_types.Setting) -> Schema:
    """Return the schema of a setting, with its limits."""
    schema = dict(SETTINGS[setting.kind])
    limits = {"minimum": setting.least, "maximum": setting.most}
    schema.update({name: limit for name, limit in limits.items() if limit is not None})
    if setting.choices:
        schema["enum"] = [*setting.choices, None]
    return schema


def _field_of(kind: field_types.FieldType) -> Schema:
    """Return the schema of a field of one type: the keys of every field and the settings of the type."""
    common: dict[str, Schema] = {name: {} for name in sorted(COMMON_SETTINGS)}
    settings = {setting.name: _setting(setting) for setting in kind.settings}
    return _record(
        {"type": {"const": kind.name}, **{name: _FIELD[name] for name in sorted(FIELD_KEYS - {"type"})}}
        | common
        | settings,
        ("key", "type"),
        title=kind.label.en,
        description=kind.label.zh,
    )


def definition_schema() -> Schema:
    """Return the schema of a form's definition, with every field type that is registered now."""
    kinds = sorted(field_types.FIELD_TYPES.values(), key=lambda kind: kind.name)
    field: Schema = {
        "type": "object",
        "required": ["key", "type"],
        "properties": {"type": {"enum": [kind.name for kind in kinds]}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind.name}}, "required": ["type"]},
                "then": _ref(f"field_{kind.name}"),
            }
            for kind in kinds
        ],
    }
    return {
        "$schema": DIALECT,
        "title": "Form definition 表单定义",
        **_record({name: _FORM[name] for name in sorted(FORM_KEYS)}, ("key", "title", "resource", "sections")),
        "$defs": {
            "label": _LABEL,
            "option": _record({name: _OPTION[name] for name in sorted(OPTION_KEYS)}, ("code",)),
            "check": _record(
                {
                    "expression": EXPRESSION,
                    "message": _FULL_LABEL,
                    "level": {"enum": ["error", "warning"]},
                },
                ("message",),
            ),
            "section": _record({name: _SECTION[name] for name in sorted(SECTION_KEYS)}),
            "field": field,
            **{f"field_{kind.name}": _field_of(kind) for kind in kinds},
        },
    }
