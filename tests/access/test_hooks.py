"""The session and the engine: what nobody scoped shows nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, lazyload, registry, relationship, selectinload, subqueryload

from app.access import protected
from app.access.actor import SCOPED_CLASSES, NoActor, acting_as, system_actor
from app.access.hooks import UntaggedStatement
from app.access.parties import NOBODY
from app.access.query import select_rows, tagged
from app.database import db, unit_of_work
from app.errors import NotAllowed
from tests.access.tables import probe, somebody

mapping = registry()
forms = sa.Table(
    "probe_form", mapping.metadata, sa.Column("key", sa.String, primary_key=True), sa.Column("resource", sa.String)
)


@mapping.mapped
class Entry:
    __table__ = sa.Table(
        "probe_entry",
        mapping.metadata,
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("form_key", sa.String),
        sa.Column("organization_id", sa.Integer),
        sa.Column("created_by", sa.Integer),
        sa.Column("region", sa.String),
        sa.Column("text", sa.String),
    )

    def __init__(self, **values):
        for key, value in values.items():
            setattr(self, key, value)


@mapping.mapped
class Part:
    __table__ = sa.Table(
        "probe_part",
        mapping.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("record_id", sa.ForeignKey("probe_entry.id")),
    )
    entry = relationship(Entry, backref="parts")

    def __init__(self, **values):
        for key, value in values.items():
            setattr(self, key, value)


@mapping.mapped
class Closed:
    """Hangs on an entry, and is nobody's to see."""

    __table__ = sa.Table(
        "probe_closed",
        mapping.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("record_id", sa.ForeignKey("probe_entry.id")),
    )
    entry = relationship(Entry, backref="closed")

    def __init__(self, **values):
        for key, value in values.items():
            setattr(self, key, value)


A = somebody("VCU@own", organization=1)
B = somebody("VCU@own", organization=2)
READER = somebody("V@own", organization=1)


@pytest.fixture(autouse=True)
def world(context):
    protected.protect_ledger(Entry, forms=forms, resource_of=lambda _key: "probe", parties=lambda _id: NOBODY)
    protected.protect_parts(Part, Entry)
    protected.protect(
        Closed,
        read=lambda actor: sa.true() if actor.kind == "system" else sa.false(),
        write=lambda actor, _row, _session: actor.kind == "system",
    )
    mapping.metadata.create_all(db.engine)
    with acting_as(system_actor("seeds")), unit_of_work():
        db.session.execute(forms.insert().values(key="f", resource="probe"))
        for number in (1, 2):
            db.session.add(
                Entry(id=f"e{number}", form_key="f", organization_id=number, region="230203", text=f"t{number}")
            )
            db.session.flush()
            db.session.add(Part(record_id=f"e{number}"))
            db.session.add(Closed(record_id=f"e{number}"))
    db.session.expunge_all()
    yield
    db.session.rollback()
    db.session.remove()
    mapping.metadata.drop_all(db.engine)
    for cls in (Entry, Part, Closed):
        del protected.classes[cls]
        SCOPED_CLASSES.discard(cls)
        protected.table_names.discard(cls.__table__.name)


def ids(statement):
    return sorted(db.session.scalars(statement))


DOORS = {
    "select": lambda: ids(sa.select(Entry.id)),
    "entities": lambda: sorted(entry.id for entry in db.session.scalars(sa.select(Entry))),
    "query": lambda: sorted(entry.id for entry in db.session.query(Entry)),
    "alias": lambda: ids(sa.select(aliased(Entry).id)),
    "subquery": lambda: ids(sa.select(sa.select(Entry.id).subquery().c.id)),
    "count": lambda: ["e1", "e2", "e3"][: db.session.scalar(sa.select(sa.func.count()).select_from(Entry))],
    "exists": lambda: ids(sa.select(Entry.id).where(Entry.parts.any())),
    "through a part": lambda: ids(sa.select(Part.record_id)),
    "joined part": lambda: ids(sa.select(Entry.id).join(Part, Part.record_id == Entry.id)),
    "loaded along": lambda: sorted(
        entry.id for entry in db.session.scalars(sa.select(Entry).options(subqueryload(Entry.parts))) if entry.parts
    ),
    "union": lambda: ids(sa.union(sa.select(Entry.id), sa.select(Entry.id))),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_every_orm_door_shows_the_own_rows_alone(door):
    """The same statement for two actors in turn on one warm process: no cache hands one the other's rows."""
    for _ in range(3):
        for actor, own in ((A, ["e1"]), (B, ["e2"])):
            with acting_as(actor):
                if door is DOORS["count"]:
                    assert len(door()) == 1
                else:
                    assert door() == own
            db.session.expunge_all()
    with acting_as(system_actor("rebuild")):
        assert len(door()) == 2


@pytest.mark.parametrize("load", [subqueryload, lazyload])
def test_what_is_loaded_along_is_scoped_by_its_own_rule(load):
    with acting_as(A):
        entry = db.session.scalars(sa.select(Entry).options(load(Entry.closed))).unique().one()
        assert entry.closed == []
    db.session.expunge_all()
    with acting_as(system_actor("rebuild")):
        entries = db.session.scalars(sa.select(Entry).options(load(Entry.closed))).unique().all()
        assert [len(entry.closed) for entry in entries] == [1, 1]


@pytest.mark.parametrize("load", [joinedload, selectinload])
def test_what_is_loaded_past_the_rules_is_refused(load):
    with acting_as(A), pytest.raises(UntaggedStatement):
        db.session.scalars(sa.select(Entry).options(load(Entry.closed))).unique().all()
    with acting_as(A):
        assert db.session.scalars(sa.select(Entry).join(Entry.closed)).all() == []
        assert db.session.scalars(sa.select(Entry).where(~Entry.closed.any())).one().id == "e1"


def test_get_shows_the_own_row_and_no_other():
    with acting_as(A):
        assert db.session.get(Entry, "e2") is None
        assert db.session.get(Entry, "e1").text == "t1"


def test_an_object_read_for_one_actor_is_not_handed_to_the_next():
    with acting_as(A):
        entry = db.session.get(Entry, "e1")
        with acting_as(B):
            assert db.session.get(Entry, "e1") is None
        assert entry.text == "t1"


def test_without_an_actor_everything_raises():
    for door in DOORS.values():
        with pytest.raises(NoActor):
            door()
    with pytest.raises(NoActor), unit_of_work():
        db.session.add(Entry(id="e3", form_key="f", organization_id=1, region="230203"))
    with acting_as(A), unit_of_work():
        db.session.add(Entry(id="e3", form_key="f", organization_id=1, region="230203"))


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(Entry.__table__),
        sa.select(Entry.__table__.c.id),
        sa.text("SELECT id FROM probe_entry"),
        sa.text("SELECT id FROM probe_form, probe_entry"),
        sa.select(forms.c.key).where(forms.c.key.in_(sa.select(Entry.__table__.c.form_key))),
        sa.insert(Entry.__table__).values(id="x"),
        sa.update(Entry.__table__).values(text="x"),
        sa.delete(Part.__table__),
        sa.update(Entry).values(text="x"),
        sa.delete(Part),
        sa.select(sa.func.count()).select_from(Entry.__table__),
        sa.select(Part.id).join(Entry.__table__, Entry.__table__.c.id == Part.record_id),
        sa.select(Part.id).join(Entry.__table__.alias(), sa.true()),
        sa.select(Part.id).where(Part.record_id.in_(sa.select(Entry.__table__.c.id))),
    ],
    ids=str,
)
def test_untagged_statements_are_refused(statement):
    with acting_as(A), pytest.raises(UntaggedStatement):
        db.session.execute(statement)
    with acting_as(A):
        db.session.execute(tagged(statement, "test"))


def test_untagged_driver_sql_is_refused():
    with db.engine.connect() as connection:
        with pytest.raises(UntaggedStatement):
            connection.exec_driver_sql('SELECT * FROM "probe_entry"')
        with pytest.raises(UntaggedStatement):
            connection.exec_driver_sql("CREATE TABLE probe_copy AS SELECT * FROM probe_entry")
        connection.exec_driver_sql("SELECT * FROM probe_form")


def test_the_query_door_passes_and_a_projection_named_otherwise_does_not():
    table = probe()
    with db.engine.begin() as connection:
        table.main.metadata.create_all(connection)
        connection.execute(tagged(table.main.insert().values(_id="1", _organization=1), "test"))
        assert len(connection.execute(select_rows(A, table, "V", columns=["_id"])).all()) == 1
        assert connection.execute(select_rows(B, table, "V", columns=["_id"])).all() == []
        with pytest.raises(UntaggedStatement):
            connection.execute(sa.select(table.main.c._id))
        table.main.metadata.drop_all(connection)


def test_a_flush_writes_where_the_actor_may_and_nowhere_else():
    with acting_as(A), pytest.raises(NotAllowed), unit_of_work():
        db.session.add(Entry(id="x", form_key="f", organization_id=2, region="230203"))
    with acting_as(READER), pytest.raises(NotAllowed), unit_of_work():
        db.session.get(Entry, "e1").text = "changed"
    with acting_as(A), pytest.raises(NotAllowed), unit_of_work():
        db.session.add(Part(record_id="e2"))
    with acting_as(A), unit_of_work():
        db.session.get(Entry, "e1").text = "changed"
        db.session.add(Entry(id="x", form_key="f", organization_id=1, region="230203"))
        db.session.add(Part(record_id="e1"))
    with acting_as(A):
        assert ids(sa.select(Entry.text).where(Entry.id == "e1")) == ["changed"]


def test_rows_of_a_form_nobody_granted_stay_unseen():
    with acting_as(system_actor("seeds")), unit_of_work():
        db.session.execute(forms.insert().values(key="g", resource="other"))
        db.session.add(Entry(id="e9", form_key="g", organization_id=1, region="230203"))
    with acting_as(A):
        assert ids(sa.select(Entry.id)) == ["e1"]
