"""A form with one sub-table, its projection tables, and rows: what the law is tried on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.grants import parse_grants
from forms.definition import Definition, Field, PublishedWhen, Section
from forms.labels import Label

FIELDS = (
    Field("public_name", "text", Label("公开"), class_="public"),
    Field("internal_note", "text", Label("内部"), class_="internal"),
    Field("personal_phone", "phone", Label("个人"), class_="personal", mask="phone_m"),
    Field("secret_plan", "text", Label("秘密"), class_="secret"),
    Field(
        "lines",
        "subtable",
        Label("明细"),
        class_="public",
        fields=(
            Field("item", "text", Label("项"), class_="public"),
            Field("contact", "phone", Label("联系人"), class_="personal", mask="phone_m"),
        ),
    ),
)
ROWS_PUBLISHED = PublishedWhen(rows={"lines": None})  # type: ignore[dict-item]
RECORD_PUBLISHED = PublishedWhen(record=object())  # type: ignore[arg-type]


@dataclass
class Probe:
    """The form table that the query door asks for."""

    definition: Definition
    main: sa.Table
    children: Mapping[str, sa.Table]
    resource: str = "probe"

    def column(self, key: str) -> sa.ColumnElement[Any]:
        subtable, _, name = key.rpartition(".")
        return self.children[subtable].c[name] if subtable else self.main.c[name]


@dataclass
class Counter:
    value: int = field(default=0)


_count = Counter()


def probe(published: PublishedWhen | None = None) -> Probe:
    """Return a form table in a metadata of its own."""
    _count.value += 1
    name = f"data_probe_{_count.value}"
    metadata = sa.MetaData()
    shared = [sa.Column("_published", sa.Boolean), sa.Column("_published_until", sa.Date)]
    main = sa.Table(
        name,
        metadata,
        sa.Column("_id", sa.String(26), primary_key=True),
        sa.Column("_organization", sa.Integer),
        sa.Column("_region", sa.String(12)),
        sa.Column("_created_by", sa.Integer),
        *shared,
        *(sa.Column(item.key, sa.Text) for item in FIELDS if not item.fields),
    )
    sa.Table(
        "record_party",
        metadata,
        sa.Column("record_id", sa.String(26)),
        sa.Column("organization_id", sa.Integer),
        sa.Column("kind", sa.String(24)),
        sa.Column("live", sa.Boolean),
    )
    child = sa.Table(
        f"{name}__lines",
        metadata,
        sa.Column("_row", sa.String(16), primary_key=True),
        sa.Column("_record", sa.String(26)),
        sa.Column("_published", sa.Boolean),
        sa.Column("_published_until", sa.Date),
        sa.Column("item", sa.Text),
        sa.Column("contact", sa.Text),
    )
    definition = Definition(
        key=name,
        title=Label("试验"),
        resource="probe",
        sections=(Section("s", Label("一"), None, FIELDS),),
        published_when=published,
    )
    return Probe(definition, main, {"lines": child})


def somebody(grants: str, *, organization: int = 1, region: str = "230203", below: tuple[int, ...] = ()) -> Actor:
    """Return an actor with these grants on the probe."""
    return Actor(
        kind="user",
        user_id=organization,
        name="某人",
        role="some_role",
        organization_id=organization,
        region=region,
        grants=parse_grants("probe", grants),
        organizations=frozenset({organization, *below}),
    )
