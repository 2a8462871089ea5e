"""Tell those whom a step concerns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.notify import recipients
from app.notify import service as notify
from app.workflow import rules
from forms.labels import Label

if TYPE_CHECKING:
    from datetime import datetime

    from app.access.actor import Actor
    from app.workflow.rules import Standing
    from forms.workflow import Verb


def deciders(actor: Actor, at: Standing, state: str) -> set[tuple[str, str]]:
    """Return role and action of those who may approve the record in *state*."""
    known = rules.context(actor, at)
    return {
        (role, verb.action)
        for verb in at.workflow.verbs_from(state)
        if verb.kind == "approve"
        for role in verb.by
        if rules.guard_holds(verb, at, replace(known, role=role))
    }


def announce(
    actor: Actor, at: Standing, verb: Verb, state: str, comment: str, *, moment: datetime | None = None
) -> None:
    """Send the messages that *verb*, which led to *state*, names; never to the one who took the step.

    :param moment: when the step was taken; now by default.
    """
    if actor.visit is not None and actor.visit.anonymous:
        # A message sent now would tell when.
        return
    values = {
        "form": at.definition.title,
        "serial": Label(at.serial),
        "organization": Label(at.organization.name),
        "comment": Label(comment),
    }
    resource, organization_id = at.definition.resource, at.organization.id
    for message in notify.texts(verb.notify):
        if message.audience == "owner":
            users = recipients.members(at.definition.fill_roles, organization_id)
        else:
            users = recipients.accounts(deciders(actor, at, state), resource, organization_id, at.region)
        others = [user_id for user_id in users if user_id != actor.user_id]
        notify.send(message, others, form_key=at.form_key, record_id=at.record_id, values=values, at=moment)
