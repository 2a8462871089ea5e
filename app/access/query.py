"""The only door to Core statements on tenants' tables: scope in WHERE, hidden cells NULL, tagged.

A *form table* (``app.records.tables.FormTable``) offers ``definition``, ``resource``, ``main``,
``children`` and ``column(key)``; nothing else of it is used here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import sqlalchemy as sa
from forms.field_types import get as field_type

from app.access.hooks import TAG
from app.access.law import KeyColumns, Mode, any_scope, field_mode, leaving_mode, row_rules, scope_sql
from app.errors import BadRequest, NotAllowed

if TYPE_CHECKING:
    from forms.definition import Definition, Field

    from app.access.actor import Actor
    from app.access.grants import GrantRule

#: Columns that tell which scopes of the actor a row lies in, in the order of :func:`scopes_of`.
FLAG = "_g"

_Tagged = TypeVar("_Tagged", bound=sa.Executable)


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


def tagged(statement: _Tagged, reason: str) -> _Tagged:
    """Return *statement* with the reason why it may pass the engine's guard; grep for the callers."""
    return statement.execution_options(**{TAG: reason})


def resource_allows(actor: Actor, resource: str, action: str) -> bool:
    """Tell whether the actor may do *action* on *resource* at all; an export needs view too."""
    return actor.can(resource, action) and (action != "E" or actor.can(resource, "V"))


def require(actor: Actor, resource: str, action: str) -> None:
    """Raise :class:`~app.errors.NotAllowed` unless :func:`resource_allows`."""
    if not resource_allows(actor, resource, action):
        raise NotAllowed


def _needed(action: str) -> tuple[str, ...]:
    return ("V", "E") if action == "E" else (action,)


def scopes_of(actor: Actor, resource: str, action: str) -> tuple[str, ...]:
    """Return the scopes of the actor's grants on rows, sorted; those of both actions for an export."""
    return tuple(sorted({rule.scope for letter in _needed(action) for rule in row_rules(actor, resource, letter)}))


def published_shows(definition: Definition, path: str) -> bool:
    """Tell whether *path* is among what publication opens.

    A published record opens all its fields (as its mode allows); where only rows of sub-tables are
    published, nothing but those sub-tables is open.
    """
    when = definition.published_when
    if when is None:
        return False
    return when.record is not None or path.partition(".")[0] in when.rows


def _rule_mode(definition: Definition, rule: GrantRule, path: str, class_: str) -> Mode:
    if rule.scope == "published" and not published_shows(definition, path):
        return Mode.HIDE
    return field_mode(rule, class_)


def paths(definition: Definition) -> Iterator[tuple[str, Field]]:
    """Yield every field with its path: ``key`` and ``subtable.key``."""
    for field in definition.fields:
        yield field.key, field
        for column in field.fields:
            yield f"{field.key}.{column.key}", column


def _class_of(definition: Definition, path: str) -> str:
    field = definition.field(path)
    if field is None:
        raise BadRequest(code="unknown_field")
    return str(field.class_)


def _scope_modes(actor: Actor, table: FormTable, letter: str, path: str) -> dict[str, Mode]:
    """Return, by scope, the mode in which the actor's grants for one action show a field."""
    class_ = _class_of(table.definition, path)
    modes: dict[str, Mode] = {}
    for rule in row_rules(actor, table.resource, letter):
        mode = _rule_mode(table.definition, rule, path, class_)
        modes[rule.scope] = max(mode, modes.get(rule.scope, Mode.HIDE))
    return modes


def _clause(actor: Actor, table: FormTable, scopes: Collection[str], path: str = "") -> sa.ColumnElement[bool]:
    """Return the condition that a row lies in one of *scopes*; of a sub-table's row, if *path* names one."""
    main = any_scope(actor, [scope for scope in scopes if scope != "published"], KeyColumns.of(table.main))
    if "published" not in scopes:
        return main
    published = scope_sql(actor, "published", KeyColumns.of(table.main))
    when = table.definition.published_when
    subtable = path.partition(".")[0]
    if when is not None and subtable in when.rows and subtable in table.children:
        row = scope_sql(actor, "published", KeyColumns.of(table.children[subtable]))
        published = sa.and_(published, row)
    return sa.or_(main, published)


def scope_clause(actor: Actor, table: FormTable, action: str) -> sa.ColumnElement[bool]:
    """Return the condition of the rows on which the actor may do *action*; ``false`` where none."""
    keys = KeyColumns.of(table.main)
    return sa.and_(
        *(
            any_scope(actor, [rule.scope for rule in row_rules(actor, table.resource, letter)], keys)
            for letter in _needed(action)
        )
    )


def scope_branches(actor: Actor, table: FormTable, action: str) -> list[sa.ColumnElement[bool]]:
    """Return the same as alternatives, each an equality that an index serves, for a UNION of keyset pages.

    They may overlap: unite by ``_id``. One branch where one suffices, none where the scope is empty.
    """
    keys = KeyColumns.of(table.main)
    letter = _needed(action)[-1]
    scopes = sorted({rule.scope for rule in row_rules(actor, table.resource, letter)})
    if "city" in scopes:
        scopes = ["city"]
    branches = [scope_sql(actor, scope, keys) for scope in scopes]
    if action != "E":
        return branches
    view = any_scope(actor, [rule.scope for rule in row_rules(actor, table.resource, "V")], keys)
    return [sa.and_(branch, view) for branch in branches]


def _shown_clause(
    actor: Actor, table: FormTable, action: str, path: str, at_least: Mode
) -> sa.ColumnElement[bool] | None:
    """Return where a field is shown at least so; ``None``: nowhere."""
    clauses = []
    for letter in _needed(action):
        modes = _scope_modes(actor, table, letter, path)
        scopes = [scope for scope, mode in modes.items() if mode >= at_least]
        if not scopes:
            return None
        clauses.append(_clause(actor, table, scopes, path))
    return sa.and_(*clauses)


def plain_clause(actor: Actor, table: FormTable, action: str, field_key: str) -> sa.ColumnElement[bool] | None:
    """Return the condition of the rows on which a field is plain, for a filter or search on it.

    ``None``: nowhere, which the caller answers with 400. A masked cell never matches.
    """
    return _shown_clause(actor, table, action, field_key, Mode.PLAIN)


def always_plain(actor: Actor, table: FormTable, action: str, field_key: str) -> bool:
    """Tell whether a field is plain on every row in scope, so that ordering by it tells nothing."""
    for letter in _needed(action):
        modes = _scope_modes(actor, table, letter, field_key)
        everywhere = modes.get("city") is Mode.PLAIN
        if not modes or not (everywhere or all(mode is Mode.PLAIN for mode in modes.values())):
            return False
    return True


def _flags(actor: Actor, table: FormTable, action: str, subtable: str = "") -> list[sa.Label[int]]:
    flags = []
    for number, scope in enumerate(scopes_of(actor, table.resource, action)):
        clause = _clause(actor, table, [scope], subtable)
        flags.append(sa.case((clause, sa.literal_column("1")), else_=sa.literal_column("0")).label(f"{FLAG}{number}"))
    return flags


def _cell(actor: Actor, table: FormTable, action: str, path: str) -> sa.Label[Any]:
    column = table.column(path)
    clause = _shown_clause(actor, table, action, path, Mode.MASK)
    if clause is None:
        return sa.null().label(path)
    if isinstance(clause, sa.True_):
        return column.label(path)
    return sa.case((clause, column), else_=sa.null()).label(path)


def select_rows(actor: Actor, table: FormTable, action: str, *, columns: Sequence[str]) -> sa.Select[Any]:
    """Return a tagged SELECT of the rows on which the actor may do *action*.

    :param columns: field keys (labelled so in the result) and system columns (``_id``, ``_state`` …).
        Cells that the actor's grants hide are NULL already in SQL; masked ones come raw and are
        masked by :func:`mask_answers` or the caller, by :func:`row_modes` of the same row.
    """
    cells = [
        table.main.c[name].label(name) if name.startswith("_") else _cell(actor, table, action, name)
        for name in columns
    ]
    statement = sa.select(*cells, *_flags(actor, table, action)).select_from(table.main)
    return tagged(statement.where(scope_clause(actor, table, action)), "scoped by access.query")


def select_child_rows(
    actor: Actor, table: FormTable, subtable: str, action: str, *, columns: Sequence[str]
) -> sa.Select[Any]:
    """Return a tagged SELECT of a sub-table's rows, of the records in scope.

    :param columns: column keys of the sub-table, and its system columns. Where a grant reaches a
        record only because rows of it are published, only those rows are selected.
    """
    child = table.children[subtable]
    cells = [
        child.c[name].label(name)
        if name.startswith("_")
        else _cell(actor, table, action, f"{subtable}.{name}").element.label(name)
        for name in columns
    ]
    rules = [[rule.scope for rule in row_rules(actor, table.resource, letter)] for letter in _needed(action)]
    condition = sa.and_(*(_clause(actor, table, scopes, subtable) for scopes in rules))
    statement = sa.select(*cells, *_flags(actor, table, action, subtable))
    statement = statement.select_from(child.join(table.main, child.c._record == table.main.c._id))  # noqa: SLF001 - a column
    return tagged(statement.where(condition), "scoped by access.query")


class RowModes(dict[str, Mode]):
    """The mode of every field of one row, by path.

    ``unpublished`` holds for rows of sub-tables that are not published themselves.
    """

    unpublished: dict[str, Mode]


@lru_cache(maxsize=1024)
def _modes(
    definition_of: Callable[[], Definition],
    rules: tuple[tuple[GrantRule, ...], ...],
    *,
    leaving: bool,
    approved: bool,
) -> RowModes:
    definition = definition_of()
    modes = RowModes()
    modes.unpublished = {}
    when = definition.published_when
    rows = when.rows if when is not None else {}
    for path, field in paths(definition):
        class_ = str(field.class_)
        partly = path.partition(".")[0] in rows and "." in path
        for target, chosen in ((modes, rules), (modes.unpublished, _without_published(rules) if partly else rules)):
            mode = min(
                (
                    max((_rule_mode(definition, rule, path, class_) for rule in matching), default=Mode.HIDE)
                    for matching in chosen
                ),
                default=Mode.HIDE,
            )
            target[path] = leaving_mode(mode, class_, approved=approved) if leaving else mode
    return modes


def _without_published(rules: tuple[tuple[GrantRule, ...], ...]) -> tuple[tuple[GrantRule, ...], ...]:
    return tuple(tuple(rule for rule in matching if rule.scope != "published") for matching in rules)


class _DefinitionKey:
    """A definition as a cache key, by identity: equal ones need not be compared field by field."""

    __slots__ = ("definition",)

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def __call__(self) -> Definition:
        return self.definition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DefinitionKey) and other.definition is self.definition

    def __hash__(self) -> int:
        return id(self.definition)


def modes_in(
    actor: Actor, table: FormTable, action: str, scopes: Collection[str], *, approved: bool = False
) -> RowModes:
    """Return the modes of a row that lies in exactly these *scopes* of the actor."""
    rules = tuple(
        tuple(rule for rule in row_rules(actor, table.resource, letter) if rule.scope in scopes)
        for letter in _needed(action)
    )
    return _modes(_DefinitionKey(table.definition), rules, leaving=action == "E", approved=approved)


def row_modes(
    actor: Actor, table: FormTable, action: str, row: Mapping[str, Any], *, approved: bool = False
) -> RowModes:
    """Return the mode of every field of a row selected by :func:`select_rows` for the same actor and action.

    :param row: the row's mapping, with its flag columns.
    :param approved: an export whose request was approved; else personal data leave masked.
    """
    scopes = scopes_of(actor, table.resource, action)
    inside = {scope for number, scope in enumerate(scopes) if row[f"{FLAG}{number}"]}
    return modes_in(actor, table, action, inside, approved=approved)


def mask_answers(
    definition: Definition,
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
    for field in definition.fields:
        mode = modes[field.key]
        if mode is Mode.HIDE:
            continue
        if field.fields:
            rows = answers.get(field.key) or []
            ids = (published_rows or {}).get(field.key, ())
            visible = (_mask_row(field, row, modes if row.get("_row") in ids else _unpublished(modes)) for row in rows)
            kept = [row for row in visible if row is not None]
            if kept or field.key in answers:
                shown[field.key] = kept
            masked += [
                f"{field.key}.{column.key}"
                for column in field.fields
                if Mode.HIDE < modes[f"{field.key}.{column.key}"] < Mode.PLAIN
            ]
            continue
        if mode is not Mode.PLAIN:
            masked.append(field.key)
        if field.key in answers:
            shown[field.key] = _masked(field, answers[field.key], mode)
    return shown, masked


def _unpublished(modes: RowModes) -> Mapping[str, Mode]:
    return modes.unpublished


def _mask_row(field: Field, row: Mapping[str, Any], modes: Mapping[str, Mode]) -> dict[str, Any] | None:
    """Return a sub-table's row as shown; ``None`` when every column of it is hidden."""
    shown: dict[str, Any] = {"_row": row["_row"]} if "_row" in row else {}
    visible = False
    for column in field.fields:
        mode = modes[f"{field.key}.{column.key}"]
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
