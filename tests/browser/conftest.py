"""A submitted record to look at."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.access.actor import acting_as, actor_for
from app.database import unit_of_work
from app.identity.service import find_user
from app.records import service
from tests.samples import demand

FORM = "labor_demand_survey"


@dataclass(frozen=True)
class Submitted:
    """A record of enterprise A."""

    form: str
    record: str


@pytest.fixture(scope="module")
def submitted(worlds, live):
    with worlds("sqlite").app.app_context():
        actor = actor_for(find_user("ent_a").id)
        with acting_as(actor), unit_of_work():
            saved = service.create(actor, FORM, demand(), submit=True)
        with acting_as(actor), unit_of_work():
            service.create(actor, FORM, demand("电工"))
    return Submitted(FORM, saved.id)
