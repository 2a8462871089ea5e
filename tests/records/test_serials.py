"""Serial numbers count per organization: nobody learns from his own how many the others have."""

from __future__ import annotations

import re

from app.access.actor import acting_as
from app.builder.catalogue import definition
from app.database import db, unit_of_work
from app.records.writing import bulk, serials
from tests.records.doors import DEMAND, create, path
from tests.records.threads import at_once, sent
from tests.records.zoo import who

SHAPE = re.compile(r"XQ-(\d{6})-(\d{4})-(\d{6})")


def number(record):
    return int(SHAPE.fullmatch(record["serial"])[3])


def test_each_organization_counts_for_itself(api):
    ours = [create(api("ent_a"), DEMAND, {}) for _ in range(3)]
    theirs = [create(api("ent_b"), DEMAND, {}) for _ in range(2)]
    ours += [create(api("ent_a_clerk"), DEMAND, {})]
    assert [number(record) for record in ours] == [1, 2, 3, 4]
    assert [number(record) for record in theirs] == [1, 2]
    assert {SHAPE.fullmatch(record["serial"])[1] for record in ours} == {"230203"}
    assert {SHAPE.fullmatch(record["serial"])[1] for record in theirs} == {"230206"}


def test_what_fails_takes_no_number(api):
    ent = api("ent_b")
    before = number(create(ent, DEMAND, {}))
    assert ent.post(path(DEMAND), json={"answers": {"no_such": 1}}).status_code == 422
    refused = ent.post(path(DEMAND), json={"answers": {}, "submit": True})
    assert refused.status_code == 422
    assert number(refused.get_json()) == before + 1
    assert number(create(ent, DEMAND, {})) == before + 2


def test_no_two_get_the_same(api):
    ent = api("ent_a")
    calls = [sent(ent, "POST", path(DEMAND), {"answers": {}}) for _ in range(10)]
    answers = at_once(*calls)
    assert {answer.status_code for answer in answers} == {201}
    found = sorted(number(answer.get_json()) for answer in answers)
    assert found == list(range(found[0], found[0] + 10))


def test_many_at_once_and_years(app):
    with app.app_context(), acting_as(who("ent_a")) as actor:
        form = definition(DEMAND)
        with unit_of_work():
            assert serials.reserve(form, 4711, "230203", 3, 2031) == [f"XQ-230203-2031-00000{n}" for n in (1, 2, 3)]
            assert serials.reserve(form, 4711, "230203", 1, 2032) == ["XQ-230203-2032-000001"]
            assert serials.reserve(form, 4712, "230203", 1, 2031) == ["XQ-230203-2031-000001"]
        with unit_of_work():
            saved = bulk.create_many(actor, DEMAND, [{}, {}, {}], batch="q" * 26)
        numbers = [int(SHAPE.fullmatch(item.serial)[3]) for item in saved]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        db.session.rollback()
