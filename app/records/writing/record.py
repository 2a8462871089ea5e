"""Writing one record: a new revision, the record's shell and its projection, all in one unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.access import protected
from app.access.actor import current_actor
from app.access.query import tagged
from app.builder.catalogue import compiled, forget, head, workflow_of
from app.builder.models import Form
from app.database import db, new_id, utcnow
from app.errors import NotAllowed, NotFound
from app.identity.models import Organization
from app.records.hooks import campaign_over, note_visit
from app.records.models import VOID, Record, RecordRevision
from app.records.projection import rows as projection
from app.records.projection import together
from app.records.projection.rows import Entry
from app.records.projection.tables import FormTable, form_table
from app.records.projection.together import Part
from app.records.reading.record import heads
from app.records.versions import quarantine
from app.records.writing import claims, parties, serials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.builder.catalogue import FormHead
    from app.records.hooks import Filing, Step
    from app.records.projection.rows import Rows
    from forms.answers.problems import Problem
    from forms.compiled import CompiledForm
    from forms.definition import Definition


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written; ``receipt`` names the revision.

    ``problems``: why the draft could not be submitted at once. ``warnings``: what its author should look at again.
    """

    id: str
    serial: str
    state: str
    lock_version: int
    receipt: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Draft:
    """A record that is about to be written for the first time."""

    id: str
    serial: str
    organization: Organization
    compiled: CompiledForm
    answers: dict[str, Any]
    on_behalf: bool
    #: The version that it is filled under.
    version_no: int
    #: The campaign that it is filled in.
    campaign: str | None = None
    #: Paths of what its author has not typed himself and will not see in plain: no message may tell of it.
    masked: frozenset[str] = frozenset()


@dataclass(slots=True)
class Held:
    """A record that is about to be changed, locked until the unit of work ends."""

    record: Record
    answers: dict[str, Any]
    organization: Organization
    compiled: CompiledForm
    #: The version that it is about to be written under, if that is another one.
    version_no: int | None = None

    @property
    def definition(self) -> Definition:
        """The version that the record was filled under."""
        return self.compiled.definition


_form = Form.__table__
#: Put together once; it takes ``form_key``.
_PRESENT = (
    sa.select(_form.c.current_no)
    .where(_form.c.key == sa.bindparam("form_key"))
    .with_for_update(read=True, key_share=True)
)


def hold_form(form_key: str) -> FormHead:
    """Return the form's present version, which no publication changes until the unit of work ends.

    Called before anything of the form is read: who has read and then waits for a publication keeps it waiting, too.
    Raises ``NotFound``. SQLite has one writer anyway.
    """
    if db.engine.dialect.name == "postgresql":
        number = db.session.scalar(_PRESENT, {"form_key": form_key})
        if number is not None and number != head(form_key).no:
            forget()
    return head(form_key)


def initial_state(form: Definition) -> str:
    """Return the state of a new record."""
    flow = workflow_of(form)
    return flow.initial if flow is not None else "draft"


def open_states(form: Definition) -> frozenset[str]:
    """Return the states from which one submits."""
    flow = workflow_of(form)
    if flow is None:
        return frozenset({initial_state(form)})
    return frozenset(state for verb in flow.verbs if verb.kind == "submit" for state in verb.from_)


def hold(form_key: str, record_id: str) -> Held:
    """Lock a record that the actor may change. Raises ``NotFound`` where the session shows him none.

    The caller has held the form and asked the law; the session asks it again, coarsely.
    """
    record = db.session.get(Record, record_id, with_for_update=True, populate_existing=True)
    if record is None or record.form_key != form_key:
        raise NotFound
    organization = db.session.get(Organization, record.organization_id)
    if organization is None:
        raise NotFound
    answers = heads([record_id])[record_id]
    return Held(record, answers, organization, compiled(form_key, record.form_version_no))


def moment_of(actor: Actor) -> datetime:
    """Return when something counts as written: for an anonymous visitor no more than the day."""
    if actor.visit is not None and actor.visit.anonymous:
        return utcnow().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return utcnow()


def draft(
    actor: Actor,
    table: FormTable,
    organization: Organization,
    answers: dict[str, Any],
    *,
    on_behalf: bool,
    version_no: int,
    filing: Filing | None = None,
) -> Draft:
    """Return a new record with its serial number; nothing of it is written.

    :param version_no: the version that it is filled under: of a campaign, the one that this names.
    """
    anonymous = actor.visit is not None and actor.visit.anonymous
    # Both an id and a serial number would tell when an anonymous record came, and after which other.
    record_id = new_id(moment_of(actor)) if anonymous else new_id()
    serial = (
        serials.unordered(table.definition, organization.region)
        if anonymous
        else serials.reserve(table.definition, organization.id, organization.region)[0]
    )
    return Draft(
        record_id,
        serial,
        organization,
        compiled(table.form_key, version_no),
        answers,
        on_behalf,
        version_no,
        filing.campaign_id if filing is not None else None,
    )


def create(
    actor: Actor, table: FormTable, new: Draft, *, origin: str, step: Step | None = None, also: Sequence[Part] = ()
) -> Saved:
    """Write a new record, as a draft or as *step* leaves it, and with it the rows of *also* and of the step.

    Raises ``Invalid`` where a submitted record would be a duplicate inside its organization.
    """
    form, now, organization = new.compiled.definition, moment_of(actor), new.organization
    record = Record(
        id=new.id,
        form_key=form.key,
        serial=new.serial,
        organization_id=organization.id,
        region=(step.region if step else None) or organization.region,
        state=step.state if step else initial_state(form),
        form_version_no=new.version_no,
        head_no=1,
        lock_version=1,
        created_by=actor.user_id,
        created_at=now,
        updated_at=now,
        submitted_at=now if step else None,
        on_behalf_by=actor.user_id if new.on_behalf else None,
        flagged=False,
        campaign_id=new.campaign,
    )
    if not protected.classes[Record].write(current_actor(), record, db.session()):
        # The coarse wall that the session puts before whatever it writes itself.
        raise NotAllowed
    answers = dict(step.answers) if step else new.answers
    revision = _revision(actor, record, answers, origin=origin, verb=step.verb if step else None)
    rows = _rows(table, record, organization, answers, actor)
    parts = [
        Part(Record.__table__, [{column.key: getattr(record, column.key) for column in Record.__table__.c}]),
        Part(RecordRevision.__table__, [revision]),
        *projection.parts(table, rows),
        *also,
        *(step.parts if step else ()),
    ]
    try:
        together.insert(parts, "a new record, which the law lets the actor write")
    except IntegrityError as error:
        raise claims.broken(table, error) from error
    note_visit(actor, new.id, submitted=step is not None)
    if table.definition.parties:
        parties.sync(record.form_key, [entry_of(record, organization, answers, actor.user_id)])
    return Saved(record.id, record.serial, record.state, record.lock_version, revision["id"])


def revise(
    actor: Actor,
    held: Held,
    answers: Mapping[str, Any],
    *,
    origin: str,
    state: str | None = None,
    verb: str | None = None,
    comment: str | None = None,
    submitted: bool = False,
    organization: Organization | None = None,
    region: str | None = None,
) -> Saved:
    """Write the next revision of a record that is held.

    Raises ``Invalid`` where a submitted record would be a duplicate inside its organization.

    :param submitted: it counts as submitted from now on. In a state from which one submits it counts as a draft,
        whose unique keys may collide.
    :param organization: its owner from now on (a draft filled on behalf of somebody), whose serial number it gets.
    """
    record = held.record
    if submitted and record.campaign_id is not None:
        _still_open(held)
    note_visit(actor, record.id, submitted=submitted)
    record.form_version_no = held.version_no or record.form_version_no
    record.head_no += 1
    record.lock_version += 1
    record.updated_at = utcnow()
    record.state = state or record.state
    if submitted:
        record.submitted_at = record.updated_at
    elif record.state in open_states(held.definition):
        record.submitted_at = None
    if organization is not None:
        record.serial = serials.reserve(held.definition, organization.id, organization.region)[0]
        record.organization_id, record.region = organization.id, organization.region
        record.on_behalf_by = None if organization.id in actor.organizations else actor.user_id
    if region is not None:
        record.region = region
    owner = organization or held.organization
    table = form_table(record.form_key)
    return _write(actor, record, owner, dict(answers), table, origin=origin, verb=verb, comment=comment)


def _still_open(held: Held) -> None:
    """Refuse what is handed in for the first time after its campaign; what was returned is mended in its own time."""
    record, revision = held.record, RecordRevision.__table__
    refused = campaign_over(record.campaign_id or "")
    if refused is None:
        return
    earlier = sa.select(revision.c.no).where(
        revision.c.record_id == record.id, revision.c.state.not_in(sorted(open_states(held.definition)))
    )
    if db.session.execute(tagged(earlier.limit(1), "record that is held")).first() is None:
        raise refused


def _write(
    actor: Actor,
    record: Record,
    organization: Organization,
    answers: dict[str, Any],
    table: FormTable,
    *,
    origin: str,
    verb: str | None = None,
    comment: str | None = None,
) -> Saved:
    revision = _revision(actor, record, answers, origin=origin, verb=verb, comment=comment)
    db.session.add(RecordRevision(**revision))
    rows = _rows(table, record, organization, answers, actor)
    db.session.flush()
    try:
        projection.write_rows(table, [rows], new=False)
    except IntegrityError as error:
        raise claims.broken(table, error) from error
    quarantine.settle(actor, record.form_key, {record.id: answers}, record.updated_at)
    if table.definition.parties:
        parties.sync(record.form_key, [entry_of(record, organization, answers, actor.user_id)])
    return Saved(record.id, record.serial, record.state, record.lock_version, revision["id"])


def _revision(
    actor: Actor,
    record: Record,
    answers: dict[str, Any],
    *,
    origin: str,
    verb: str | None,
    comment: str | None = None,
) -> dict[str, Any]:
    return {
        "id": new_id(record.updated_at),
        "record_id": record.id,
        "no": record.head_no,
        "form_version_no": record.form_version_no,
        "answers": answers,
        "state": record.state,
        "origin": origin,
        "verb": verb,
        "comment": comment,
        "author_id": actor.user_id,
        "author_name": actor.name,
        "author_role": actor.role,
        "at": record.updated_at,
    }


def _rows(table: FormTable, record: Record, organization: Organization, answers: dict[str, Any], actor: Actor) -> Rows:
    """Return what the record projects to; one that counts as submitted is held against its unique keys."""
    rows = projection.rows_of(table, entry_of(record, organization, answers, actor.user_id))
    if record.submitted_at is not None and record.state != VOID:
        record.flagged = claims.check(table, rows.main)
        rows.main["_flagged"] = record.flagged
    return rows


def entry_of(record: Record, organization: Organization, answers: Mapping[str, Any], author: int | None) -> Entry:
    """Return a record as the projection needs it."""
    return Entry(
        id=record.id,
        serial=record.serial,
        state=record.state,
        organization_id=organization.id,
        organization_name=organization.name,
        region=record.region,
        version_no=record.form_version_no,
        lock_version=record.lock_version,
        created_at=record.created_at,
        updated_at=record.updated_at,
        submitted_at=record.submitted_at,
        created_by=record.created_by,
        updated_by=author,
        on_behalf=record.on_behalf_by is not None,
        flagged=record.flagged,
        batch=record.batch,
        answers=answers,
        campaign=record.campaign_id,
    )
