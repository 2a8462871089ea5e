"""What changed: between two sets of answers, and between two versions of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from forms.compiled import is_empty
from forms.definition import CodeList, Definition, Field

#: The classes of a change of a form, from the lightest to the heaviest.
CHANGE_CLASSES = ("cosmetic", "additive", "tightening", "structural")


@dataclass(frozen=True, slots=True)
class Change:
    """One changed answer; ``row`` counts from 1 and ``row_id`` names the row of a sub-table."""

    field: str
    row: int | None
    old: Any
    new: Any
    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """One change of a form: its path, its kind (a word), its class (one of :data:`CHANGE_CLASSES`)."""

    path: str
    kind: str
    change_class: str


def differences(old: Mapping[str, Any], new: Mapping[str, Any], definition: Definition) -> list[Change]:
    """Return the changed answers, in the order of *definition*, then those of fields that it no longer has.

    Rows of sub-tables are matched by ``_row``; a row that came or went is one change with all of its cells.
    """
    keys = [item.key for item in definition.fields]
    keys += [key for key in (*old, *new) if key not in keys]
    found: list[Change] = []
    for key in dict.fromkeys(keys):
        before, after = old.get(key), new.get(key)
        if definition.has(key) and definition.field(key).type == "subtable":
            found += _rows(definition.field(key), before, after)
        elif _plain(before) != _plain(after):
            found.append(Change(key, None, before, after))
    return found


def _plain(value: Any) -> Any:
    return None if is_empty(value) else value


def _rows(item: Field, before: Any, after: Any) -> Iterator[Change]:
    old = {row.get("_row"): row for row in before or [] if isinstance(row, Mapping)}
    rows = [row for row in after or [] if isinstance(row, Mapping)]
    for number, row in enumerate(rows, 1):
        former = old.pop(row.get("_row"), None)
        if former is None:
            yield Change(
                item.key, number, None, {key: value for key, value in row.items() if key != "_row"}, row.get("_row")
            )
            continue
        for key in dict.fromkeys([column.key for column in item.fields] + list(former) + list(row)):
            if key != "_row" and _plain(former.get(key)) != _plain(row.get(key)):
                yield Change(f"{item.key}.{key}", number, former.get(key), row.get(key), row.get("_row"))
    for identifier, row in old.items():
        yield Change(item.key, None, {key: value for key, value in row.items() if key != "_row"}, None, identifier)


def definition_changes(old: Definition | None, new: Definition) -> list[DefinitionChange]:
    """Return what publishing *new* after *old* changes; everything is additive where there was nothing."""
    if old is None:
        return [DefinitionChange(path, "field_added", "additive") for path in new.paths]
    before, after = dict(old.walk()), dict(new.walk())
    found = [DefinitionChange(path, "field_retired", "structural") for path in before if path not in after]
    for path, item in after.items():
        former = before.get(path)
        if former is None:
            tight = item.required or item.required_when is not None
            found.append(DefinitionChange(path, "field_added", "tightening" if tight else "additive"))
        else:
            found += _field_changes(path, former, item, old.code_list(path), new.code_list(path))
    if [u.fields for u in old.unique] != [u.fields for u in new.unique]:
        found.append(DefinitionChange("unique", "unique_changed", "structural"))
    # Who fills, who sees and which way a record goes: none of it touches the data, all of it touches people.
    found += [
        DefinitionChange(name, f"{name}_changed", "tightening")
        for name in ("resource", "workflow", "fill_roles", "published_when", "organization")
        if (old.source.get(name) or None) != (new.source.get(name) or None)
    ]
    if list(before) != list(after) and set(before) == set(after):
        found.append(DefinitionChange("sections", "order_changed", "cosmetic"))
    if old.source != new.source and not found:
        found.append(DefinitionChange("", "settings_changed", "cosmetic"))
    return found


def _field_changes(
    path: str, old: Field, new: Field, old_list: CodeList | None, new_list: CodeList | None
) -> Iterator[DefinitionChange]:
    if old.type != new.type:
        yield DefinitionChange(path, "type_changed", "structural")
    if old.required != new.required or _text(old.required_when) != _text(new.required_when):
        lighter = (old.required or old.required_when is not None) and not new.required and new.required_when is None
        yield DefinitionChange(path, "required_changed", "additive" if lighter else "tightening")
    if old.class_ != new.class_:
        yield DefinitionChange(path, "class_changed", "tightening")
    if old.mask != new.mask:
        yield DefinitionChange(path, "mask_changed", "tightening")
    if old.form != new.form:
        yield DefinitionChange(path, "reference_changed", "structural")
    if (old.readonly, old.readonly_for) != (new.readonly, new.readonly_for):
        yield DefinitionChange(path, "readonly_changed", "tightening")
    if _text(old.option_filter) != _text(new.option_filter):
        yield DefinitionChange(path, "option_filter_changed", "tightening")
    if [check.expression for check in old.checks] != [check.expression for check in new.checks]:
        yield DefinitionChange(path, "checks_changed", "tightening" if new.checks else "additive")
    if _text(old.visible_when) != _text(new.visible_when):
        yield DefinitionChange(path, "visibility_changed", "tightening")
    if _text(old.compute) != _text(new.compute):
        yield DefinitionChange(path, "formula_changed", "tightening")
    if dict(old.settings) != dict(new.settings):
        yield DefinitionChange(path, "settings_changed", "tightening")
    if old_list is not None and new_list is not None:
        before, after = ({o.code for o in codes.options if not o.retired} for codes in (old_list, new_list))
        if before - after:
            yield DefinitionChange(path, "option_retired", "tightening")
        if after - before:
            yield DefinitionChange(path, "option_added", "additive")
    if replace(old, label=new.label, help=new.help, unit=new.unit) != old and (old.label, old.help, old.unit) != (
        new.label,
        new.help,
        new.unit,
    ):
        yield DefinitionChange(path, "label_changed", "cosmetic")


def _text(expression: Any) -> str | None:
    return None if expression is None else expression.text
