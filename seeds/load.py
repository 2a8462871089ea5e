"""Brings a solution pack into the database, through the services; running it again changes nothing.

``load_reference`` regions, roles, grants, code lists, workflows, forms; ``load_accounts`` the demo organizations and
accounts. Each commits on its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor, acting_as, system_actor
from app.builder import service as builder
from app.builder.models import Form, FormDraft, FormVersion
from app.builder.publish import publish
from app.database import db, unit_of_work
from app.identity import service as identity
from app.identity.models import Region
from app.notify import service as notify
from seeds.reading import PACK, raw_files, read

ORGANIZATION_KEYS = {"code", "name", "short_name", "kind", "region", "parent", "is_city_level"}
ACCOUNT_KEYS = {"username", "name", "role", "organization", "mobile"}


def load_reference() -> None:
    """Load everything but organizations, accounts and records; publish the forms that changed."""
    actor = system_actor("seeds")
    with acting_as(actor):
        with unit_of_work():
            identity.load_regions(read(PACK / "regions.yaml", {"regions"})["regions"])
            roles = read(PACK / "roles.yaml", {"roles", "resources", "grants"})
            identity.load_roles(roles["roles"])
            identity.load_resources(roles["resources"])
            identity.load_grants(actor, roles["grants"])
            notify.load_messages(read(PACK / "messages.yaml", {"messages"})["messages"])
            for key, raw in raw_files("code_lists").items():
                builder.save_code_list(actor, key, raw)
            for key, raw in raw_files("workflows").items():
                builder.save_workflow(actor, key, raw)
        for key, raw in _in_order(raw_files("forms")):
            load_form(actor, key, raw)


def _in_order(forms: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the forms so that one stands behind those that its reference fields point to."""
    targets = {key: _targets(raw.get("sections") or []) & set(forms) - {key} for key, raw in sorted(forms.items())}
    return [(key, forms[key]) for key in TopologicalSorter(targets).static_order()]


def _targets(sections: Iterable[dict[str, Any]]) -> set[str]:
    """Return the forms that the fields of sections, or the columns of sub-tables, point to."""
    found: set[str] = set()
    for section in sections:
        fields = section.get("fields") or []
        found |= {field["form"] for field in fields if field.get("form")} | _targets(fields)
    return found


def load_form(actor: Actor, key: str, raw: dict[str, Any]) -> None:
    """Publish *raw* as the next version of the form *key* unless it is the published one."""
    with unit_of_work():
        form = db.session.get(Form, key)
        if form is None:
            lock_version = builder.create_form(actor, raw).lock_version
        else:
            version = db.session.get(FormVersion, form.current_version_id) if form.current_version_id else None
            if version is not None and version.definition == raw:
                return
            draft = db.session.get(FormDraft, key)
            lock_version = draft.lock_version if draft else 0
            if draft is None or draft.definition != raw:
                lock_version = builder.save_draft(actor, key, lock_version, raw).lock_version
    publish(actor, key, lock_version=lock_version, note="方案包 / solution pack")


def load_accounts() -> None:
    """Create the demo organizations and accounts that are not there yet."""
    data = read(PACK / "demo" / "accounts.yaml", {"password", "organizations", "accounts"})
    with acting_as(system_actor("seeds")), unit_of_work():
        for row in data["organizations"]:
            _refuse_unknown(row, ORGANIZATION_KEYS)
            if identity.find_organization(row["code"]) is None:
                parent = identity.find_organization(row["parent"]) if row.get("parent") else None
                identity.create_organization(
                    code=row["code"],
                    name=row["name"],
                    short_name=row.get("short_name", ""),
                    kind=row["kind"],
                    region=str(row["region"]),
                    parent_id=parent.id if parent else None,
                    is_city_level=bool(row.get("is_city_level")),
                )
        for row in data["accounts"]:
            _refuse_unknown(row, ACCOUNT_KEYS)
            if identity.find_user(row["username"]) is None:
                organization = identity.find_organization(row["organization"])
                if organization is None:
                    raise ValueError(f"{row['username']}: no organization {row['organization']}")
                user = identity.create_user(
                    username=row["username"],
                    name=row["name"],
                    password=data["password"],
                    organization_id=organization.id,
                    mobile=row.get("mobile"),
                    must_change_password=False,
                    is_demo=True,
                )
                identity.set_posts(user, [(row["role"], organization.id)])


def create_admin(username: str, name: str, password: str, role: str) -> None:
    """Create the first account of a production site: *role* at the city bureau, which is created with it."""
    with acting_as(system_actor("seeds")), unit_of_work():
        city = db.session.scalar(sa.select(Region).where(Region.parent.is_(None)))
        code = f"BUREAU-{city.code}"
        bureau = identity.find_organization(code) or identity.create_organization(
            code=code, name=f"{city.name_zh}人力资源和社会保障局", kind="bureau", region=city.code, is_city_level=True
        )
        user = identity.create_user(
            username=username, name=name, password=password or secrets.token_urlsafe(12), organization_id=bureau.id
        )
        identity.set_posts(user, [(role, bureau.id)])


def _refuse_unknown(row: dict[str, Any], keys: set[str]) -> None:
    if unknown := set(row) - keys:
        raise ValueError(f"unknown keys {sorted(unknown)} in {row}")
