"""Publishing that needs a second person: why, who may decide, and requests with what became of them.

A form's policy asks for one from some class of change on. A change of access asks for one always: a class that is
lowered, a mask, who fills the form, which grants and which workflow hold for it, what of it is open to all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app import audit
from app.access.actor import NoActor, actor_for
from app.access.query import require
from app.builder.catalogue import code_lists
from app.builder.digests import digest
from app.builder.models import Form, FormDraft, PublishRequest
from app.builder.publishing.impact import lowered, published
from app.builder.publishing.telling import tell_asker, tell_deciders
from app.builder.service import DESIGN
from app.database import db, new_id, utcnow
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.jobs import service as jobs
from forms.answers.difference import CHANGE_CLASSES, definition_changes
from forms.files.loading import parse_definition
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.actor import Actor
    from forms.definition import Definition

#: From the least to the most strict; each but the first is the class of change from which a second person is asked.
POLICIES = ("anyone", "structural", "tightening", "always")
OPEN, APPROVED, REFUSED, VOID = "open", "approved", "refused", "void"
POLICY, ACCESS = "policy", "access"
#: Changes of who may do or see what.
ACCESS_KINDS = frozenset(
    [
        "resource_changed",
        "fill_roles_changed",
        "workflow_changed",
        "published_when_changed",
        "mask_changed",
    ]
)
LONGEST_COMMENT = 500
STALE = Label("草稿已被他人修改，请核对后再发布。", "Somebody else has changed the draft. Look at it, then publish.")


def reasons_for(policy: str, old: Definition | None, new: Definition) -> tuple[str, ...]:
    """Return why publishing *new* after *old* takes a second person: ``policy``, ``access``, both or neither."""
    changes = definition_changes(old, new) if old is not None else []
    opened = any(change.kind in ACCESS_KINDS for change in changes) or bool(lowered(old, new))
    asked = policy == "always"
    if policy in CHANGE_CLASSES:
        least = CHANGE_CLASSES.index(policy)
        asked = any(CHANGE_CLASSES.index(change.change_class) >= least for change in changes)
    return tuple(name for name, found in ((POLICY, asked), (ACCESS, opened)) if found)


def may_decide(actor: Actor, reasons: tuple[str, ...] | list[str]) -> bool:
    """Tell whether the actor's grants let him be the second person: approve or publish, and administer for access."""
    able = actor.can(DESIGN, "A") or actor.can(DESIGN, "P")
    return able and (ACCESS not in reasons or actor.can(DESIGN, "X"))


def guard(actor: Actor, form: Form, draft: FormDraft, old: Definition | None, new: Definition) -> None:
    """Raise ``NotAllowed`` (``second_person``) unless a second person stands behind publishing this draft.

    He has approved exactly this draft, or he is the one who publishes what somebody else has written.
    """
    if not needed(actor, draft, reasons_for(form.publish_policy, old, new)):
        return
    text = Label(
        "这次发布须另一人批准：请提交申请，由有权的人批准后发布。",
        "This takes a second person: ask for it, and it is published once somebody else has approved.",
    )
    raise NotAllowed(text, code="second_person")


def worth_asking(actor: Actor, form: Form, draft: FormDraft, old: Definition | None, new: Definition) -> None:
    """Raise ``Conflict`` (``not_needed``) where the actor can publish this draft without anybody else."""
    if not needed(actor, draft, reasons_for(form.publish_policy, old, new)):
        text = Label("这次发布不须他人批准，可以直接发布。", "This takes nobody else's approval: publish it.")
        raise Conflict(text, code="not_needed")


def needed(actor: Actor, draft: FormDraft, reasons: tuple[str, ...]) -> bool:
    """Tell whether somebody else must still approve what the actor is about to publish."""
    if not reasons or actor.kind == "system":
        return False
    himself = draft.updated_by != actor.user_id and may_decide(actor, reasons)
    return not himself and approved(draft) is None


def pending(draft: FormDraft) -> PublishRequest | None:
    """Return the open request for a draft as it is now."""
    return next((found for found in db.session.scalars(_open(draft.form_key)) if is_current(found, draft)), None)


def approved(draft: FormDraft) -> PublishRequest | None:
    """Return the approved request for exactly this state of a draft, over exactly this published version."""
    statement = sa.select(PublishRequest).where(
        PublishRequest.form_key == draft.form_key,
        PublishRequest.state == APPROVED,
        PublishRequest.lock_version == draft.lock_version,
        PublishRequest.draft_hash == digest(draft.definition),
        PublishRequest.base_no == draft.based_on,
    )
    found: PublishRequest | None = db.session.scalar(statement.limit(1))
    return found


def ask_for(
    actor: Actor, form_key: str, lock_version: int, note: str, choices: Mapping[str, str] | None = None
) -> PublishRequest:
    """Ask for the publication of the draft that is at *lock_version*; open requests for earlier states of it are void.

    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` where the draft has changed, or the same is asked for already.
    """
    require(actor, DESIGN, "P")
    form, draft = db.session.get(Form, form_key), db.session.get(FormDraft, form_key, populate_existing=True)
    if form is None or draft is None:
        raise NotFound
    if draft.lock_version != lock_version:
        raise Conflict(STALE, code="stale", lock_version=draft.lock_version)
    reasons = reasons_for(form.publish_policy, published(form_key), parse_definition(draft.definition, code_lists()))
    for other in db.session.scalars(_open(form_key)):
        if is_current(other, draft):
            text = Label("已有同样的申请等待批准。", "The same is asked for already.")
            raise Conflict(text, code="asked_already", request=other.id)
        _void(actor, other)
    found = PublishRequest(
        id=new_id(),
        form_key=form_key,
        lock_version=draft.lock_version,
        draft_hash=digest(draft.definition),
        base_no=draft.based_on,
        note=note,
        reasons=list(reasons),
        choices=dict(choices or {}),
        state=OPEN,
        requested_by=actor.user_id,
        requested_post=actor.post_id,
        drafted_by=draft.updated_by,
    )
    db.session.add(found)
    _record(actor, "publish_requested", found)
    db.session.flush()
    tell_deciders(found, form, access=ACCESS in reasons)
    return found


def _open(form_key: str) -> sa.Select[Any]:
    return sa.select(PublishRequest).where(PublishRequest.form_key == form_key, PublishRequest.state == OPEN)


def is_current(found: PublishRequest, draft: FormDraft) -> bool:
    """Tell whether a request speaks of the draft as it is now."""
    return (found.lock_version, found.draft_hash, found.base_no) == (
        draft.lock_version,
        digest(draft.definition),
        draft.based_on,
    )


def request_of(actor: Actor, request_id: str) -> PublishRequest:
    """Return a request. Raises ``NotAllowed``, ``NotFound``."""
    require(actor, DESIGN, "V")
    found: PublishRequest | None = db.session.get(PublishRequest, request_id, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def hindrance(actor: Actor, found: PublishRequest) -> Label | None:
    """Return why the actor cannot decide about a request, or ``None``."""
    if actor.user_id in {found.requested_by, found.drafted_by}:
        return Label("申请人和起草人不能自己批准。", "Neither who asked nor who wrote the draft can approve it.")
    if not may_decide(actor, found.reasons):
        return Label("您没有批准这项申请的权限。", "You have no right to approve this.")
    return None


def decide(actor: Actor, request_id: str, *, approve: bool, comment: str) -> PublishRequest:
    """Approve a request, which has it published as the one who asked, or refuse it with a reason.

    Raises ``NotAllowed``, ``NotFound``, ``Invalid`` (no reason), and ``Conflict`` where it was decided already, or the
    draft has changed since: it is void then.
    """
    require(actor, DESIGN, "V")
    locked = sa.select(PublishRequest).where(PublishRequest.id == request_id).with_for_update()
    found: PublishRequest | None = db.session.scalar(locked.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    why_not = hindrance(actor, found)
    if why_not is not None:
        raise NotAllowed(why_not, code="second_person")
    draft = db.session.get(FormDraft, found.form_key, populate_existing=True)
    if found.state != OPEN or draft is None or not is_current(found, draft):
        text = Label("申请已处理，或草稿已改动、申请失效。", "It was decided, or the draft has changed and it is void.")
        raise Conflict(text, code="stale")
    if not approve and not comment.strip():
        raise Invalid(Label("请写明不批准的理由。", "Say why it is refused."), code="comment")
    found.state, found.comment = (APPROVED if approve else REFUSED), comment.strip()[:LONGEST_COMMENT]
    found.decided_by, found.decided_at = actor.user_id, utcnow()
    if approve:
        found.job_id = _publish(found)
    _record(actor, "publish_approved" if approve else "publish_refused", found)
    db.session.flush()
    if (form := db.session.get(Form, found.form_key)) is not None:
        tell_asker(found, form, approved=approve)
    return found


def _publish(found: PublishRequest) -> str:
    """Have the draft published as the one who asked, with his rights of then."""
    try:
        asker = actor_for(found.requested_by or 0, found.requested_post)
    except NoActor:
        text = Label("申请人已不在任，请由他人重新申请。", "Who asked holds his post no more; somebody else must ask.")
        raise Conflict(text, code="asker_gone") from None
    payload = {
        "form": found.form_key,
        "lock_version": found.lock_version,
        "note": found.note,
        "choices": dict(found.choices or {}),
    }
    return jobs.enqueue(asker, "publish", payload).id


def withdraw(actor: Actor, request_id: str) -> PublishRequest:
    """Take one's own open request back. Raises ``NotAllowed``, ``NotFound``, ``Conflict``."""
    found = request_of(actor, request_id)
    if found.requested_by != actor.user_id:
        raise NotAllowed
    if found.state != OPEN:
        raise Conflict(Label("申请已处理。", "It was decided already."), code="stale")
    _void(actor, found)
    db.session.flush()
    return found


def _void(actor: Actor, found: PublishRequest) -> None:
    found.state, found.decided_at = VOID, utcnow()
    _record(actor, "publish_request_void", found)


def _record(actor: Actor, event: str, found: PublishRequest) -> None:
    detail = {"request": found.id, "lock_version": found.lock_version, "reasons": list(found.reasons)}
    audit.record(actor, event, object_type="form", object_id=found.form_key, detail=detail)


def set_policy(actor: Actor, form_key: str, policy: str) -> None:
    """Say from which class of change on a form is published by two people.

    Whoever publishes may ask for more; for less it takes the right to administer. Raises ``NotAllowed``, ``NotFound``,
    ``Invalid``.
    """
    require(actor, DESIGN, "V")
    form = db.session.get(Form, form_key)
    if form is None:
        raise NotFound
    if policy not in POLICIES:
        raise Invalid(Label("没有这种发布要求。", "There is no such policy."), code="policy")
    stricter = POLICIES.index(policy) >= POLICIES.index(form.publish_policy)
    if not (actor.can(DESIGN, "X") or (stricter and actor.can(DESIGN, "P"))):
        raise NotAllowed
    before, form.publish_policy = form.publish_policy, policy
    if before != policy:
        detail = {"before": before, "after": policy}
        audit.record(actor, "publish_policy_changed", object_type="form", object_id=form_key, detail=detail)
    db.session.flush()
