"""Which records the texts of old answers name, where a field has become a reference: asked once for many records."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from app.builder.catalogue import compiled, definition
from app.records.writing import references
from forms.answers.answer import is_empty, rows_of
from forms.versions.conversions import carries, nobody, reads, stays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.access.actor import Actor
    from forms.answers.answer import Column
    from forms.compiled import CompiledForm
    from forms.versions.conversions import Lookup


def names(
    actor: Actor, form_key: str, shells: Sequence[Any], stored: Mapping[str, Mapping[str, Any]], new: CompiledForm
) -> Lookup:
    """Return what finds the one record of a name among those that the actor may see."""
    targets = [path for path, column in new.by_path.items() if column.type.refers]
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for shell in shells:
        old = compiled(form_key, shell.form_version_no)
        for path in _becoming(old, new, targets):
            wanted[path].update(reads(old.by_path[path], value) for value in _values(stored.get(shell.id, {}), path))
    present = definition(form_key)
    found = {
        path: references.resolve(actor, form_key, path, texts)
        for path, texts in wanted.items()
        if texts and present.has(path) and stays(new.by_path[path].field, present.field(path))
    }
    if not found:
        return nobody

    def lookup(column: Column, name: str) -> dict[str, str] | None:
        return found.get(column.path, {}).get(name)

    return lookup


def _becoming(old: CompiledForm, new: CompiledForm, targets: Iterable[str]) -> list[str]:
    """Return the paths that were something else, or referred to something else, and are references now."""
    known = ((path, old.by_path.get(path)) for path in targets)
    return [
        path
        for path, column in known
        if column is not None
        and not stays(column.field, new.by_path[path].field)
        and carries(column.field, new.by_path[path].field)
    ]


def _values(answers: Mapping[str, Any], path: str) -> Iterator[Any]:
    table, dot, key = path.rpartition(".")
    holders = rows_of(answers.get(table)) if dot else [answers]
    yield from (holder[key] for holder in holders if not is_empty(holder.get(key)))
