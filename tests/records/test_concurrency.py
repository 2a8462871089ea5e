"""Twenty at once: nothing is lost, nobody is answered with a 500, and a form may be published meanwhile."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from app.access.query import tagged
from app.database import db
from app.records.models import Record, RecordRevision
from app.records.projection.tables import form_table
from tests.records.doors import DEMAND, change, create, ids, listing, path, read
from tests.records.threads import at_once, sent, twin
from tests.records.zoo import ZOO, definition, of, publish_form
from tests.samples import demand

THREADS = 20
PATIENCE = 240.0


@pytest.fixture(scope="module", autouse=True)
def zoo(app):
    with app.app_context():
        publish_form(definition())


def test_twenty_create_at_once(app, api):
    accounts = [api(name) for name in ("ent_a", "ent_b", "ent_a_clerk", "county_a")]
    calls = []
    for number in range(THREADS):
        answers = {"name": f"同时{number}", "meals": [{"food": "草"}]}
        # The clerk, who is every fourth, may not submit.
        submit = number % 3 == 0 and number % 4 != 2
        calls.append(sent(accounts[number % 4], "POST", path(ZOO), {"answers": answers, "submit": submit}))
    answers = at_once(*calls)
    assert [answer.status_code for answer in answers] == [201] * THREADS
    numbers = {answer.get_json()["id"] for answer in answers}
    assert len(numbers) == THREADS
    with app.app_context():
        record, revision, table = Record.__table__, RecordRevision.__table__, form_table(ZOO)
        for found in (
            sa.select(record.c.id).where(record.c.id.in_(numbers)),
            sa.select(revision.c.record_id).where(revision.c.record_id.in_(numbers)),
            sa.select(table.main.c._id).where(table.main.c._id.in_(numbers)),
            sa.select(table.children["meals"].c._record).where(table.children["meals"].c._record.in_(numbers)),
            sa.select(table.search.c._record).where(table.search.c._record.in_(numbers)),
        ):
            assert sorted(db.session.scalars(tagged(found, "test"))) == sorted(numbers)


def test_twenty_change_one_record(api):
    """Each tries until he is through, as a page would: every change is there in the end, each a revision of its own."""
    ent = api("ent_a")
    saved = create(ent, ZOO, {"count": 0})
    statuses: list[int] = []

    def add_one(client):
        for _ in range(400):
            view = read(client, ZOO, saved)
            body = {"lock_version": view["lock_version"], "answers": {"count": view["answers"]["count"] + 1}}
            answer = client.put(path(ZOO, saved), json=body)
            statuses.append(answer.status_code)
            if answer.status_code == 200:
                return
        pytest.fail("never through")

    at_once(*(lambda client=client: add_one(client) for client in [twin(ent) for _ in range(THREADS)]))
    assert set(statuses) <= {200, 409}
    view = read(ent, ZOO, saved)
    assert (view["answers"]["count"], view["lock_version"]) == (THREADS, THREADS + 1)
    assert ids(
        listing(
            ent,
            ZOO,
            filters=[
                {"field": "count", "op": "eq", "value": THREADS},
                {"field": "_id", "op": "eq", "value": saved["id"]},
            ],
        )
    ) == [saved["id"]]
    revisions = ent.get(path(ZOO, saved, "/revisions")).get_json()
    assert [item["changes"][0]["new"] for item in revisions] == list(range(THREADS + 1))


def test_one_of_many_wins(api):
    ent = api("ent_a")
    saved = create(ent, ZOO, {"name": "一"})
    answers = at_once(
        *(
            sent(ent, "PUT", path(ZOO, saved), {"lock_version": 1, "answers": {"name": f"二{number}"}})
            for number in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    assert read(ent, ZOO, saved)["answers"]["name"] == f"二{winner}"
    for number, answer in enumerate(answers):
        if number != winner:
            assert answer.get_json()["conflicts"] == [{"field": "name", "mine": f"二{number}", "theirs": f"二{winner}"}]


def test_a_step_is_taken_once(api):
    county = api("county_a")
    saved = create(api("ent_a"), DEMAND, demand("一步"), submit=True)
    body = {"lock_version": saved["lock_version"]}
    answers = at_once(*(sent(county, "POST", path(DEMAND, saved, "/actions/approve"), body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(county.get(path(DEMAND, saved, "/revisions")).get_json()) == 2


def test_reading_goes_on_while_others_write(api):
    ent = api("ent_a")
    saved = create(ent, ZOO, {"name": "读"})
    readers = [twin(ent) for _ in range(10)]

    def reading(client):
        found = []
        for _ in range(6):
            found += [client.get(path(ZOO, saved)).status_code, client.get(path(ZOO) + "?q=读&order=-name").status_code]
        return found

    def writing():
        for number in range(10):
            change(ent, ZOO, saved, {"count": number})
        return [200]

    results = at_once(writing, *(lambda client=client: reading(client) for client in readers))
    assert {status for found in results for status in found} == {200}


def test_a_form_is_published_while_it_is_filled(app, api):
    """Writers wait or go before; each record is whole under the one version or the other."""
    ent = api("ent_a")
    raw = definition(key="busy_zoo", serial="BZ")
    with app.app_context():
        publish_form(raw)
    saved = create(ent, "busy_zoo", {"count": 0})
    done = threading.Event()
    failures: list[object] = []
    versions: set[int] = set()

    def fill(client):
        while not done.is_set():
            answer = client.post(path("busy_zoo"), json={"answers": {"name": "忙", "count": 1}, "submit": True})
            if answer.status_code != 201:
                failures.append(answer.get_data(as_text=True)[:500])
            view = client.get(path("busy_zoo", saved)).get_json()
            answer = client.put(
                path("busy_zoo", saved),
                json={"lock_version": view["lock_version"], "answers": {"count": view["answers"]["count"] + 1}},
            )
            if answer.status_code not in {200, 409}:
                failures.append(answer.get_data(as_text=True)[:500])
            page = client.get(path("busy_zoo") + "?page_size=5")
            if page.status_code != 200:
                failures.append(page.get_data(as_text=True)[:500])
            else:
                versions.update(record["form_version"] for record in page.get_json()["records"])

    threads = [threading.Thread(target=fill, args=(twin(ent),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    try:
        for number in range(3):
            raw["sections"][0]["fields"].append(of(f"more_{number}", "text"))
            with app.app_context():
                publish_form(raw)
                db.session.remove()
            # Somebody must have written under it before the next comes.
            while number + 2 not in versions and not failures and time.monotonic() - started < PATIENCE:
                time.sleep(0.05)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert {2, 3, 4} <= versions
    last = create(ent, "busy_zoo", {"more_2": "x"})
    assert read(ent, "busy_zoo", last)["form_version"] == 4
    result = app.test_cli_runner().invoke(args=["records", "rebuild", "busy_zoo"])
    assert "0 条与原先不同" in result.output


def test_a_table_is_rebuilt_while_it_is_filled(app, api):
    ent = api("ent_a")
    done = threading.Event()
    failures: list[object] = []
    written: list[str] = []

    def fill(client):
        while not done.is_set():
            answer = client.post(path(ZOO), json={"answers": {"name": "筑巢"}})
            if answer.status_code == 201:
                written.append(answer.get_json()["id"])
            else:
                failures.append(answer.get_data(as_text=True)[:500])
            page = client.get(path(ZOO) + "?q=筑巢")
            if page.status_code != 200:
                failures.append(page.get_data(as_text=True)[:500])

    threads = [threading.Thread(target=fill, args=(twin(ent),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            result = app.test_cli_runner().invoke(args=["records", "rebuild", ZOO])
            assert "0 条与原先不同" in result.output, result.output
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert listing(ent, ZOO, q="筑巢", count="exact")["count"] == len(written) == len(set(written))
    assert written[-1] in ids(listing(ent, ZOO, q="筑巢", order="-_created_at"))
