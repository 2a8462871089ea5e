"""Search in Chinese: a side table of bigrams per form narrows down, LIKE decides, the law limits.

The side table keeps one document per class of fields, so that what an actor may not see in plain never
decides what he finds: a field takes part only on the rows where it is plain to him, and each class is
looked up only if some field of it can take part. It is read by this module alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.access.query import plain_clause, tagged
from app.database import db
from app.records.lists.bigrams import bigrams, folded, runs
from app.records.projection.columns import ByteText
from forms.definition import Definition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.actor import Actor
    from app.records.projection.tables import FormTable

#: Classes with a document; what is secret is never searched.
CLASSES = ("public", "internal", "personal")
#: System columns that everyone who sees a row sees.
PUBLIC = ("_serial", "_organization_name")
#: A term that more rows hold than this is found faster by reading in list order.
DENSE = 2_000
#: So many found rows are named in the statements that follow.
FEW = 200
MAX_TERMS = 6


def _on_postgresql() -> bool:
    return bool(db.engine.dialect.name == "postgresql")


def side_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """Return the side table of a form. On SQLite it is an FTS5 table, whose row ids are made from record ids."""
    if _on_postgresql():
        arrays: list[sa.Column[Any]] = [
            sa.Column(class_, postgresql.ARRAY(sa.Text), nullable=False) for class_ in CLASSES
        ]
        return sa.Table(f"{name}__search", metadata, sa.Column("_record", ByteText, primary_key=True), *arrays)
    texts = [sa.Column(class_, sa.Text) for class_ in CLASSES]
    return sa.Table(
        f"{name}__search",
        metadata,
        sa.Column("rowid", sa.BigInteger, primary_key=True),
        sa.Column("_record", sa.Text),
        *texts,
    )


def side_ddl(table: sa.Table) -> list[str]:
    """Return the statements that create a side table, each harmless when repeated."""
    if _on_postgresql():
        arrays = ", ".join(f"{class_} text[] NOT NULL" for class_ in CLASSES)
        return [
            f'CREATE TABLE IF NOT EXISTS "{table.name}" (_record text COLLATE "C" PRIMARY KEY, {arrays})',
            *(
                f'CREATE INDEX IF NOT EXISTS "{index_name(table.name, class_)}" ON "{table.name}" USING gin ({class_})'
                for class_ in CLASSES
            ),
        ]
    columns = ", ".join(CLASSES)
    # The ascii tokenizer takes every character above 127 as part of a token: a bigram stays whole.
    return [
        f'CREATE VIRTUAL TABLE IF NOT EXISTS "{table.name}" USING fts5(_record UNINDEXED, {columns}, tokenize="ascii")'
    ]


def index_name(table: str, suffix: str) -> str:
    """Return a name for an index that stays within the 63 bytes of PostgreSQL."""
    name = f"ix_{table}_{suffix}"
    return name if len(name) <= 60 else f"ix_{hashlib.sha256(name.encode()).hexdigest()[:32]}_{suffix[:20]}"


def row_number(record_id: str) -> int:
    """Return the number of a record in the FTS5 table, which can be found by number only."""
    return int.from_bytes(hashlib.blake2b(record_id.encode(), digest_size=8).digest()) >> 1


def searched(form: Definition) -> dict[str, str]:
    """Return the searched fields and their classes."""
    keys = [key for key in form.list.search if form.has(key) and "." not in key]
    return {key: form.field(key).class_ for key in keys if form.field(key).class_ in CLASSES}


def document(table: FormTable, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the side table's row of a projected record."""
    texts: dict[str, list[str]] = {class_: [] for class_ in CLASSES}
    texts["public"] += [str(values[name]) for name in PUBLIC]
    for key, class_ in searched(table.definition).items():
        value = values.get(table.text_column(key).name)
        if isinstance(value, str):
            texts[class_].append(value)
    pieces = {
        class_: list(dict.fromkeys(part for text in found for part in bigrams(text))) for class_, found in texts.items()
    }
    record_id = values["_id"]
    if _on_postgresql():
        return {"_record": record_id, **pieces}
    return {
        "rowid": row_number(record_id),
        "_record": record_id,
        **{key: " ".join(parts) for key, parts in pieces.items()},
    }


def remove(table: FormTable, record_ids: Sequence[str]) -> None:
    """Take records out of the side table."""
    side = table.search
    if _on_postgresql():
        condition = side.c._record.in_(record_ids)
    else:
        condition = side.c.rowid.in_([row_number(record_id) for record_id in record_ids])
    db.session.execute(tagged(sa.delete(side).where(condition), "search index"))


def add(table: FormTable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put projected records into the side table."""
    if rows:
        documents = [document(table, row) for row in rows]
        db.session.execute(tagged(sa.insert(table.search), "search index"), documents)


def like(text: str) -> str:
    """Return *text* with the signs of LIKE escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def terms(q: str) -> list[str]:
    """Return the terms of a search: what blanks separate."""
    return list(dict.fromkeys(folded(q).split()))[:MAX_TERMS]


def _looked_up(table: FormTable, term: str, classes: Collection[str]) -> sa.Select[Any] | None:
    """Return the records whose documents hold all bigrams of *term*, or ``None`` where it has none."""
    pieces = bigrams(term)
    if not pieces:
        return None
    side = table.search
    if _on_postgresql():
        wanted = sa.cast(pieces, postgresql.ARRAY(sa.Text))
        condition = sa.or_(*(side.c[class_].contains(wanted) for class_ in sorted(classes)))
    else:
        phrase = " AND ".join(f'"{piece}"' for piece in pieces)
        match = f"{{{' '.join(sorted(classes))}}} : ({phrase})"
        condition = sa.literal_column(f'"{side.name}"').op("MATCH", is_comparison=True)(match)
    return sa.select(side.c._record).where(condition)


def condition(actor: Actor, table: FormTable, action: str, q: str) -> sa.ColumnElement[bool] | None:
    """Return the condition of the rows that hold every term of *q* where the actor sees plain text.

    ``None`` for an empty search.
    """
    open_fields = {
        table.text_column(key): (class_, clause)
        for key, class_ in searched(table.definition).items()
        if (clause := plain_clause(actor, table, action, key)) is not None
    }
    classes = {"public", *(class_ for class_, _ in open_fields.values())}
    found: list[sa.ColumnElement[bool]] = []
    for term in terms(q):
        alternatives = [_holds(table.main.c[name], term) for name in PUBLIC]
        alternatives += [sa.and_(clause, _holds(column, term)) for column, (_, clause) in open_fields.items()]
        found.append(sa.or_(*alternatives))
        narrowed = _narrowed(table, term, classes)
        if narrowed is not None:
            found.append(narrowed)
    return sa.and_(*found) if found else None


def _holds(column: sa.ColumnElement[Any], term: str) -> sa.ColumnElement[bool]:
    """Return the condition that a text holds a term. Folding every text costs several times what comparing it does.

    Between the words of a term any sign will do: brackets and dots are full width in one text and narrow in another.
    """
    pattern = f"%{'%'.join(map(like, runs(term))) or like(term)}%"
    if term.upper() == term.lower():
        return column.like(pattern, escape="\\")
    return column.ilike(pattern, escape="\\")


def _narrowed(table: FormTable, term: str, classes: Collection[str]) -> sa.ColumnElement[bool] | None:
    """Return the condition of the rows among which those with *term* are; ``None`` where nothing is gained by it."""
    looked_up = _looked_up(table, term, classes)
    if looked_up is None:
        return None
    ids = db.session.scalars(tagged(looked_up.limit(DENSE), "search index")).all()
    if len(ids) >= DENSE:
        return None
    key = table.main.c._id
    # Few are named outright: rows and count then need no second and third look into the index.
    return key.in_(ids) if len(ids) <= FEW else key.in_(looked_up)
