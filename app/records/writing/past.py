"""Records that come with their past: written as they stand, with the revisions that led there.

For what was not typed in here: demonstration data, and later what another system held. Only the system may do
this. The rules of the form are the caller's affair; the ledger, serial numbers, attachments and the projection
are written as they would have been.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.query import require, tagged
from app.builder.catalogue import definition
from app.database import db, new_id
from app.errors import NotAllowed
from app.records.files import folder
from app.records.models import VOID, File, Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection.tables import form_table
from app.records.writing import claims, parties, serials
from app.records.writing.record import hold_form

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.identity.models import Organization

ORIGIN = "seed"


@dataclass(frozen=True, slots=True)
class Author:
    """Who did something: ``user_id`` where he has an account here."""

    name: str
    role: str = ""
    user_id: int | None = None
    organization: str = ""


@dataclass(frozen=True, slots=True)
class PastRevision:
    """One state of the answers, and who brought it about. ``submits``: it was handed in with this one."""

    state: str
    answers: Mapping[str, Any]
    at: datetime
    author: Author
    verb: str | None = None
    comment: str = ""
    submits: bool = False


@dataclass(frozen=True, slots=True)
class PastFile:
    """An attachment that answers name by *id*."""

    id: str
    field: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PastRecord:
    """A record and what led to it, the oldest revision first."""

    id: str
    organization: Organization
    region: str
    revisions: Sequence[PastRevision]
    files: Sequence[PastFile] = ()
    #: The account that filled it for an organization not its own.
    on_behalf_by: int | None = None

    @property
    def begun(self) -> PastRevision:
        """The first revision."""
        return self.revisions[0]

    @property
    def head(self) -> PastRevision:
        """The revision that holds now."""
        return self.revisions[-1]

    @property
    def submitted_at(self) -> datetime | None:
        """When it was handed in last."""
        return next((item.at for item in reversed(self.revisions) if item.submits), None)


def add(actor: Actor, form_key: str, records: Sequence[PastRecord]) -> dict[str, str]:
    """Write records of one form under its current version; return their serial numbers by id.

    Raises ``NotAllowed`` for anyone but the system, ``NotFound`` for an unknown form, and ``Invalid`` (or SQLAlchemy's
    ``IntegrityError``, among the records given) for a duplicate inside an organization. What collides over the city
    with a record that was there before, or with one before it among those given, is flagged.
    """
    if actor.kind != "system":
        raise NotAllowed
    form = hold_form(form_key)
    require(actor, form.resource, "C")
    if not records:
        return {}
    numbers = _serials(form_key, records)
    version, table = form.no, form_table(form_key)
    rows = [projection.rows_of(table, _entry(version, item, numbers[item.id])) for item in records]
    handed_in = [item.main for item in rows if item.main["_submitted_at"] is not None and item.main["_state"] != VOID]
    for main in handed_in:
        main["_flagged"] = claims.check(table, main)
    claims.flag_among(table, handed_in)
    flags = {projected.main["_id"]: projected.main["_flagged"] for projected in rows}
    _insert(Record, [_record(form_key, version, item, numbers[item.id], flags) for item in records])
    _insert(RecordRevision, [row for item in records for row in _revisions(version, item)])
    _insert(File, [_file(form_key, item, file) for item in records for file in item.files])
    projection.write_rows(table, rows, new=True)
    if table.definition.parties:
        parties.sync(form_key, [_entry(version, item, numbers[item.id]) for item in records])
    for item in records:
        detail = {"form": form_key, "state": item.head.state, "revisions": len(item.revisions)}
        audit.record(actor, "record_loaded", object_type="record", object_id=item.id, detail=detail)
    db.session.flush()
    return numbers


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(tagged(sa.insert(model.__table__), "records with their past"), rows)


def _serials(form_key: str, records: Sequence[PastRecord]) -> dict[str, str]:
    """Return serial numbers in the order in which records were begun, counted as if they had been begun here."""
    form = definition(form_key)
    groups: defaultdict[tuple[int, str, int], list[PastRecord]] = defaultdict(list)
    for item in sorted(records, key=lambda item: item.begun.at):
        groups[item.organization.id, item.region, item.begun.at.astimezone().year].append(item)
    numbers: dict[str, str] = {}
    for (organization_id, region, year), group in groups.items():
        reserved = serials.reserve(form, organization_id, region, len(group), year)
        numbers.update(zip((item.id for item in group), reserved, strict=True))
    return numbers


def _record(form_key: str, version: int, item: PastRecord, serial: str, flags: Mapping[str, bool]) -> dict[str, Any]:
    return {
        "id": item.id,
        "form_key": form_key,
        "serial": serial,
        "organization_id": item.organization.id,
        "region": item.region,
        "state": item.head.state,
        "form_version_no": version,
        "head_no": len(item.revisions),
        "lock_version": len(item.revisions),
        "created_by": item.begun.author.user_id,
        "created_at": item.begun.at,
        "updated_at": item.head.at,
        "submitted_at": item.submitted_at,
        "on_behalf_by": item.on_behalf_by,
        "flagged": flags[item.id],
    }


def _revisions(version: int, item: PastRecord) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(revision.at),
            "record_id": item.id,
            "no": number,
            "form_version_no": version,
            "answers": dict(revision.answers),
            "state": revision.state,
            "origin": ORIGIN,
            "verb": revision.verb,
            "comment": revision.comment or None,
            "author_id": revision.author.user_id,
            "author_name": revision.author.name,
            "author_role": revision.author.role,
            "at": revision.at,
        }
        for number, revision in enumerate(item.revisions, 1)
    ]


def _file(form_key: str, item: PastRecord, file: PastFile) -> dict[str, Any]:
    place = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    target = folder() / place
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(file.content)
    return {
        "id": file.id,
        "form_key": form_key,
        "field": file.field,
        "record_id": item.id,
        "name": file.name,
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "media_type": file.media_type,
        "path": place,
        "uploaded_by": item.begun.author.user_id,
        "organization_id": item.organization.id,
        "at": item.begun.at,
    }


def _entry(version: int, item: PastRecord, serial: str) -> projection.Entry:
    return projection.Entry(
        id=item.id,
        serial=serial,
        state=item.head.state,
        organization_id=item.organization.id,
        organization_name=item.organization.name,
        region=item.region,
        version_no=version,
        lock_version=len(item.revisions),
        created_at=item.begun.at,
        updated_at=item.head.at,
        submitted_at=item.submitted_at,
        created_by=item.begun.author.user_id,
        updated_by=item.head.author.user_id,
        on_behalf=item.on_behalf_by is not None,
        flagged=False,
        batch=None,
        answers=item.head.answers,
    )
