"""Steps that the calendar takes: verbs of the system with a schedule, on the records whose guard has come true."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.access.actor import acting_as, system_actor
from app.access.query import tagged
from app.builder import service as builder
from app.builder.catalogue import catalogue
from app.database import db, unit_of_work
from app.errors import Conflict, Invalid
from app.records.projection.tables import form_table
from app.workflow import effects
from app.workflow.service import perform

if TYPE_CHECKING:
    from app.access.actor import Actor
    from forms.workflow import Verb

log = logging.getLogger(__name__)


def tick() -> int:
    """Take every scheduled step that is due, each in a unit of work of its own; return how many were taken."""
    actor = system_actor("schedule")
    count = 0
    with acting_as(actor):
        for form_key, verb in _scheduled():
            for record_id in _candidates(form_key, verb):
                count += _take(actor, form_key, record_id, verb)
    return count


def _scheduled() -> list[tuple[str, Verb]]:
    found: list[tuple[str, Verb]] = []
    for key, head in catalogue().heads.items():
        workflow = builder.workflow_of(builder.definition(key)) if head.no else None
        verbs = workflow.verbs if workflow else ()
        found += [(key, verb) for verb in verbs if verb.kind == "system" and effects.effect(verb, "schedule")]
    return found


def _candidates(form_key: str, verb: Verb) -> list[str]:
    c = form_table(form_key).main.c
    statement = sa.select(c._id).where(c._state.in_(verb.from_), c._batch.is_(None)).order_by(c._id)
    return list(db.session.scalars(tagged(statement, "the schedule reads every record, whosever")))


def _take(actor: Actor, form_key: str, record_id: str, verb: Verb) -> bool:
    try:
        with unit_of_work():
            perform(actor, form_key, record_id, verb.key, lock_version=None, system=True)
    except (Conflict, Invalid):
        # Not due yet, or somebody moved it meanwhile.
        return False
    except Exception:
        # One record that cannot be moved must not keep the others waiting.
        log.exception("scheduled step %s failed on %s %s", verb.key, form_key, record_id)
        return False
    return True
