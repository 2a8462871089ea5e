"""What a page costs: a dozen statements at most, whatever the number of rows and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.access.actor import acting_as
from app.database import db, unit_of_work
from app.records import service
from app.records.projection.tables import form_table
from app.records.writing import bulk
from tests.records.doors import DEMAND, TEACHER, ids, listing
from tests.records.zoo import ZOO, definition, publish_form, who
from tests.samples import demand, teacher

MOST = 12
CONTROL = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SET )", re.IGNORECASE)


@contextmanager
def statements(app) -> Iterator[list[str]]:
    """Collect the statements that the block sends to the database."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not CONTROL.match(statement):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def write(app, account, form, answers):
    with app.app_context(), acting_as(who(account)) as actor:
        clean = form_table(form).compiled.clean
        with unit_of_work():
            bulk.create_many(actor, form, [clean(item)[0] for item in answers], batch="n" * 26)
        with unit_of_work():
            bulk.show(actor, form, "n" * 26)


@pytest.fixture(scope="module")
def few(app):
    """Publish a form of many columns and write two records of three forms."""
    with app.app_context():
        publish_form(definition())
    write(app, "ent_a", ZOO, [{"name": "一"}, {"name": "二"}])
    write(app, "ent_a", DEMAND, [demand("一", difficulty="批量招工难"), demand("二")])
    write(app, "school_a", TEACHER, [teacher(1), teacher(2)])


def asked(app, client, address):
    """Return the statements of a request and its answer, once nothing is left to be learned about the forms."""
    assert client.get(address).status_code == 200, address
    with statements(app) as seen:
        response = client.get(address)
    assert response.status_code == 200
    return seen, response.get_data(as_text=True)


WEB = [
    ("ent_a", f"/records/{ZOO}/list"),
    ("ent_a", f"/records/{DEMAND}/list?size=100"),
    ("county_a", f"/records/{DEMAND}/list?size=100&order=_serial"),
    ("county_a", f"/records/{ZOO}/list?size=100&q=批量"),
    ("city_voc", f"/records/{TEACHER}/list?size=100"),
    ("school_a", f"/records/{TEACHER}/list?size=100&q=焊接"),
    ("school_a_clerk", f"/records/{TEACHER}/list?size=100&order=dept_post"),
    ("leader", f"/records/{TEACHER}/list?size=100&from=end"),
]
API = [
    ("ent_a", f"/forms/{ZOO}/records?page_size=200"),
    ("ent_a", f"/forms/{DEMAND}/records?page_size=200&q=批量&count=exact"),
    ("county_a", f"/forms/{DEMAND}/records?page_size=200"),
    ("county_a", f"/forms/{ZOO}/records?page_size=200&order=-_serial&from=end"),
    ("city_voc", f"/forms/{TEACHER}/records?page_size=200&count=exact"),
    ("school_a_clerk", f"/forms/{TEACHER}/records?page_size=200&q=焊接"),
    ("auditor", f"/forms/{TEACHER}/records?page_size=200"),
]


def test_a_page_costs_the_same_however_many_rows(app, api, sign_in, few):
    web = {account: sign_in(account) for account in {account for account, _ in WEB}}
    calls = [(web[account], address) for account, address in WEB]
    calls += [(ApiDoor(api(account)), address) for account, address in API]
    before = [asked(app, client, address) for client, address in calls]
    for number, (seen, _) in enumerate(before):
        assert len(seen) <= MOST, "\n".join([calls[number][1], *seen])
    write(app, "ent_a", ZOO, [{"name": f"批量{number}", "meals": [{"food": "草"}]} for number in range(230)])
    write(app, "ent_a", DEMAND, [demand(f"批量{number}", difficulty="批量招工难") for number in range(230)])
    write(app, "school_a", TEACHER, [teacher(number) for number in range(3, 233)])
    after = [asked(app, client, address) for client, address in calls]
    for number, ((few_seen, _), (many_seen, text)) in enumerate(zip(before, after, strict=True)):
        assert len(many_seen) <= MOST, "\n".join([calls[number][1], *many_seen])
        # A search may look once more, never per row.
        assert len(many_seen) <= len(few_seen) + 1, calls[number][1]
        assert len(text) > 3_000
    assert len(ids(listing(api("ent_a"), ZOO, page_size=200))) == 200


class ApiDoor:
    """An API client that takes whole addresses, as the web client does."""

    def __init__(self, client):
        self.get = client.get


def test_columns_cost_nothing(app, sign_in, few):
    client = sign_in("ent_a")
    narrow, _ = asked(app, client, f"/records/{ZOO}/list")
    every = [item["key"] for item in definition()["sections"][0]["fields"] if item["type"] not in {"subtable", "file"}]
    with app.app_context():
        publish_form(
            definition(
                list={"columns": [*every, "_state", "_updated_at"], "order": "name", "search": ["name", "remark"]}
            )
        )
    wide, text = asked(app, client, f"/records/{ZOO}/list")
    assert len(wide) <= min(MOST, len(narrow))
    assert "owner_phone" in text


def test_one_record_and_its_history_cost_the_same_however_long(app, api, few):
    ent = api("ent_a")
    with app.app_context(), acting_as(who("ent_a")) as actor, unit_of_work():
        saved = service.create(actor, ZOO, {"name": "历"})
    for tail in ("", "/revisions", "/actions"):
        address = f"/forms/{ZOO}/records/{saved.id}{tail}"
        before, _ = asked(app, ent, address)
        assert len(before) <= MOST, "\n".join(before)
    with app.app_context(), acting_as(who("ent_a")) as actor:
        for number in range(2, 12):
            with unit_of_work():
                service.update(actor, ZOO, saved.id, number - 1, {"count": number, "meals": [{"food": "草"}] * number})
    for tail in ("", "/revisions", "/actions"):
        after, _ = asked(app, ent, f"/forms/{ZOO}/records/{saved.id}{tail}")
        assert len(after) <= MOST, "\n".join(after)
