"""A submitted record to look at, and English to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from playwright.sync_api import expect

from app.access.actor import acting_as, actor_for
from app.database import unit_of_work
from app.identity.service import find_user
from app.records import service
from tests.samples import demand

#: Milliseconds in which a page shows what is expected of it; a busy machine takes its time.
expect.set_options(timeout=30_000)

ROOT = Path(__file__).parents[2]
FORM = "labor_demand_survey"


@pytest.fixture(scope="session", autouse=True)
def english():
    """Compile the English texts where ``make`` has not done so."""
    for source in (ROOT / "translations").glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as text, target.open("wb") as compiled:
                write_mo(compiled, read_po(text))


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
