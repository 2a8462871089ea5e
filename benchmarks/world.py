"""The world of the benchmark: the counties and offices of the harness's data, two accounts, one published form."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor, acting_as, system_actor
from app.builder import service as builder
from app.database import db, unit_of_work
from app.identity import service as identity
from app.identity.models import Organization
from forms.files.loading import load_yaml
from seeds.load import load_form

HERE = Path(__file__).resolve().parent
CITY = "430000"
#: Offices of each county; the harness numbers them from 1.
OFFICES = 19


def build(counties: Iterable[tuple[str, str]]) -> None:
    """Load regions, roles, grants, workflow, organizations, accounts and the form; again changes nothing."""
    world = load_yaml(HERE / "world.yaml")
    found = list(counties)
    actor = system_actor("seeds")
    with acting_as(actor):
        with unit_of_work():
            _law(actor, world)
            _places(found)
            _accounts(world["accounts"])
        load_form(actor, "demand", load_yaml(HERE / "demand.yaml"))


def organizations() -> dict[str, tuple[int, str]]:
    """Return id and region of every organization by its code."""
    rows = db.session.execute(sa.select(Organization.code, Organization.id, Organization.region))
    return {row.code: (row.id, row.region) for row in rows}


def _law(actor: Actor, world: dict[str, Any]) -> None:
    identity.load_roles(world["roles"])
    identity.load_resources(world["resources"])
    identity.load_grants(actor, world["grants"])
    builder.save_workflow(actor, world["workflow"]["key"], world["workflow"])


def _places(counties: list[tuple[str, str]]) -> None:
    """Make the city with its bureau, and every county with its bureau and its offices."""
    regions = [{"code": CITY, "name_zh": "全市", "name_en": "City", "level": 1}]
    regions += [{"code": code, "name_zh": name, "level": 2, "parent": CITY} for code, name in counties]
    identity.load_regions(regions)
    if identity.find_organization(CITY) is not None:
        return
    city = identity.create_organization(code=CITY, name="全市人社局", kind="bureau", region=CITY, is_city_level=True)
    for code, name in counties:
        county = identity.create_organization(
            code=code, name=f"{name}人社局", kind="bureau", region=code, parent_id=city.id
        )
        db.session.add_all(
            Organization(
                code=f"{code}{number:03d}",
                name=f"{name}第{number}服务站",
                kind="agency",
                region=code,
                parent_id=county.id,
            )
            for number in range(1, OFFICES + 1)
        )
        db.session.flush()


def _accounts(accounts: list[dict[str, str]]) -> None:
    """Make the accounts that the harness signs in as."""
    for row in accounts:
        if identity.find_user(row["username"]) is not None:
            continue
        organization = identity.find_organization(row["county"] or CITY)
        if organization is None:
            raise ValueError(row["county"])
        user = identity.create_user(
            username=row["username"],
            name=row["username"],
            password=f"{row['username']}-Pass1",
            organization_id=organization.id,
            must_change_password=False,
        )
        identity.set_posts(user, [(row["role"], organization.id)])
