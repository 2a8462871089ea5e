"""Brings a solution pack into the database, through the services; running it again changes nothing.

``load_reference`` regions, roles, grants, code lists, workflows, forms; ``load_accounts`` the demo organizations and
accounts. Each commits on its own.

What was changed here stays: a part of the pack is loaded only when it is new or the pack has another content than
last time, and a form, code list or workflow that somebody has edited is left to him even then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from graphlib import TopologicalSorter
from typing import Any

import sqlalchemy as sa

from app import audit
from app.access.actor import Actor, acting_as, system_actor
from app.builder import packs
from app.builder import service as builder
from app.builder.creating.pack_templates import load_templates
from app.builder.locking import set_core
from app.builder.models import CodeListRow, Form, FormDraft, FormVersion, WorkflowRow
from app.builder.publishing.publish import publish
from app.database import db, unit_of_work
from app.errors import Invalid
from app.identity import service as identity
from app.identity.models import Region, RoleDefinition, User
from app.identity.passwords import check_strength
from app.notify import service as notify
from forms.labels import Label
from seeds.reading import PACK, fingerprint, raw_files, read

ORGANIZATION_KEYS = {"code", "name", "short_name", "kind", "region", "parent", "is_city_level"}
ACCOUNT_KEYS = {"username", "name", "role", "organization", "mobile"}


def load_reference() -> list[str]:
    """Load everything but organizations, accounts and records; publish what is new of the forms to begin with.

    Returns what was left alone, although the pack has changed, because it was edited here.
    """
    actor, whole = system_actor("seeds"), fingerprint()
    with acting_as(actor):
        if not packs.is_news("pack", "files", whole):
            return []
        with unit_of_work():
            _load_identity(actor)
            kept = _load_definitions(actor)
        forms = raw_files("forms")
        pack = read(PACK / "pack.yaml", {"published", "core"})
        for key, raw in _in_order({key: forms[key] for key in pack["published"]}):
            with unit_of_work():
                set_core(key, pack["core"].get(key, []))
                kept += load_form(actor, key, raw)
                set_core(key, pack["core"].get(key, []))
        with unit_of_work():
            load_templates({key: raw for key, raw in forms.items() if key not in pack["published"]})
        if not kept:
            with unit_of_work():
                packs.note("pack", ["files"], whole)
    return kept


def _load_identity(actor: Actor) -> None:
    regions = read(PACK / "regions.yaml", {"regions"})["regions"]
    roles = read(PACK / "roles.yaml", {"roles", "resources", "grants"})
    messages = read(PACK / "messages.yaml", {"messages"})["messages"]
    _when_new("pack", "regions", regions, identity.load_regions)
    _when_new("pack", "roles", roles["roles"], identity.load_roles)
    _when_new("pack", "resources", roles["resources"], identity.load_resources)
    _when_new("pack", "messages", messages, notify.load_messages)
    for role, grants in roles["grants"].items():
        load = partial(identity.load_grants, actor, resources=set(roles["resources"]))
        _when_new("grants", role, {role: grants}, load)


def _when_new(kind: str, key: str, content: Any, load: Callable[[Any], object]) -> None:
    if packs.is_news(kind, key, content):
        load(content)
        packs.note(kind, [key], content)


def _load_definitions(actor: Actor) -> list[str]:
    """Load code lists and workflows; return those that were left alone."""
    kept: list[str] = []
    for key, raw in raw_files("code_lists").items():
        found = db.session.get(CodeListRow, key)
        if _is_ours("code_list", key, raw, found.items if found else None, kept):
            builder.save_code_list(actor, key, raw)
            packs.note("code_list", [key], raw)
    for key, raw in raw_files("workflows").items():
        flow = db.session.get(WorkflowRow, key)
        if _is_ours("workflow", key, raw, flow.definition if flow else None, kept):
            builder.save_workflow(actor, key, raw)
            packs.note("workflow", [key], raw)
    return kept


def _is_ours(kind: str, key: str, raw: Any, present: Any, kept: list[str]) -> bool:
    """Tell whether to load *raw* over *present*; what was edited here is added to *kept*."""
    if not packs.is_news(kind, key, raw):
        return False
    if present is not None and present != raw and packs.changed_here(kind, key, present):
        kept.append(f"{kind}: {key}")
        return False
    return True


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


def load_form(actor: Actor, key: str, raw: dict[str, Any]) -> list[str]:
    """Publish *raw* as the next version of the form *key*, unless it was before or the form was edited here."""
    kept: list[str] = []
    form, draft = db.session.get(Form, key), db.session.get(FormDraft, key)
    version = db.session.get(FormVersion, form.current_version_id) if form and form.current_version_id else None
    published = version.definition if version is not None else None
    # Somebody is at work on it where his draft is neither what is published nor what the pack brings.
    at_work = draft is not None and draft.definition not in (published, raw)
    present = draft.definition if draft is not None and at_work else published
    if not _is_ours("form", key, raw, present, kept):
        return kept
    packs.note("form", [key], raw)
    if published == raw:
        return kept
    if draft is None:
        draft = builder.create_form(actor, raw)
    elif draft.definition != raw:
        draft = builder.save_draft(actor, key, draft.lock_version, raw)
    publish(actor, key, lock_version=draft.lock_version, note="方案包")
    return kept


def is_real_site() -> bool:
    """Tell whether people have accounts here and the demo was never loaded: its password is known to everybody."""
    return not packs.all_brought("account") and db.session.scalar(sa.select(User.id).limit(1)) is not None


def load_accounts() -> None:
    """Create the demo organizations and accounts that were never there."""
    data = read(PACK / "demo" / "accounts.yaml", {"password", "organizations", "accounts"})
    with acting_as(system_actor("seeds")), unit_of_work():
        before = packs.all_brought("organization") | packs.all_brought("account")
        for row in data["organizations"]:
            _refuse_unknown(row, ORGANIZATION_KEYS)
            if row["code"] not in before and identity.find_organization(row["code"]) is None:
                _create_organization(row)
        for row in data["accounts"]:
            _refuse_unknown(row, ACCOUNT_KEYS)
            if row["username"] not in before and identity.find_user(row["username"]) is None:
                _create_account(row, data["password"])
        packs.note("organization", [row["code"] for row in data["organizations"] if row["code"] not in before])
        packs.note("account", [row["username"] for row in data["accounts"] if row["username"] not in before])


def _create_organization(row: dict[str, Any]) -> None:
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


def _create_account(row: dict[str, Any], password: str) -> None:
    organization = identity.find_organization(row["organization"])
    if organization is None:
        raise ValueError(f"{row['username']}: no organization {row['organization']}")
    user = identity.create_user(
        username=row["username"],
        name=row["name"],
        password=password,
        organization_id=organization.id,
        mobile=row.get("mobile"),
        must_change_password=False,
        is_demo=True,
    )
    identity.set_posts(user, [(row["role"], organization.id)])


def create_admin(username: str, name: str, password: str, role: str) -> None:
    """Create the first account of a production site: *role* at the city bureau, which is created with it.

    Raises ``Invalid`` for a weak password, a name that is taken, an unknown role, and where nothing was loaded yet.
    """
    check_strength(password, username)
    actor = system_actor("seeds")
    with acting_as(actor), unit_of_work():
        city = db.session.scalar(sa.select(Region).where(Region.parent.is_(None)))
        if city is None or db.session.get(RoleDefinition, role) is None:
            raise Invalid(
                Label(f"没有角色“{role}”，请先运行 flask init", f"There is no role {role!r}; run flask init first"),
                code="role",
            )
        code = f"BUREAU-{city.code}"
        bureau = identity.find_organization(code) or identity.create_organization(
            code=code, name=f"{city.name_zh}人力资源和社会保障局", kind="bureau", region=city.code, is_city_level=True
        )
        user = identity.create_user(username=username, name=name, password=password, organization_id=bureau.id)
        identity.set_posts(user, [(role, bureau.id)])
        audit.record(actor, "user_created", object_type="user", object_id=user.id, detail={"role": role})


def _refuse_unknown(row: dict[str, Any], keys: set[str]) -> None:
    if unknown := set(row) - keys:
        raise ValueError(f"unknown keys {sorted(unknown)} in {row}")
