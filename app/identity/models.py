"""Organizations, people, their posts, and what roles may do.

A *post* is user x role x organization x dates. A *grant* is role x resource x actions x row scope x
mode. Both are data; no code knows a role by name.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User as FabUser
from sqlalchemy.orm import Mapped, mapped_column

from app.database import JsonDocument, Model, UtcDateTime, utcnow


class Region(Model):  # type: ignore[misc]
    """An administrative division: the code of the national standard, and its parent's."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.String(64))
    name_en: Mapped[str] = mapped_column(sa.String(96), default="")
    level: Mapped[int] = mapped_column(sa.Integer, default=0)
    parent: Mapped[str | None] = mapped_column(sa.String(12), index=True)


class Organization(Model):  # type: ignore[misc]
    """A bureau, service agency, college or enterprise, under its *managing* region."""

    __tablename__ = "organization"
    __table_args__ = (sa.Index("ix_organization_region_kind", "region", "kind"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    short_name: Mapped[str] = mapped_column(sa.String(64), default="")
    kind: Mapped[str] = mapped_column(sa.String(16))
    region: Mapped[str] = mapped_column(sa.String(12))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    is_city_level: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class BureauUser(FabUser):  # type: ignore[misc]
    """An account: the framework's table with what we need to know besides."""

    mobile: Mapped[str | None] = mapped_column(sa.String(32))
    locale: Mapped[str | None] = mapped_column(sa.String(8))
    must_change_password: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    is_demo: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    organization_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)

    def get_full_name(self) -> str:
        """Return family name and given name without a blank, as Chinese names are written."""
        return f"{self.last_name}{self.first_name}"


#: The account class. Its own name differs from the framework's: relationships there look up "User" by name.
User = BureauUser


class RoleDefinition(Model):  # type: ignore[misc]
    """A role that posts and grants speak of.

    ``managed_by``: roles whose delegated administrators may give it, within their scope; ``None``: those
    whose own grants cover all of its grants.
    """

    __tablename__ = "role_definition"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.String(64))
    name_en: Mapped[str] = mapped_column(sa.String(96), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    managed_by: Mapped[list[str] | None] = mapped_column(JsonDocument)


class Post(Model):  # type: ignore[misc]
    """A user in a role at an organization, from one day to another."""

    __tablename__ = "post"
    __table_args__ = (sa.UniqueConstraint("user_id", "role", "organization_id", name="uq_post"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    role: Mapped[str] = mapped_column(sa.ForeignKey("role_definition.key"))
    organization_id: Mapped[int] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    valid_from: Mapped[date] = mapped_column(sa.Date)
    valid_to: Mapped[date | None] = mapped_column(sa.Date)
    active: Mapped[bool] = mapped_column(sa.Boolean, default=True)


class Resource(Model):  # type: ignore[misc]
    """What grants speak of: a group of forms, or a fixed screen.

    ``anonymous``: of its records nobody sees more than aggregates, whatever the grants say.
    """

    __tablename__ = "resource"

    key: Mapped[str] = mapped_column(sa.String(48), primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.String(64))
    name_en: Mapped[str] = mapped_column(sa.String(96), default="")
    anonymous: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())


class GrantRow(Model):  # type: ignore[misc]
    """A role may do these actions on this resource, on the rows of this scope, in this mode."""

    __tablename__ = "access_grant"
    __table_args__ = (sa.UniqueConstraint("role", "resource", "scope", "mode", name="uq_access_grant"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    role: Mapped[str] = mapped_column(sa.ForeignKey("role_definition.key"), index=True)
    resource: Mapped[str] = mapped_column(sa.String(48))
    actions: Mapped[str] = mapped_column(sa.String(16))
    scope: Mapped[str] = mapped_column(sa.String(16))
    mode: Mapped[str] = mapped_column(sa.String(8), default="")


class AccessStamp(Model):  # type: ignore[misc]
    """One row that counts every change of posts, organizations, roles and grants: what is kept of them is compared."""

    __tablename__ = "access_stamp"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    value: Mapped[int] = mapped_column(sa.Integer, default=0)


class WebSession(Model):  # type: ignore[misc]
    """A signed-in browser or API client. The cookie carries a random secret; here is only its hash."""

    __tablename__ = "web_session"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8), default="web")
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
