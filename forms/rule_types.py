"""What rules take a field's answers for, and which fields a rule reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from forms import field_types
from forms.expressions import KNOWN_TYPES, Node, variables_of

if TYPE_CHECKING:
    from forms.definition import Definition, Field

_BY_KIND = {"integer": "integer", "numeric": "decimal", "date": "date", "bool": "bool", "json": "multiselect"}


def rule_type(name: str) -> str:
    """Return the type of the language that answers of the field type *name* have."""
    if name in KNOWN_TYPES:
        return name
    field_type = field_types.get(name)
    if field_type.refers:
        return "reference"
    if field_type.attachment:
        return "file"
    if field_type.parted:
        return "parts"
    return _BY_KIND.get(field_type.column_kind or "", "text")


def types_of(definition: Definition) -> dict[str, str]:
    """Return the type of every path of *definition*, as rules see it."""
    return {path: _type_of(item) for path, item in definition.walk()}


def _type_of(item: Field) -> str:
    field_type = field_types.get(item.type)
    if not field_type.parted:
        return rule_type(item.type)
    # The check tells a part that there is from one that there is not.
    return ":".join(["parts", *(part.key for part in field_type.parts(item))])


def resolve(name: str, table: str, types: Mapping[str, str]) -> str | None:
    """Return the path that *name* means in a rule of the sub-table *table* (empty: of the record); None for no field.

    A name means a column of the row before a field of the record; of ``ref.x`` the path is that of the reference.
    """
    if name.startswith("_"):
        return None
    head, _, rest = name.partition(".")
    if rest and head in {"parent", "previous"}:
        name, table = rest, ""
    for path in (f"{table}.{name}", name) if table else (name,):
        if path in types:
            return path
        owner = path.rpartition(".")[0]
        if "." in name and owner in types:
            return owner
    return None


def reads(tree: Node, path: str, types: Mapping[str, str], *, previous: bool = False) -> frozenset[str]:
    """Return the paths that a rule of the field at *path* reads, of the answers before only if *previous*."""
    table = path.rpartition(".")[0]
    names = (name for name in variables_of(tree) if previous or not name.startswith("previous."))
    found = (resolve(name, table, types) for name in names)
    return frozenset(target for target in found if target is not None)


def reads_of_references(tree: Node, path: str, definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield path of the reference and key of the field for every field of a referenced record that a rule reads."""
    types = types_of(definition)
    for name in sorted(variables_of(tree)):
        target = resolve(name, path.rpartition(".")[0], types)
        key = name.rpartition(".")[2]
        bare = name.removeprefix("parent.").removeprefix("previous.")
        if target is not None and types[target] == "reference" and "." in bare and not target.endswith(bare):
            yield target, key
