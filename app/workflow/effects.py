"""What a step brings about besides the new state."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.database import db
from app.errors import Conflict, Invalid
from app.identity.models import Organization, Region
from app.records.projection.rows import rename_organization
from forms.answers.problems import Problem
from forms.field_types import get as field_type
from forms.labels import Label

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.workflow.rules import Standing
    from forms.definition import Field
    from forms.workflow import Verb


def effect(verb: Verb, name: str) -> Any:
    """Return what *verb* says about an effect, or ``None``."""
    return next((item[name] for item in verb.effects if name in item), None)


def new_region(actor: Actor, at: Standing, verb: Verb) -> str | None:
    """Carry out what concerns the organization; return the record's new region, or ``None`` if it stays.

    Raises ``Invalid`` for an unknown region and ``Conflict`` for a code that another organization has.
    """
    region: str | None = None
    if effect(verb, "copy_organization"):
        region = _copy_organization(actor, at)
    field = effect(verb, "reassign")
    if field:
        region = _known_region(str(field), at.answers.get(str(field)))
    return region if region != at.region else None


def _known_region(field: str, code: Any) -> str:
    if not isinstance(code, str) or db.session.get(Region, code) is None:
        text = Label("请先填写有效的归属县区", "Fill in a valid managing region first")
        raise Invalid(errors=[Problem(field, None, "region", text)])
    return code


def _copy_organization(actor: Actor, at: Standing) -> str | None:
    """Copy name, code and region of a verified profile to its organization."""
    link = at.definition.organization
    if link is None or link.kind != at.organization.kind:
        return None
    name, code = at.answers.get(link.name), at.answers.get(link.code)
    region = _known_region(link.region, at.answers.get(link.region))
    organization = at.organization
    if code and code != organization.code:
        taken = sa.select(Organization.id).where(Organization.code == code, Organization.id != organization.id)
        if db.session.scalar(taken) is not None:
            raise Conflict(
                Label("另一家单位已使用这个信用代码。", "Another organization has this credit code."), code="code_taken"
            )
        organization.code = code
    renamed = bool(name) and name != organization.name
    organization.name = name or organization.name
    organization.region = region
    db.session.flush()
    if renamed:
        rename_organization(organization.id, organization.name)
    audit.record(actor, "organization_verified", object_type="organization", object_id=organization.id)
    return region


def answers_for_copy(at: Standing) -> dict[str, Any]:
    """Return the answers for a new draft: rows without their ids, attachments left with the original."""
    copied: dict[str, Any] = {}
    for field in at.definition.fields:
        value = at.answers.get(field.key)
        if value is None or not _copied(field):
            continue
        if field.fields and isinstance(value, list):
            kept = {column.key for column in field.fields if _copied(column)}
            value = [{key: cell for key, cell in row.items() if key in kept} for row in value]
        copied[field.key] = deepcopy(value)
    return copied


def _copied(field: Field) -> bool:
    kind = field_type(field.type)
    return not (kind.attachment or kind.computes)
