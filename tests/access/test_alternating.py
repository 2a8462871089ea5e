"""Actors of different grants take turns on one warm process, one after the other and all at once."""

from __future__ import annotations

import threading
from itertools import cycle, islice

import pytest

from tests.access.tenants import DEMANDS, TEACHERS, done, live
from tests.conftest import ApiClient, sign_in_client

ACCOUNTS = (
    "ent_a",
    "ent_b",
    "school_a",
    "school_b",
    "county_a",
    "county_b",
    "city_voc",
    "leader",
    "auditor",
    "county_a_emp",
)
LISTS = (f"/forms/{DEMANDS}/records?count=exact", f"/forms/{TEACHERS}/records?count=exact", "/work?limit=200", "/forms")


@pytest.fixture(scope="module")
def both(app):
    """Fill both tenants' sides."""
    live(app, "ent_a", "school_a", "county_a", name="甲", first=0)
    live(app, "ent_b", "school_b", "county_b", name="乙", first=20)


@pytest.fixture(scope="module")
def clients(app, both):
    return {account: ApiClient(app, account) for account in ACCOUNTS}


def seen(client, path):
    """Return what an account is told: status, and what every record shows and hides."""
    response = client.get(path)
    return response.status_code, response.get_data(as_text=True)


@pytest.fixture(scope="module")
def alone(clients):
    """Return what each account sees with nobody else about."""
    return {(account, path): seen(client, path) for account, client in clients.items() for path in LISTS}


def test_the_accounts_do_see_different_things(alone):
    for path in LISTS[:2]:
        answers = {
            alone[account, path]
            for account in ("ent_a", "ent_b", "school_a", "school_b", "county_a", "county_b", "city_voc", "auditor")
        }
        assert len(answers) >= 4, path
    assert alone["county_a_emp", LISTS[1]][0] == 403


def test_one_after_the_other(clients, alone):
    turns = islice(cycle([(account, path) for path in LISTS for account in ACCOUNTS]), 3 * len(alone))
    for account, path in turns:
        assert seen(clients[account], path) == alone[account, path], (account, path)


def test_all_at_once(app, alone):
    """Eight threads, each with an account of its own, by the API and by pages: nobody sees another's answer."""
    wrong, start = [], threading.Barrier(8)

    def run(account):
        try:
            client = ApiClient(app, account)
            web = app.test_client()
            sign_in_client(web, account)
            start.wait(60)
            for _ in range(4):
                wrong.extend((account, path) for path in LISTS if seen(client, path) != alone[account, path])
                page = web.get(f"/records/{DEMANDS}/list")
                other = "乙焊工" if account.endswith("_a") else "甲焊工"
                if account != "city_voc" and other in page.get_data(as_text=True):
                    wrong.append((account, "page"))
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            wrong.append((account, repr(error)))

    threads = [threading.Thread(target=run, args=(account,)) for account in ACCOUNTS[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_writes_at_once_land_where_they_belong(app, clients):
    """Two tenants write while each reads: every record is its writer's, and shows what he wrote."""
    wrong = []

    def run(account, mark):
        try:
            client = ApiClient(app, account)
            for number in range(5):
                text = f"{mark}{number}"
                saved = done(client.post(f"/forms/{DEMANDS}/records", json={"answers": {"filler_name": text}}), 201)
                record = done(client.get(f"/forms/{DEMANDS}/records/{saved['id']}"), 200)
                if record["answers"]["filler_name"] != text:
                    wrong.append((account, text, record))
                rows = done(client.get(f"/forms/{DEMANDS}/records?page_size=200"), 200)["records"]
                if len({row["organization"]["id"] for row in rows}) != 1:
                    wrong.append((account, rows))
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            wrong.append((account, repr(error)))

    threads = [
        threading.Thread(target=run, args=pair)
        for pair in (("ent_a", "甲手"), ("ent_b", "乙手"), ("ent_a_clerk", "甲员"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert "乙手" not in seen(clients["ent_a"], LISTS[0])[1]
    assert "甲手" in seen(clients["ent_a"], LISTS[0])[1]
