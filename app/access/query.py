"""The only door to Core statements on tenants' tables: scope in WHERE, hidden cells NULL, tagged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from app.access.hooks import TAG
from app.access.law import KeyColumns, Mode, any_scope, row_rules, scope_sql
from app.access.modes import (
    FLAG,
    FormTable,
    RowModes,
    mask_answers,
    modes_in,
    needed,
    row_modes,
    rule_mode,
    scopes_of,
)
from app.errors import BadRequest, NotAllowed

if TYPE_CHECKING:
    from app.access.actor import Actor
    from forms.definition import Definition

__all__ = [
    "FLAG",
    "FormTable",
    "RowModes",
    "always_plain",
    "mask_answers",
    "modes_in",
    "plain_clause",
    "require",
    "resource_allows",
    "row_modes",
    "scope_branches",
    "scope_clause",
    "scopes_of",
    "select_child_rows",
    "select_rows",
    "tagged",
]

_Tagged = TypeVar("_Tagged", bound=sa.Executable)


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


def _class_of(definition: Definition, path: str) -> str:
    if not definition.has(path):
        raise BadRequest(code="unknown_field")
    return definition.field(path).class_


def _scope_modes(actor: Actor, table: FormTable, letter: str, path: str) -> dict[str, Mode]:
    """Return, by scope, the mode in which the actor's grants for one action show a field."""
    class_ = _class_of(table.definition, path)
    modes: dict[str, Mode] = {}
    for rule in row_rules(actor, table.resource, letter):
        mode = rule_mode(table.definition, rule, path, class_)
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
            for letter in needed(action)
        )
    )


def scope_branches(actor: Actor, table: FormTable, action: str) -> list[sa.ColumnElement[bool]]:
    """Return the same as alternatives, each an equality that an index serves, for a UNION of keyset pages.

    They may overlap: unite by ``_id``. One branch where one suffices, none where the scope is empty.
    """
    keys = KeyColumns.of(table.main)
    letter = needed(action)[-1]
    scopes = sorted({rule.scope for rule in row_rules(actor, table.resource, letter)})
    if "city" in scopes:
        scopes = ["city"]
    branches = [scope_sql(actor, scope, keys) for scope in scopes]
    if action != "E":
        return branches
    view = any_scope(actor, [rule.scope for rule in row_rules(actor, table.resource, "V")], keys)
    return [sa.and_(branch, view) for branch in branches]


def charge_clause(actor: Actor, table: FormTable, action: str) -> sa.ColumnElement[bool] | None:
    """Return the condition of the rows in the actor's charge: in scope, and not only because they are published.

    ``None`` where that tells nothing apart: all rows in scope are in his charge, or none can be.
    """
    scopes = {rule.scope for rule in row_rules(actor, table.resource, needed(action)[-1])}
    if "published" not in scopes or "city" in scopes or scopes == {"published"}:
        return None
    return any_scope(actor, scopes - {"published"}, KeyColumns.of(table.main))


def _shown_clause(
    actor: Actor, table: FormTable, action: str, path: str, at_least: Mode
) -> sa.ColumnElement[bool] | None:
    """Return where a field is shown at least so; ``None``: nowhere."""
    clauses = []
    for letter in needed(action):
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
    for letter in needed(action):
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
    """Return a column, NULL where it is hidden; every statement that selects it keeps to the actor's scope."""
    column = table.column(path)
    shown = (_scope_modes(actor, table, letter, path).values() for letter in needed(action))
    if all(modes and min(modes) > Mode.HIDE for modes in shown):
        return column.label(path)
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
    rules = [[rule.scope for rule in row_rules(actor, table.resource, letter)] for letter in needed(action)]
    condition = sa.and_(*(_clause(actor, table, scopes, subtable) for scopes in rules))
    statement = sa.select(*cells, *_flags(actor, table, action, subtable))
    statement = statement.select_from(child.join(table.main, child.c._record == table.main.c._id))
    return tagged(statement.where(condition), "scoped by access.query")
