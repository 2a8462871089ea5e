"""The formats of an export: one module each, found by being here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from app.exchange.formats.base import ExportFormat, Writer

__all__ = ["FORMATS", "ExportFormat", "Writer", "register"]

FORMATS: dict[str, ExportFormat] = {}


def register(export_format: ExportFormat) -> ExportFormat:
    """Add a format to the registry; a later one of the same key replaces it."""
    FORMATS[export_format.key] = export_format
    return export_format


for _module in iter_modules(__path__):
    if _module.name != "base":
        register(import_module(f"{__name__}.{_module.name}").FORMAT)
