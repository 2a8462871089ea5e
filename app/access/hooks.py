"""The law on the session and on the engine, so that a forgotten filter shows nothing rather than everything.

- Every ORM query gets the view scope of the present actor for each protected class it touches. The
  conditions are concrete expressions built for this statement: a lambda given to
  ``with_loader_criteria`` is cached, and gave a second actor the rows of the first one.
- Before a flush, every changed protected object must lie where the actor may write.
- The engine refuses a statement that names a protected table and carries no tag: Core statements go
  through :mod:`app.access.query`, which tags what it has scoped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import ORMExecuteState, QueryableAttribute, Session, UOWTransaction
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors

from app.access import protected
from app.access.actor import current_actor
from app.database import db
from app.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection, ExecutionContext

#: Execution option that says why a statement may touch a protected table.
TAG = "tenant_ok"


class UntaggedStatement(RuntimeError):
    """A statement would have read or written tenants' data past the law."""


class ScopeCriteria(LoaderCriteriaOption):
    """``with_loader_criteria`` over a concrete expression that also follows aliases of its class."""

    __slots__ = ()
    # Named again so that statements with this option keep a cache key; two classes never share one.
    _traverse_internals = LoaderCriteriaOption._traverse_internals  # noqa: SLF001

    def _resolve_where_criteria(self, ext_info: Any) -> sa.ColumnElement[bool]:
        criteria = super()._resolve_where_criteria(ext_info)
        if ext_info.is_aliased_class:
            criteria = ext_info._adapter.traverse(criteria)  # noqa: SLF001 - no public way adapts a fixed expression
        return criteria


@dataclass(frozen=True, slots=True, eq=False)
class Scoped:
    """The tag of a statement that the session has scoped: what it may name is what was scoped.

    Anything else came in behind the statement's back: an eager join, which these criteria do not reach.
    """

    tables: frozenset[str]
    criteria: tuple[sa.ColumnElement[bool], ...]

    def covers(self, names: frozenset[str]) -> bool:
        """Tell whether *names* are scoped tables, or tables that the criteria themselves look into."""
        rest = names - self.tables
        return not rest or rest <= {
            element.name
            for criterion in self.criteria
            for element in visitors.iterate(criterion)
            if isinstance(element, sa.TableClause)
        }


def is_protected(name: str) -> bool:
    """Tell whether a table holds tenants' data."""
    return name.startswith(protected.PROJECTION_PREFIX) or name in protected.table_names


def _scope_query(state: ORMExecuteState) -> None:
    if not state.is_select or (TAG in state.execution_options and not state.is_relationship_load):
        return
    mapped, bare = _protected_tables(state.statement)
    if not mapped or bare:
        # Nothing to scope; or a table beside its class, which criteria do not reach: the engine refuses it.
        return
    actor = current_actor()
    if state.is_column_load:
        # Reading an expired object again: loader criteria do not reach it, a plain condition does.
        for mapper in state.all_mappers:
            protection = protected.classes.get(mapper.class_)
            if protection is not None:
                select = cast("sa.Select[Any]", state.statement)
                state.statement = select.where(protection.read(actor))
    criteria = {
        cls: protection.read(actor)
        for cls, protection in protected.classes.items()
        if cls.__table__.name in mapped  # type: ignore[attr-defined]
    }
    state.statement = state.statement.options(
        *(
            ScopeCriteria(cls, criterion, include_aliases=True, propagate_to_loaders=False)
            for cls, criterion in criteria.items()
        )
    )
    state.update_execution_options(**{TAG: Scoped(frozenset(mapped), tuple(criteria.values()))})


def _protected_tables(statement: Any) -> tuple[set[str], set[str]]:
    """Return the protected tables that a statement names through their class, and those it names bare.

    What puts a table into FROM (a column to select, a source, a join) tells by its annotations whether it
    stands for a mapped class. Elsewhere a bare column counts as its class's if the class is there too:
    the session itself looks up by primary key so.
    """
    mapped: set[str] = set()
    bare: set[str] = set()
    loose: set[str] = set()
    registered = {cls.__table__.name for cls in protected.classes}  # type: ignore[attr-defined]
    for element in visitors.iterate(statement):
        if isinstance(element, sa.Select):
            for source, name in _sources(element):
                known = name in registered and "parententity" in source._annotations  # noqa: SLF001 - ORM or Core
                (mapped if known else bare).add(name)
        elif isinstance(element, sa.ColumnClause):
            owner = _table_name(element.table)
            if owner is not None and is_protected(owner):
                loose.add(owner)
    return mapped, bare | (loose - mapped)


def _sources(select: sa.Select[Any]) -> Iterator[tuple[Any, str]]:
    """Yield what puts protected tables into FROM of *select* itself, with the table's name."""
    joined = (_joined(setup[0]) for setup in select._setup_joins)  # noqa: SLF001 - no public list of them
    waiting = [*select._from_obj, *joined, *select._raw_columns]  # noqa: SLF001 - as above
    while waiting:
        source: Any = waiting.pop()
        name = _table_name(source.table if isinstance(source, sa.ColumnClause) else source)
        if name is not None:
            if is_protected(name):
                yield source, name
        elif not isinstance(source, sa.SelectBase):
            waiting.extend(source.get_children())


def _joined(target: Any) -> Any:
    """Return what a join adds to FROM: a table or class, or the class that a relationship leads to."""
    return target.property.entity.__clause_element__() if isinstance(target, QueryableAttribute) else target


def _table_name(source: Any) -> str | None:
    while isinstance(source, sa.sql.expression.AliasedReturnsRows):
        source = source.element
    return source.name if isinstance(source, sa.TableClause) else None


def _guard_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changed: Iterable[Any] = [
        *session.new,
        *session.deleted,
        *(instance for instance in session.dirty if session.is_modified(instance)),
    ]
    for instance in changed:
        protection = protected.classes.get(type(instance))
        if protection is None:
            continue
        with session.no_autoflush:
            if not protection.write(current_actor(), instance, session):
                raise NotAllowed


@lru_cache(maxsize=4096)
def _protected_names(sql: str, *, raw: bool, names: frozenset[str]) -> frozenset[str]:
    """Return the protected tables that *sql* names; *raw* text is searched for the bare words anywhere."""
    alternatives = "|".join([rf"{protected.PROJECTION_PREFIX}\w+", *sorted(map(re.escape, names))])
    if raw:
        return frozenset(re.findall(rf"\b({alternatives})\b", sql, re.IGNORECASE))
    # What SQLAlchemy writes qualifies columns by their table, so a column of the same name is no table.
    table = rf'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?({alternatives})\b|\b({alternatives})"?\.'
    return frozenset(name for found in re.findall(table, sql, re.IGNORECASE) for name in found if name)


_DEFINING = re.compile(r"\s*(?:CREATE|ALTER|DROP|PRAGMA|COMMENT|ANALYZE|VACUUM|REINDEX|SET|LOCK)\b", re.IGNORECASE)
_READS = re.compile(r"\bSELECT\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def _guard_engine(
    _connection: Connection,
    _cursor: object,
    statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,  # noqa: FBT001 - SQLAlchemy calls it so
) -> None:
    options = context.execution_options if context is not None else {}
    tag = options.get(TAG)
    if isinstance(tag, str):
        return
    compiled = context.compiled if context is not None else None
    raw = compiled is None or isinstance(compiled.statement, sa.TextClause)
    names = _protected_names(statement, raw=raw, names=frozenset(protected.table_names))
    if not names or (tag is not None and tag.covers(names)):
        return
    if _DEFINING.match(statement) and not _READS.search(statement):
        return
    if _WRITES.match(statement) and not raw and _flushing():
        return
    raise UntaggedStatement(f"untagged statement on tenants' data: {statement[:200]}")


def _flushing() -> bool:
    # The flush of the session has passed its own guard; nothing else runs on this thread meanwhile.
    return db.session.registry.has() and bool(db.session()._flushing)  # noqa: SLF001 - no public flag


def guard(engine: sa.Engine) -> None:
    """Have *engine* refuse untagged statements."""
    sa.event.listen(engine, "before_cursor_execute", _guard_engine)


sa.event.listen(db.session, "do_orm_execute", _scope_query)
sa.event.listen(db.session, "before_flush", _guard_flush)
