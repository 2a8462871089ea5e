"""Organizations, accounts, posts, roles: find, create, load, administer.

Nothing here commits. What a delegated administrator may do is decided in :mod:`app.identity.delegation`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import Actor, today, valid_posts
from app.access.grants import WRITTEN_ORDER, parse_grants
from app.database import db
from app.errors import Invalid, NotFound
from app.identity.models import GrantRow, Organization, Post, Region, Resource, RoleDefinition, User
from app.identity.passwords import hashed
from app.identity.sessions import revoke_user
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

_USERNAME = re.compile(r"[\w.@-]{2,64}")
KINDS = ("bureau", "agency", "college", "enterprise")


def find_organization(code: str) -> Organization | None:
    """Return the organization of a credit or bureau code."""
    found: Organization | None = db.session.scalar(sa.select(Organization).where(Organization.code == code))
    return found


def organization_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of organizations by id."""
    statement = sa.select(Organization.id, Organization.name).where(Organization.id.in_(sorted(ids)))
    return {row.id: row.name for row in db.session.execute(statement)}


def find_user(username: str) -> User | None:
    """Return the account of a name."""
    found: User | None = db.session.scalar(sa.select(User).where(User.username == username))
    return found


def find_region(code: str) -> Region | None:
    """Return the region of a code."""
    found: Region | None = db.session.get(Region, code)
    return found


def regions() -> Sequence[Region]:
    """Return every region, by code."""
    found: Sequence[Region] = db.session.scalars(sa.select(Region).order_by(Region.code)).all()
    return found


def create_organization(
    *,
    code: str,
    name: str,
    kind: str,
    region: str,
    short_name: str = "",
    parent_id: int | None = None,
    is_city_level: bool = False,
) -> Organization:
    """Return the organization of *code*, created or brought to these values. Raises ``Invalid`` for an unknown kind."""
    if kind not in KINDS:
        raise Invalid(Label(f"单位类别无效：{kind}", f"Unknown kind of organization: {kind}"), code="organization_kind")
    organization = find_organization(code) or Organization(code=code)
    organization.name = name
    organization.kind = kind
    organization.region = region
    organization.short_name = short_name
    organization.parent_id = parent_id
    organization.is_city_level = is_city_level
    db.session.add(organization)
    db.session.flush()
    return organization


def create_user(
    *,
    username: str,
    name: str,
    password: str,
    organization_id: int | None,
    mobile: str | None = None,
    email: str | None = None,
    must_change_password: bool = True,
    is_demo: bool = False,
) -> User:
    """Return a new account. Raises ``Invalid`` when the user name is taken, or holds blanks or signs nobody sees."""
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            Label(
                "用户名为 2 至 64 个字母、数字或 . _ - @，不含空格。",
                "A user name has 2 to 64 letters, digits or . _ - @, and no blanks.",
            ),
            code="username",
        )
    if db.session.scalar(sa.select(User.id).where(sa.func.lower(User.username) == username.lower())) is not None:
        raise Invalid(Label("用户名已被使用。", "The user name is taken."), code="username_taken")
    user = User(
        username=username,
        # One name, not two: Chinese names are not split for the framework's sake.
        last_name=name,
        first_name="",
        # The framework wants an address; nothing is ever sent to this one.
        email=email or f"{username}@invalid",
        password=hashed(password),
        active=True,
        mobile=mobile,
        organization_id=organization_id,
        must_change_password=must_change_password,
        is_demo=is_demo,
    )
    db.session.add(user)
    db.session.flush()
    return user


def set_posts(user: User, posts: Iterable[tuple[str, int] | tuple[str, int, date, date | None]]) -> None:
    """Give *user* exactly these posts: ``(role, organization id[, from, to])``; a change ends his sessions."""
    wanted: dict[tuple[str, int], tuple[date, date | None]] = {}
    for role, organization_id, *dates in posts:
        first, last = (dates[0], dates[1]) if dates else (None, None)
        wanted[role, organization_id] = (first or today(), last)
    changed = False
    for post in db.session.scalars(sa.select(Post).where(Post.user_id == user.id)):
        key = (post.role, post.organization_id)
        if key not in wanted:
            changed = changed or post.active
            post.active = False
            continue
        first, last = wanted.pop(key)
        if not post.active or post.valid_to != last:
            post.active, post.valid_from, post.valid_to, changed = True, first, last, True
    for (role, organization_id), (first, last) in wanted.items():
        db.session.add(
            Post(user_id=user.id, role=role, organization_id=organization_id, valid_from=first, valid_to=last)
        )
        changed = True
    db.session.flush()
    if changed:
        revoke_user(user.id)


def set_active(user: User, *, active: bool) -> None:
    """Let an account sign in or not; its sessions end with the right to."""
    user.active = active
    if not active:
        revoke_user(user.id)


def identities(user_id: int) -> list[dict[str, Any]]:
    """Return the posts that a user can switch between."""
    roles = {role.key: role for role in db.session.scalars(sa.select(RoleDefinition))}
    return [
        {
            "post_id": post.id,
            "role": post.role,
            "role_zh": roles[post.role].name_zh,
            "role_en": roles[post.role].name_en or roles[post.role].name_zh,
            "organization": organization.name,
        }
        for post, organization in db.session.execute(valid_posts(user_id))
    ]


def role_label(key: str) -> Label:
    """Return the name of a role; the key itself for an unknown one."""
    role = db.session.get(RoleDefinition, key)
    return Label(role.name_zh, role.name_en) if role is not None else Label(key)


def load_regions(rows: Iterable[Mapping[str, Any]]) -> None:
    """Create or update regions: ``code, name_zh, name_en, level, parent``."""
    for row in rows:
        region = db.session.get(Region, str(row["code"])) or Region(code=str(row["code"]))
        region.name_zh = row["name_zh"]
        region.name_en = row.get("name_en") or ""
        region.level = int(row.get("level") or 0)
        region.parent = str(row["parent"]) if row.get("parent") else None
        db.session.add(region)
    db.session.flush()


def load_roles(roles: Mapping[str, Mapping[str, Any]]) -> None:
    """Create or update roles: ``{key: {zh, en, note, managed_by}}``."""
    for key, value in roles.items():
        role = db.session.get(RoleDefinition, key) or RoleDefinition(key=key)
        role.name_zh = value["zh"]
        role.name_en = value.get("en") or ""
        role.note = (value.get("note") or "")[:200]
        role.managed_by = list(value["managed_by"]) if value.get("managed_by") is not None else None
        db.session.add(role)
    db.session.flush()


def load_resources(resources: Mapping[str, Mapping[str, Any]]) -> None:
    """Create or update resources: ``{key: {zh, en, anonymous}}``.

    Raises ``ValueError`` for one that would no longer be anonymous: what was promised to those who filled stays true.
    """
    for key, value in resources.items():
        resource = db.session.get(Resource, key) or Resource(key=key)
        resource.name_zh = value["zh"]
        resource.name_en = value.get("en") or ""
        if resource.anonymous and not value.get("anonymous"):
            raise ValueError(f"the resource {key!r} was anonymous and has to stay so")
        resource.anonymous = bool(value.get("anonymous"))
        db.session.add(resource)
    db.session.flush()


def load_grants(
    actor: Actor, grants: Mapping[str, Mapping[str, str]], resources: Collection[str] | None = None
) -> None:
    """Make the grants of each role named exactly these: ``{role: {resource: "VCU@own[m0]|V@published"}}``.

    :param resources: those that are spoken of; grants on others, which were opened here, stay. ``None``: all are.

    Raises ``ValueError`` for a grant that cannot be understood, before anything is changed. A change is audited.
    """
    parsed = {
        role: [rule for resource, text in table.items() for rule in parse_grants(resource, text)]
        for role, table in grants.items()
    }
    for role, rules in parsed.items():
        wanted: dict[tuple[str, str, str], set[str]] = {}
        for rule in rules:
            wanted.setdefault((rule.resource, rule.scope, rule.mode), set()).update(rule.actions)
        changed = []
        for row in db.session.scalars(sa.select(GrantRow).where(GrantRow.role == role)):
            if resources is not None and row.resource not in resources:
                continue
            actions = wanted.pop((row.resource, row.scope, row.mode), None)
            if actions is None:
                changed.append(row.resource)
                db.session.delete(row)
            elif actions != set(row.actions):
                changed.append(row.resource)
                row.actions = _in_order(actions)
        for (resource, scope, mode), actions in wanted.items():
            changed.append(resource)
            db.session.add(GrantRow(role=role, resource=resource, actions=_in_order(actions), scope=scope, mode=mode))
        db.session.flush()
        if changed:
            detail = {"resources": sorted(set(changed))}
            audit.record(actor, "grants_changed", object_type="role", object_id=role, detail=detail)


def _in_order(actions: set[str]) -> str:
    return "".join(action for action in WRITTEN_ORDER if action in actions)


def adopt_profile(actor: Actor, organization_id: int, *, name: str, code: str, region: str) -> Organization:
    """Copy a verified profile onto its organization: name, code, managing region.

    Raises ``NotFound`` for an unknown organization, ``Invalid`` when another one already has the code.
    """
    organization: Organization | None = db.session.get(Organization, organization_id)
    if organization is None:
        raise NotFound
    other = find_organization(code)
    if other is not None and other.id != organization_id:
        raise Invalid(
            Label("该信用代码已属于另一单位，请先核对。", "Another organization has this code; compare first."),
            code="organization_code_taken",
        )
    before = {"code": organization.code, "region": organization.region}
    organization.name, organization.code, organization.region = name, code, region
    db.session.flush()
    audit.record(
        actor, "organization_updated", object_type="organization", object_id=organization_id, detail={"before": before}
    )
    return organization
