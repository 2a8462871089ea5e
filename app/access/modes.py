"""The mode of every field of a row, and answers as those modes show them.

A *form table* (``app.records.projection.tables.FormTable``) offers ``definition``, ``resource``, ``main``,
``children`` and ``column(key)``; nothing else of it is used in this package.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from app.access.law import Mode, field_mode, leaving_mode, row_rules
from forms.answers.answer import rows_of
from forms.definition import CLASSES
from forms.field_types import get as field_type

if TYPE_CHECKING:
    import sqlalchemy as sa

    from app.access.actor import Actor
    from app.access.grants import GrantRule
    from forms.definition import Definition, Field

#: Columns that tell which scopes of the actor a row lies in, in the order of :func:`scopes_of`.
FLAG = "_g"


class FormTable(Protocol):
    """What this module asks of a form's tables."""

    @property
    def definition(self) -> Definition:
        """The published definition."""

    @property
    def resource(self) -> str:
        """What grants speak of."""

    @property
    def main(self) -> sa.Table:
        """The projection."""

    @property
    def children(self) -> Mapping[str, sa.Table]:
        """The projections of the sub-tables."""

    def column(self, key: str) -> sa.ColumnElement[Any]:
        """Return the column of a field: ``key``, or ``subtable.key``."""


def needed(action: str) -> tuple[str, ...]:
    """Return the actions that must all be granted: an export needs view and export."""
    return ("V", "E") if action == "E" else (action,)


def scopes_of(actor: Actor, resource: str, action: str) -> tuple[str, ...]:
    """Return the scopes of the actor's grants on rows, sorted; those of both actions for an export."""
    return tuple(sorted({rule.scope for letter in needed(action) for rule in row_rules(actor, resource, letter)}))


def published_shows(definition: Definition, path: str) -> bool:
    """Tell whether *path* is among what publication opens.

    Rows of sub-tables open nothing but themselves; a record opens all its fields (as the mode allows),
    unless the definition names which.
    """
    when = definition.published_when
    if when is None:
        return False
    field = path.partition(".")[0]
    return field in when.rows or field in when.fields or (when.record is not None and not when.fields)


def rule_mode(definition: Definition, rule: GrantRule, path: str, class_: str) -> Mode:
    """Return how *rule* shows the field at *path*."""
    if rule.scope == "published" and not published_shows(definition, path):
        return Mode.HIDE
    return field_mode(rule, class_)


class RowModes(dict[str, Mode]):
    """The mode of every field of one row, by path.

    ``unpublished`` holds for rows of sub-tables that are not published themselves.
    """

    unpublished: dict[str, Mode]


class _DefinitionKey:
    """A definition as a cache key, by identity: equal ones need not be compared field by field."""

    __slots__ = ("definition",)

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DefinitionKey) and other.definition is self.definition

    def __hash__(self) -> int:
        return id(self.definition)


@lru_cache(maxsize=1024)
def _modes(
    present: _DefinitionKey,
    shown: _DefinitionKey,
    rules: tuple[tuple[GrantRule, ...], ...],
    *,
    leaving: bool,
    approved: frozenset[str],
) -> RowModes:
    definition = shown.definition
    modes = RowModes()
    modes.unpublished = {}
    # What is open to others is said now, whatever version a record was filled under.
    when = present.definition.published_when
    rows = when.rows if when is not None else {}
    for path, field in definition.walk():
        class_ = field.class_
        if present.definition.has(path):
            class_ = max(class_, present.definition.field(path).class_, key=CLASSES.index)
        partly = path.partition(".")[0] in rows and "." in path
        for target, chosen in ((modes, rules), (modes.unpublished, _without_published(rules) if partly else rules)):
            mode = min(
                (
                    max((rule_mode(present.definition, rule, path, class_) for rule in matching), default=Mode.HIDE)
                    for matching in chosen
                ),
                default=Mode.HIDE,
            )
            target[path] = leaving_mode(mode, class_, approved=path in approved) if leaving else mode
    return modes


def _without_published(rules: tuple[tuple[GrantRule, ...], ...]) -> tuple[tuple[GrantRule, ...], ...]:
    return tuple(tuple(rule for rule in matching if rule.scope != "published") for matching in rules)


def modes_in(
    actor: Actor,
    table: FormTable,
    action: str,
    scopes: Collection[str],
    *,
    approved: Collection[str] = (),
    definition: Definition | None = None,
) -> RowModes:
    """Return the modes of a row that lies in exactly these *scopes* of the actor; see :func:`row_modes`."""
    rules = tuple(
        tuple(rule for rule in row_rules(actor, table.resource, letter) if rule.scope in scopes)
        for letter in needed(action)
    )
    present = _DefinitionKey(table.definition)
    shown = _DefinitionKey(definition) if definition is not None else present
    leaving = action == "E"
    return _modes(present, shown, rules, leaving=leaving, approved=frozenset(approved) if leaving else frozenset())


def row_modes(
    actor: Actor,
    table: FormTable,
    action: str,
    row: Mapping[str, Any],
    *,
    approved: Collection[str] = (),
    definition: Definition | None = None,
) -> RowModes:
    """Return the mode of every field of a row selected by :func:`select_rows` for the same actor and action.

    :param row: the row's mapping, with its flag columns.
    :param approved: paths that an approved export request lets leave in plain, where the law shows them in plain or
        by a logged look; every other personal answer leaves masked.
    :param definition: the version that the record was filled under, if it is not the present one. Of the
        two classes of a field the stricter one counts.
    """
    scopes = scopes_of(actor, table.resource, action)
    inside = {scope for number, scope in enumerate(scopes) if row[f"{FLAG}{number}"]}
    return modes_in(actor, table, action, inside, approved=approved, definition=definition)


class HasDefinition(Protocol):
    """A compiled form or a form's tables."""

    @property
    def definition(self) -> Definition:
        """The definition that the answers were filled under."""


def mask_answers(
    form: HasDefinition,
    answers: Mapping[str, Any],
    modes: RowModes,
    *,
    published_rows: Mapping[str, Collection[str]] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Return the answers as *modes* show them, and the paths that are masked.

    Hidden fields are absent. :param published_rows: ids of the published rows of each sub-table; a row
    that is neither published nor in another scope is absent. Without it none counts as published.
    """
    shown: dict[str, Any] = {}
    masked: list[str] = []
    for field in form.definition.fields:
        mode = modes.get(field.key, Mode.HIDE)
        if mode is Mode.HIDE:
            continue
        if field.fields:
            rows = rows_of(answers.get(field.key))
            ids = (published_rows or {}).get(field.key, ())
            visible = (_mask_row(field, row, modes if row.get("_row") in ids else modes.unpublished) for row in rows)
            kept = [row for row in visible if row is not None]
            if kept or field.key in answers:
                shown[field.key] = kept
            masked += [
                f"{field.key}.{column.key}"
                for column in field.fields
                if Mode.HIDE < modes.get(f"{field.key}.{column.key}", Mode.HIDE) < Mode.PLAIN
            ]
            continue
        if mode is not Mode.PLAIN:
            masked.append(field.key)
        if field.key in answers:
            shown[field.key] = _masked(field, answers[field.key], mode)
    return shown, masked


def _mask_row(field: Field, row: Mapping[str, Any], modes: Mapping[str, Mode]) -> dict[str, Any] | None:
    """Return a sub-table's row as shown; ``None`` when every column of it is hidden."""
    shown: dict[str, Any] = {"_row": row["_row"]} if "_row" in row else {}
    visible = False
    for column in field.fields:
        mode = modes.get(f"{field.key}.{column.key}", Mode.HIDE)
        if mode is Mode.HIDE:
            continue
        visible = True
        if column.key in row:
            shown[column.key] = _masked(column, row[column.key], mode)
    return shown if visible else None


def _masked(field: Field, value: Any, mode: Mode) -> Any:
    if mode is Mode.PLAIN or value in (None, "", []):
        return value
    return field_type(field.type).masked(field, value)
