"""The index of a search in Chinese: a side table of bigrams per form, with one document per class of fields.

So what an actor may not see in plain never decides what he finds: each class is looked up only if some field of it
can take part. It is read by :mod:`app.records.lists.words` alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from app.access.query import tagged
from app.database import db
from app.records.lists.bigrams import bigrams
from app.records.projection.columns import ByteText
from forms.definition import Definition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.records.projection.tables import FormTable

#: Classes with a document; what is secret is never searched.
CLASSES = ("public", "internal", "personal")
#: System columns that everyone who sees a row sees.
PUBLIC = ("_serial", "_organization_name")


def on_postgresql() -> bool:
    """Tell whether the index is one of arrays; else it is one of FTS5."""
    return bool(db.engine.dialect.name == "postgresql")


def side_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """Return the side table of a form. On SQLite it is an FTS5 table, whose row ids are made from record ids."""
    if on_postgresql():
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
    if on_postgresql():
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
    if on_postgresql():
        return {"_record": record_id, **pieces}
    return {
        "rowid": row_number(record_id),
        "_record": record_id,
        **{key: " ".join(parts) for key, parts in pieces.items()},
    }


def remove(table: FormTable, record_ids: Sequence[str]) -> None:
    """Take records out of the side table."""
    side = table.search
    if on_postgresql():
        condition = side.c._record.in_(record_ids)
    else:
        condition = side.c.rowid.in_([row_number(record_id) for record_id in record_ids])
    db.session.execute(tagged(sa.delete(side).where(condition), "search index"))


def add(table: FormTable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put projected records into the side table."""
    if rows:
        documents = [document(table, row) for row in rows]
        db.session.execute(tagged(sa.insert(table.search), "search index"), documents)
