"""Column types of projections, and the columns that every projection has."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.database import JsonDocument, UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect

#: Kind of column of a field type that is stored as its canonical JSON.
JSON = "json"


class ByteText(sa.types.TypeDecorator[str]):
    """Text that compares and sorts by its bytes on both databases."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the collation: SQLite compares bytes anyway."""
        return dialect.type_descriptor(sa.Text(collation="C") if dialect.name == "postgresql" else sa.Text())


class Number(sa.types.TypeDecorator[Decimal]):
    """A decimal number: ``numeric`` on PostgreSQL; SQLite has only floats, which keep 15 digits."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column type."""
        return dialect.type_descriptor(sa.Numeric(24, 6) if dialect.name == "postgresql" else sa.Float())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Bind a float on SQLite."""
        return float(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        """Return a decimal number."""
        return value if value is None or isinstance(value, Decimal) else Decimal(repr(value))


TYPES: dict[str, Callable[[], sa.types.TypeEngine[Any]]] = {
    "text": ByteText,
    "integer": sa.BigInteger,
    "numeric": Number,
    "date": sa.Date,
    "bool": sa.Boolean,
    JSON: JsonDocument,
}


def column_type(kind: str) -> sa.types.TypeEngine[Any]:
    """Return the type of a column of a kind."""
    return TYPES[kind]()


def main_columns() -> list[sa.Column[Any]]:
    """Return the system columns of a form's main table: copies of what scoping and listing need."""
    return [
        sa.Column("_id", ByteText, primary_key=True),
        sa.Column("_serial", ByteText, nullable=False),
        sa.Column("_state", ByteText, nullable=False),
        sa.Column("_organization", sa.Integer, nullable=False),
        sa.Column("_organization_name", ByteText, nullable=False),
        sa.Column("_region", ByteText, nullable=False),
        sa.Column("_published", sa.Boolean, nullable=False),
        sa.Column("_published_until", sa.Date),
        sa.Column("_version", sa.Integer, nullable=False),
        sa.Column("_lock", sa.Integer, nullable=False),
        sa.Column("_created_at", UtcDateTime, nullable=False),
        sa.Column("_updated_at", UtcDateTime, nullable=False),
        sa.Column("_submitted_at", UtcDateTime),
        sa.Column("_created_by", sa.Integer),
        sa.Column("_updated_by", sa.Integer),
        sa.Column("_on_behalf", sa.Boolean, nullable=False),
        sa.Column("_flagged", sa.Boolean, nullable=False),
        # The import that a row belongs to while that is not shown yet.
        sa.Column("_batch", ByteText),
        # The campaign that it was filled in.
        sa.Column("_campaign", ByteText),
    ]


def child_columns() -> list[sa.Column[Any]]:
    """Return the system columns of a sub-table's table."""
    return [
        sa.Column("_record", ByteText, primary_key=True),
        sa.Column("_row", ByteText, primary_key=True),
        sa.Column("_position", sa.Integer, nullable=False),
        sa.Column("_published", sa.Boolean, nullable=False),
        sa.Column("_published_until", sa.Date),
    ]


#: What a list can be filtered by though it is no column: attachments that an import could not bring.
ATTACHMENT_DUE = "_attachment_due"
#: What a list can be ordered by besides fields. None of it is a secret: every row in scope shows it.
SYSTEM_ORDER = ("_state", "_region", "_updated_at", "_created_at", "_submitted_at", "_serial", "_organization_name")
#: In whose charge a record is: no column, but what the actor's grants say of the row.
CHARGE, MINE, OTHERS = "_charge", "mine", "others"
#: What a list can be filtered by besides fields.
SYSTEM_FILTERS = (*SYSTEM_ORDER, "_organization", "_id", "_campaign")
