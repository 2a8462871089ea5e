"""The append-only list of steps that a record has taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, new_id, utcnow
from app.records.models import Record
from app.workflow.models import WorkflowEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.actor import Actor
    from forms.workflow import Verb


def head(record_id: str) -> int:
    """Return the number of a record's last revision."""
    table = Record.__table__
    statement = sa.select(table.c.head_no).where(table.c.id == record_id)
    return db.session.execute(tagged(statement, "head of a record already scoped")).scalar_one()  # type: ignore[no-any-return]


def row(
    actor: Actor,
    record_id: str,
    verb: Verb,
    *,
    from_state: str,
    to_state: str,
    comment: str,
    revision_no: int,
) -> dict[str, Any]:
    """Return a step that led to a revision as a row, for whoever writes it together with the revision."""
    return {
        "id": new_id(),
        "record_id": record_id,
        "revision_no": revision_no,
        "verb": verb.key,
        "kind": verb.kind,
        "from_state": from_state,
        "to_state": to_state,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "actor_role": actor.role,
        "actor_organization": actor.organization_name,
        "comment": comment,
        "at": utcnow(),
    }


def add(actor: Actor, record_id: str, verb: Verb, *, from_state: str, to_state: str, comment: str) -> None:
    """Append a step that led to a revision, the record's last."""
    number = head(record_id)
    step = row(actor, record_id, verb, from_state=from_state, to_state=to_state, comment=comment, revision_no=number)
    db.session.add(WorkflowEvent(**step))
    db.session.flush()


def of_record(record_id: str) -> Sequence[WorkflowEvent]:
    """Return the steps of a record that the present actor may see, oldest first."""
    statement = (
        sa.select(WorkflowEvent)
        .where(WorkflowEvent.record_id == record_id)
        .order_by(WorkflowEvent.at, WorkflowEvent.id)
    )
    found: Sequence[WorkflowEvent] = db.session.scalars(statement).all()
    return found


def last(record_id: str) -> tuple[str, int | None] | None:
    """Return the kind of the last step of a record and who took it; for rules, past the law."""
    table = WorkflowEvent.__table__
    statement = (
        sa.select(table.c.kind, table.c.actor_id)
        .where(table.c.record_id == record_id)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
    )
    row = db.session.execute(tagged(statement, "rules of a record already scoped")).first()
    return None if row is None else (row.kind, row.actor_id)


def last_submitter(record_id: str) -> int | None:
    """Return who submitted a record last."""
    table = WorkflowEvent.__table__
    statement = (
        sa.select(table.c.actor_id)
        .where(table.c.record_id == record_id, table.c.kind == "submit")
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
    )
    found: int | None = db.session.scalar(tagged(statement, "rules of a record already scoped"))
    return found
