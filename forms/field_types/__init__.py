"""The field types: one module each, found by being here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from forms.field_types.base import ExcelColumn, FieldType, Setting

__all__ = ["FIELD_TYPES", "ExcelColumn", "FieldType", "Setting", "get", "register"]

FIELD_TYPES: dict[str, FieldType] = {}


def register(field_type: FieldType) -> FieldType:
    """Add *field_type* to the registry; a later one of the same name replaces it."""
    FIELD_TYPES[field_type.name] = field_type
    return field_type


def get(name: str) -> FieldType:
    """Return the field type *name*; raises KeyError."""
    return FIELD_TYPES[name]


#: Modules that types are made from.
_NO_TYPES = {"base", "parts"}

for _module in iter_modules(__path__):
    if _module.name not in _NO_TYPES:
        register(import_module(f"{__name__}.{_module.name}").TYPE)
