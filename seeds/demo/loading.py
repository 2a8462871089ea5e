"""Brings the demo city into the database: what is not there yet, in pieces that a broken-off run goes on from.

A piece is the records of some organizations in one form, in a unit of work of its own. What an organization already
has from here is never loaded again, whatever has become of it since; a form that is through is noted and not looked at
again, so that a later start costs one question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import acting_as, system_actor, today
from app.access.query import tagged
from app.builder import packs
from app.builder import service as builder
from app.database import db, new_id, unit_of_work
from app.identity import service as identity
from app.identity.models import Organization, Post, User
from app.records.models import Record, RecordRevision
from app.records.writing.past import ORIGIN, Author, PastFile
from app.workflow import past
from forms.answers.validation import ATTACHMENTS
from seeds.demo import attachments
from seeds.demo.city import FORMS, build
from seeds.demo.requests import NOTED, load_requests
from seeds.demo.world import words

if TYPE_CHECKING:
    from datetime import date

    from app.access.actor import Actor
    from forms.definition import Definition
    from seeds.demo.city import City
    from seeds.demo.steps import Planned, Step

#: Records of one unit of work; an organization's are never torn apart.
PIECE = 40
#: Messages are sent for the steps of so many days.
ANNOUNCED_DAYS = 14
#: Who stands for steps that the calendar took.
SYSTEM = Author("系统")


@dataclass(frozen=True)
class Stage:
    """Who and what the records speak of: organizations by code, accounts by role and organization.

    ``references``: what those of the generators mean, ``organization:code`` or ``profile:code`` → id.
    """

    organizations: Mapping[str, Organization]
    accounts: Mapping[tuple[str, int], User]
    references: Mapping[str, str]


def load_demo() -> None:
    """Load the demo organizations, records and requests that are not there yet."""
    actor = system_actor("seeds")
    with acting_as(actor):
        finished = packs.all_brought("demo")
        wanted = [form_key for form_key in FORMS if form_key not in finished]
        if wanted:
            day = today()
            city = build(day)
            with unit_of_work():
                _create_organizations(city)
            for form_key in wanted:
                _load_form(actor, form_key, city.of_form(form_key), day)
    if NOTED not in finished:
        load_requests(words()["requests"])


def _create_organizations(city: City) -> None:
    before = packs.all_brought("organization")
    missing = [unit for unit in city.units if unit.code not in before and identity.find_organization(unit.code) is None]
    for unit in missing:
        identity.create_organization(
            code=unit.code, name=unit.name, short_name=unit.short_name, kind=unit.kind, region=unit.region
        )
    packs.note("organization", [unit.code for unit in missing])


def _load_form(actor: Actor, form_key: str, planned: Sequence[Planned], day: date) -> None:
    since = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=ANNOUNCED_DAYS)
    form, stage, present = builder.definition(form_key), _stage(), _present(form_key)
    count = 0
    for piece in _pieces(planned):
        with unit_of_work():
            pasts = [found for item in piece if (found := _past(form, item, stage)) is not None]
            pasts = [item for item in pasts if item.organization.id not in present]
            count += len(past.add(actor, form_key, pasts, announced_since=since))
    with unit_of_work():
        packs.note("demo", [form_key])
        audit.record(actor, "demo_loaded", object_type="form", object_id=form_key, detail={"records": count})


def _present(form_key: str) -> set[int]:
    """Return the organizations whose records of a form have been loaded."""
    record, revision = Record.__table__, RecordRevision.__table__
    statement = (
        sa.select(record.c.organization_id)
        .distinct()
        .join(revision, revision.c.record_id == record.c.id)
        .where(record.c.form_key == form_key, revision.c.no == 1, revision.c.origin == ORIGIN)
    )
    return set(db.session.scalars(tagged(statement, "what the demo has loaded")))


def _stage() -> Stage:
    organizations = {row.code: row for row in db.session.scalars(sa.select(Organization))}
    posts = db.session.execute(
        sa.select(Post.role, Post.organization_id, User)
        .join(User, User.id == Post.user_id)
        .where(User.is_demo, Post.active)
        .order_by(Post.id.desc())
    )
    return Stage(
        organizations,
        {(role, organization_id): user for role, organization_id, user in posts},
        {f"organization:{code}": str(found.id) for code, found in organizations.items()} | _profiles(organizations),
    )


def _profiles(organizations: Mapping[str, Organization]) -> dict[str, str]:
    """Return the profile record of each organization that has one, the newest."""
    keys = [key for key, form in builder.definitions().items() if form.organization is not None]
    table = Record.__table__
    statement = sa.select(table.c.organization_id, table.c.id).where(table.c.form_key.in_(keys)).order_by(table.c.id)
    codes = {organization.id: code for code, organization in organizations.items()}
    rows = db.session.execute(tagged(statement, "profiles that demo records refer to"))
    return {f"profile:{codes[organization_id]}": record_id for organization_id, record_id in rows}


def _pieces(planned: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Yield the records in pieces of whole organizations."""
    piece: list[Planned] = []
    for _, group in groupby(sorted(planned, key=lambda item: item.organization), key=lambda item: item.organization):
        piece += group
        if len(piece) >= PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _past(form: Definition, planned: Planned, stage: Stage) -> past.Past | None:
    """Return the record as the services take it; ``None`` where what it speaks of has another code by now."""
    if planned.organization not in stage.organizations or not _spoken_of(planned.answers) <= set(stage.references):
        return None
    organization = stage.organizations[planned.organization]
    answers, files = _with_files(form, _resolved(planned.answers, stage.references))
    first = planned.steps[0] if planned.steps else None
    author = _author(first, stage) if first is not None and first.role else _filler(form, organization, stage)
    return past.Past(
        organization=organization,
        region=planned.region,
        at=planned.created_at,
        author=author,
        answers=answers,
        steps=[
            past.PastStep(
                step.verb,
                step.at,
                _author(step, stage),
                step.comment,
                [past.PastNote(note.field, note.row, note.text) for note in step.notes],
                _resolved(step.answers, stage.references),
            )
            for step in planned.steps
        ],
        files=files,
        on_behalf_by=author.user_id if author.organization != organization.name else None,
    )


def _author(step: Step, stage: Stage) -> Author:
    """Return who took a step: the demo account in that place, or a clerk of the body without one."""
    if not step.role:
        return SYSTEM
    return _clerk(step.role, stage.organizations[step.organization], stage)


def _filler(form: Definition, organization: Organization, stage: Stage) -> Author:
    """Return who fills a form at an organization."""
    role = next((role for role in form.fill_roles if (role, organization.id) in stage.accounts), "")
    return _clerk(role, organization, stage)


def _clerk(role: str, organization: Organization, stage: Stage) -> Author:
    user = stage.accounts.get((role, organization.id))
    if user is not None:
        return Author(user.get_full_name(), role, user.id, organization.name)
    return Author(f"{organization.short_name or organization.name}经办", role, None, organization.name)


def _spoken_of(value: Any) -> set[str]:
    """Return the references in answers."""
    if isinstance(value, list):
        return {found for item in value for found in _spoken_of(item)}
    if not isinstance(value, Mapping):
        return set()
    if "id" in value:
        return {value["id"]}
    return {found for item in value.values() for found in _spoken_of(item)}


def _resolved(value: Any, references: Mapping[str, str]) -> Any:
    """Return answers with references to what they mean."""
    if isinstance(value, list):
        return [_resolved(item, references) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "id" in value:
        return {**value, "id": references[value["id"]]}
    return {key: _resolved(item, references) for key, item in value.items()}


def _with_files(form: Definition, answers: dict[str, Any]) -> tuple[dict[str, Any], list[PastFile]]:
    """Return answers with new ids for their attachments, and these."""
    files: list[PastFile] = []
    for path, item in form.walk():
        if item.type not in ATTACHMENTS:
            continue
        table, _, key = path.rpartition(".")
        for holder in answers.get(table, []) if table else [answers]:
            ids = holder.get(key)
            if ids:
                image = item.type == "image"
                kept = [
                    _file(path, item.label.zh, number if len(ids) > 1 else 0, image=image)
                    for number in range(1, len(ids) + 1)
                ]
                holder[key] = [file.id for file in kept]
                files += kept
    return answers, files


def _file(path: str, label: str, number: int, *, image: bool) -> PastFile:
    name = label.partition("(")[0].replace("/", "") + (str(number) if number else "")
    if image:
        return PastFile(new_id(), path, f"{name}.png", attachments.PNG, attachments.picture())
    return PastFile(new_id(), path, f"{name}.pdf", attachments.PDF, attachments.page())
