"""The query door: the SQL form of the law equals the Python form; hidden cells never arrive."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.access.actor import today
from app.access.grants import MODES, SCOPES, parse_grants
from app.access.law import KeyColumns, Mode, RowKeys, field_mode, row_rules, scope_matches
from app.access.protected import ledger_condition
from app.access.query import (
    always_plain,
    mask_answers,
    plain_clause,
    require,
    row_modes,
    scope_branches,
    scope_clause,
    select_child_rows,
    select_rows,
)
from app.errors import BadRequest, NotAllowed
from tests.access.tables import RECORD_PUBLISHED, ROWS_PUBLISHED, probe, somebody

VALUES = {
    "public_name": "甲",
    "internal_note": "乙",
    "personal_phone": "13912345678",
    "secret_plan": "丁",
}


@pytest.fixture(scope="module")
def engine(backend_name, worlds):
    """Return an engine of its own: in memory, or on the PostgreSQL of the tests."""
    if backend_name == "sqlite":
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    else:
        url = worlds(backend_name).backend.url
        maker = sa.create_engine(url)
        with maker.begin() as connection:
            connection.execute(sa.schema.CreateSchema("law_probe", if_not_exists=True))
        maker.dispose()
        # In a schema of its own: the table of parties has a name that the law knows.
        engine = sa.create_engine(url, connect_args={"options": "-csearch_path=law_probe"})
    yield engine
    engine.dispose()


def filled(engine, table, rows, lines=()):
    table.main.metadata.drop_all(engine)
    table.main.metadata.create_all(engine)
    with engine.begin() as connection:
        for number, row in enumerate(rows):
            connection.execute(
                table.main.insert().values(
                    _id=str(number),
                    _organization=row.organization,
                    _region=row.region,
                    _created_by=row.author,
                    _published=row.published,
                    _published_until=row.published_until,
                    **VALUES,
                )
            )
        party = table.main.metadata.tables["record_party"]
        for number, row in enumerate(rows):
            for kind, live_ones in (("partner", row.parties), ("assigned", row.assignees)):
                for organization in (1, 2, 3):
                    # Whoever is a party no more stands there all the same.
                    values = {"record_id": str(number), "organization_id": organization, "kind": kind}
                    connection.execute(party.insert().values(**values, live=organization in live_ones))
        for number, (record, published) in enumerate(lines):
            connection.execute(
                table.children["lines"]
                .insert()
                .values(
                    _row=f"r{number}",
                    _record=str(record),
                    _published=published,
                    item=f"行{number}",
                    contact="13912345678",
                )
            )
    return table


def run(engine, statement):
    with engine.connect() as connection:
        return connection.execute(statement).mappings().all()


grant = st.builds(
    lambda actions, scope, mode: "".join(sorted(actions)) + f"@{scope}" + (f"[{mode}]" if mode else ""),
    st.sets(st.sampled_from("VEU"), min_size=1),
    st.sampled_from(SCOPES),
    st.sampled_from(MODES),
)
dates = st.sampled_from([None, today() - timedelta(days=1), today(), today() + timedelta(days=1)])
row_keys = st.builds(
    RowKeys,
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([None, "", "230203", "230206"]),
    st.booleans(),
    dates,
    author=st.sampled_from([None, 1, 2]),
    parties=st.frozensets(st.sampled_from([1, 2, 3]), max_size=2),
    assignees=st.frozensets(st.sampled_from([1, 2, 3]), max_size=2),
)
actors = st.builds(
    lambda grants, region, below: somebody("|".join(grants), region=region, below=below),
    st.lists(grant, max_size=4),
    st.sampled_from(["", "230203"]),
    st.sampled_from([(), (2,)]),
)


@given(actors, st.lists(row_keys, max_size=6), st.sampled_from("VEU"), st.sampled_from([None, RECORD_PUBLISHED]))
def test_sql_and_python_agree(engine, actor, rows, action, published):
    table = filled(engine, probe(published), rows)
    needed = ("V", "E") if action == "E" else (action,)
    expected = {
        str(number)
        for number, row in enumerate(rows)
        if all(
            any(scope_matches(actor, rule.scope, row) for rule in row_rules(actor, "probe", letter))
            for letter in needed
        )
    }
    found = run(engine, select_rows(actor, table, action, columns=["_id", *VALUES]))
    assert {row["_id"] for row in found} == expected
    branches = [sa.select(table.main.c._id).where(branch) for branch in scope_branches(actor, table, action)]
    united = {row["_id"] for row in run(engine, sa.union(*branches))} if branches else set()
    assert united == expected
    for row in found:
        keys = rows[int(row["_id"])]
        modes = row_modes(actor, table, action, row)
        for field in table.definition.fields:
            if field.fields:
                continue
            by_action = [
                max(
                    (
                        Mode.HIDE if rule.scope == "published" and published is None else field_mode(rule, field.class_)
                        for rule in row_rules(actor, "probe", letter)
                        if scope_matches(actor, rule.scope, keys)
                    ),
                    default=Mode.HIDE,
                )
                for letter in needed
            ]
            assert (row[field.key] is None) == (min(by_action) is Mode.HIDE)
            if action != "E":
                assert modes[field.key] is by_action[0]
            plain = plain_clause(actor, table, action, field.key)
            ids = set() if plain is None else {r["_id"] for r in run(engine, sa.select(table.main.c._id).where(plain))}
            assert (row["_id"] in ids) == (min(by_action) is Mode.PLAIN)
            if always_plain(actor, table, action, field.key):
                assert min(by_action) is Mode.PLAIN


def test_no_grant_is_no_row_not_every_row(engine):
    table = filled(engine, probe(), [RowKeys(1, "230203")])
    assert len(run(engine, select_rows(somebody("V@own"), table, "V", columns=["_id"]))) == 1
    for text in ("", "C@city", "V@related", "V@self", "V@city[anon]"):
        assert run(engine, select_rows(somebody(text), table, "V", columns=["_id"])) == []
        assert run(engine, sa.select(table.main.c._id).where(scope_clause(somebody(text), table, "V"))) == []


def test_rows_and_columns_are_never_united_separately(engine):
    """Own rows in plain and everybody's rows masked must not make everybody's rows plain."""
    table = filled(engine, probe(), [RowKeys(1, "230203"), RowKeys(9, "230206")])
    actor = somebody("V@own|V@city[m2]")
    own, other = run(engine, select_rows(actor, table, "V", columns=["_id", *VALUES]).order_by(table.main.c._id))
    assert (own["personal_phone"], other["personal_phone"]) == ("13912345678", None)
    assert row_modes(actor, table, "V", own)["internal_note"] is Mode.PLAIN
    assert row_modes(actor, table, "V", other)["internal_note"] is Mode.MASK
    assert not always_plain(actor, table, "V", "personal_phone")
    assert always_plain(actor, table, "V", "public_name")


def test_an_export_needs_both_and_takes_the_lesser(engine):
    table = filled(engine, probe(), [RowKeys(1, "230203"), RowKeys(9, "230203")])
    actor = somebody("V@own[m0]|E@own[m1]|V@region[m1]")
    (row,) = run(engine, select_rows(actor, table, "E", columns=["_id", *VALUES]))
    assert row["_id"] == "0"
    assert row_modes(actor, table, "E", row)["personal_phone"] is Mode.MASK
    assert row_modes(actor, table, "E", row, approved=VALUES)["personal_phone"] is Mode.MASK
    assert row_modes(actor, table, "E", row)["public_name"] is Mode.PLAIN
    assert row["secret_plan"] is None
    assert len(run(engine, select_rows(actor, table, "V", columns=["_id"]))) == 2
    plain = somebody("VE@own")
    (row,) = run(engine, select_rows(plain, table, "E", columns=["_id", *VALUES]))
    assert row_modes(plain, table, "E", row)["personal_phone"] is Mode.MASK
    assert row_modes(plain, table, "E", row, approved=["personal_phone"])["personal_phone"] is Mode.PLAIN
    assert row_modes(plain, table, "E", row, approved=["public_name"])["personal_phone"] is Mode.MASK
    assert row_modes(plain, table, "V", row, approved=VALUES) == row_modes(plain, table, "V", row)


def test_who_sees_a_published_row_sees_nothing_else_of_its_record(engine):
    table = filled(engine, probe(ROWS_PUBLISHED), [RowKeys(9, "230206", published=True)], lines=[(0, True), (0, False)])
    actor = somebody("V@region[m1]|V@published")
    (row,) = run(engine, select_rows(actor, table, "V", columns=["_id", *VALUES]))
    assert [row[key] for key in VALUES] == [None] * 4
    modes = row_modes(actor, table, "V", row)
    lines = run(engine, select_child_rows(actor, table, "lines", "V", columns=["_row", "item", "contact"]))
    assert [line["_row"] for line in lines] == ["r0"]
    answers = {
        **VALUES,
        "lines": [{"_row": "r0", "item": "一", "contact": "13912345678"}, {"_row": "r1", "item": "二"}],
    }
    shown, masked = mask_answers(table, answers, modes, published_rows={"lines": {"r0"}})
    assert [line["item"] for line in shown["lines"]] == ["一"]
    assert set(shown) == {"lines"}
    assert masked == ["lines.contact"]
    assert mask_answers(table, answers, modes)[0] == {"lines": []}
    insider = somebody("V@region[m1]|V@published", region="230206")
    (row,) = run(engine, select_rows(insider, table, "V", columns=["_id", *VALUES]))
    assert row["public_name"] == "甲"
    assert len(run(engine, select_child_rows(insider, table, "lines", "V", columns=["_row"]))) == 2
    shown, _ = mask_answers(table, answers, row_modes(insider, table, "V", row), published_rows={"lines": {"r0"}})
    assert [line["item"] for line in shown["lines"]] == ["一", "二"]


def test_a_filter_on_a_published_column_does_not_reach_the_rows_that_are_not(engine):
    table = filled(engine, probe(ROWS_PUBLISHED), [RowKeys(9, "230206", published=True)], lines=[(0, True), (0, False)])
    child = table.children["lines"]
    where = plain_clause(somebody("V@published"), table, "V", "lines.item")
    found = run(
        engine,
        sa.select(child.c.item).select_from(child.join(table.main, child.c._record == table.main.c._id)).where(where),
    )
    assert [row["item"] for row in found] == ["行0"]


def test_masking_keeps_what_is_plain_and_names_what_is_not():
    table = probe()
    actor = somebody("V@city[m1]")
    modes = row_modes(actor, table, "V", {"_g0": 1})
    shown, masked = mask_answers(SimpleNamespace(definition=table.definition), {**VALUES, "lines": []}, modes)
    assert shown["public_name"] == "甲"
    assert "secret_plan" not in shown
    assert shown["personal_phone"] not in {"13912345678", None}
    assert masked == ["personal_phone", "lines.contact"]


def test_the_stricter_class_of_two_versions_counts():
    loose, strict = probe(), probe()
    fields = tuple(
        field if field.key != "internal_note" else type(field)("internal_note", "text", field.label, class_="secret")
        for field in strict.definition.fields
    )
    section = type(strict.definition.sections[0])("s", loose.definition.title, None, fields)
    strict.definition = type(strict.definition)(
        key="k", title=loose.definition.title, resource="probe", sections=(section,)
    )
    actor = somebody("V@city[m1]")
    assert row_modes(actor, loose, "V", {"_g0": 1})["internal_note"] is Mode.PLAIN
    assert row_modes(actor, strict, "V", {"_g0": 1}, definition=loose.definition)["internal_note"] is Mode.HIDE


def test_unknown_fields_and_missing_rights_are_named():
    table = probe()
    with pytest.raises(BadRequest):
        plain_clause(somebody("V@city"), table, "V", "no_such")
    with pytest.raises(NotAllowed):
        require(somebody("E@city"), "probe", "E")
    require(somebody("VE@city"), "probe", "E")


@given(
    st.lists(st.tuples(st.sampled_from(["probe", "other"]), grant), max_size=4),
    st.lists(st.tuples(st.sampled_from(["f", "g", "h"]), row_keys), max_size=6),
    st.sampled_from("VEU"),
    st.sampled_from(["", "230203"]),
)
def test_the_ledger_follows_the_same_law(engine, grants, rows, action, region):
    """The condition of tables that all forms share: per form its own resource, and none where nothing is granted."""
    metadata = sa.MetaData()
    forms = sa.Table("law_form", metadata, sa.Column("key", sa.String), sa.Column("resource", sa.String))
    ledger = sa.Table(
        "law_ledger",
        metadata,
        sa.Column("id", sa.Integer),
        sa.Column("form", sa.String),
        sa.Column("organization", sa.Integer),
        sa.Column("region", sa.String),
    )
    resources = {"f": "probe", "g": "other", "h": "nobody"}
    actor = dataclasses.replace(
        somebody("", region=region, below=(2,)),
        grants=tuple(rule for resource, text in grants for rule in parse_grants(resource, text)),
    )
    keys = KeyColumns(organization=ledger.c.organization, region=ledger.c.region)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(forms.insert(), [{"key": key, "resource": name} for key, name in resources.items()])
        for number, (form, row) in enumerate(rows):
            connection.execute(
                ledger.insert().values(id=number, form=form, organization=row.organization, region=row.region)
            )
        condition = ledger_condition(actor, action, ledger.c.form, keys, forms)
        found = set(connection.scalars(sa.select(ledger.c.id).where(condition)))
    metadata.drop_all(engine)
    expected = {
        number
        for number, (form, row) in enumerate(rows)
        if any(
            scope_matches(actor, rule.scope, RowKeys(row.organization, row.region))
            for rule in row_rules(actor, resources[form], action)
        )
    }
    assert found == expected
