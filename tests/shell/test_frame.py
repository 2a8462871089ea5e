"""What frames a page is drawn once and kept, and lists keep their statements: each reader sees his own, at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.access.actor import acting_as
from app.database import db, unit_of_work
from app.records import service
from tests.access.test_standing import elsewhere
from tests.records.zoo import ZOO, definition, publish_form, who

ROOT = Path(__file__).resolve().parents[2]
LIST = f"/records/{ZOO}/list"
DEMANDS = "/records/labor_demand_survey/list"

PUBLISH_IN_ANOTHER_PROCESS = """
from app import create_app
from tests.records.zoo import definition, publish_form
app = create_app()
with app.app_context():
    publish_form(definition(title={"zh": "改名之后", "en": "Renamed"}))
"""


@pytest.fixture(scope="module", autouse=True)
def two(app):
    """Publish a form and write a record of each of two organizations that the same words find."""
    with app.app_context():
        publish_form(definition())
    for account, name in (("ent_a", "共同词甲"), ("ent_b", "共同词乙")):
        with app.app_context(), acting_as(who(account)) as actor, unit_of_work():
            service.create(actor, ZOO, {"name": name})


def page(client, address=LIST):
    response = client.get(address)
    assert response.status_code == 200, response.get_data(as_text=True)[:500]
    return response.get_data(as_text=True)


def hidden_token(text):
    return re.search(r'name="csrf_token" value="([^"]+)"', text)[1]


def test_readers_who_take_turns_see_their_own_frame_and_their_own_rows(app, sign_in):
    clients = {account: sign_in(account) for account in ("ent_a", "ent_b")}
    with app.app_context():
        names = {account: (who(account).name, who(account).organization_name) for account in clients}
    assert names["ent_a"] != names["ent_b"]
    for _ in range(3):
        for mine, others, other in (("ent_a", "ent_b", "共同词乙"), ("ent_b", "ent_a", "共同词甲")):
            for query in ("", "?q=共同词", "?q=共同", "?order=-_updated_at", "?from=end", "?q=共同&size=50"):
                text = page(clients[mine], LIST + query)
                assert all(part in text for part in names[mine])
                assert names[others][1] not in text
                assert other not in text
                assert "共同词" in text


def test_words_of_one_search_are_not_those_of_the_next(sign_in):
    client = sign_in("ent_a")
    for _ in range(3):
        assert "共同词甲" in page(client, f"{LIST}?q=共同")
        assert "共同词甲" not in page(client, f"{LIST}?q=别的")
        assert "共同词甲" in page(client, f"{LIST}?q=词甲")


def test_each_session_has_a_token_of_its_own_that_signs_it_out(app, sign_in):
    first, second = sign_in("ent_a"), sign_in("ent_a")
    mine, yours = (hidden_token(page(client)) for client in (first, second))
    assert mine != yours
    assert first.post("/logout/", data={"csrf_token": yours}).status_code == 400
    assert first.post("/logout/", data={"csrf_token": mine}).status_code == 302
    assert first.get(LIST).status_code == 302
    assert second.get(LIST).status_code == 200


def test_another_language_is_another_frame(sign_in):
    client, other = sign_in("ent_a"), sign_in("ent_a")
    for _ in range(2):
        client.get("/lang/en")
        text = page(client)
        assert "Sign out" in text
        assert "退出登录" not in text
        assert "退出登录" in page(other)
        client.get("/lang/zh")
        assert "退出登录" in page(client)


def test_the_menu_marks_where_one_is(sign_in):
    client = sign_in("ent_a")

    def marked(address):
        return re.findall(r'href="([^"]+)" aria-current="page"', page(client, address).partition("<main")[0])

    for _ in range(2):
        for address in ("/", LIST, DEMANDS, "/jobs/"):
            assert marked(address) == [address]


def test_what_another_process_takes_or_publishes_is_gone_or_there_on_the_next_page(app, sign_in):
    leader, ent = sign_in("leader"), sign_in("ent_a")
    assert DEMANDS in page(leader, "/jobs/")
    elsewhere(app, "take")
    assert DEMANDS not in page(leader, "/jobs/")
    elsewhere(app, "give")
    assert DEMANDS in page(leader, "/jobs/")

    assert "改名之后" not in page(ent, "/jobs/")
    here = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "DATA_DIR": str(app.config["DATA_DIR"])}
    with app.app_context():
        db.session.remove()
    command = [sys.executable, "-c", PUBLISH_IN_ANOTHER_PROCESS]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **here}, check=True, timeout=300)
    assert "改名之后" in page(ent, "/jobs/")
    assert "共同词甲" in page(ent)
