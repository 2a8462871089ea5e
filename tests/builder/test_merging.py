"""Two designers at one draft: different things are both kept, the same thing is asked, nothing is replaced unseen."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.access.tenants import done
from tests.api.test_contract import problem_of
from tests.records.zoo import definition

_made: list[str] = []


@pytest.fixture
def key(api):
    """Return the key of a new form whose draft is at lock version 1."""
    name = f"merged_{len(_made)}"
    _made.append(name)
    done(api("city_admin").post("/forms", json={"definition": definition(key=name)}), 201)
    return name


def titled(key, **texts):
    raw = definition(key=key)
    raw["title"] = {**raw["title"], **texts}
    return raw


def labelled(key, place, label):
    raw = deepcopy(definition(key=key))
    raw["sections"][0]["fields"][place]["label"] = {"zh": label, "en": label}
    return raw


def save(api, key, **body):
    return api("city_admin").put(f"/forms/{key}/draft", json=body)


def test_what_two_changed_in_different_places_is_merged_when_asked_for(api, key):
    done(save(api, key, lock_version=1, definition=labelled(key, 0, "甲")), 200)
    stale = problem_of(save(api, key, lock_version=1, definition=labelled(key, 1, "乙")), 409)
    assert (stale["conflicts"], stale["lock_version"]) == ([], 2)

    found = done(save(api, key, lock_version=1, definition=labelled(key, 1, "乙"), merge=True), 200)
    labels = [field["label"]["zh"] for field in found["definition"]["sections"][0]["fields"][:2]]
    assert labels == ["甲", "乙"]
    assert found["lock_version"] == 3
    assert found["merged"] == ["sections.fields.name"]
    assert done(api("city_admin").get(f"/forms/{key}/draft"), 200)["definition"] == found["definition"]


def test_the_same_attribute_is_asked_and_the_answer_is_taken(api, key):
    done(save(api, key, lock_version=1, definition=titled(key, zh="甲")), 200)
    mine = titled(key, zh="乙")
    for merge in (False, True):
        stale = problem_of(save(api, key, lock_version=1, definition=mine, merge=merge), 409)
        assert stale["conflicts"] == [{"path": "title.zh", "mine": "乙", "theirs": "甲"}]
        assert stale["theirs"]["title"]["zh"] == "甲"
    answers = {"title.zh": "mine"}
    found = done(save(api, key, lock_version=1, definition=mine, merge=True, choices=answers), 200)
    assert found["definition"]["title"]["zh"] == "乙"


def test_a_fresh_save_is_no_merge(api, key):
    assert done(save(api, key, lock_version=1, definition=titled(key, zh="甲"), merge=True), 200) == {"lock_version": 2}
