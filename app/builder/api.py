"""Forms: what is published, and designing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.access.query import resource_allows
from app.api import schema
from app.api.routing import Answer, operation
from app.builder import service
from app.builder.publishing import publish
from app.builder.publishing.choosing import choices_of, note_of
from app.database import unit_of_work
from app.errors import NotAllowed, language
from app.jobs import service as jobs

if TYPE_CHECKING:
    from app.access.actor import Actor
    from app.builder.service import FormHead
    from app.jobs.context import JobContext
    from forms.files.loading import Issue

LABEL = schema.OBJECT
OBJECT = schema.OBJECT
HEAD = {
    "key": schema.STRING,
    "title": LABEL,
    "resource": schema.STRING,
    "kind": schema.STRING,
    "version": schema.INTEGER,
}
FORM = schema.shape(**HEAD, definition=schema.OBJECT)
DRAFT = schema.shape(key=schema.STRING, draft=schema.shape(lock_version=schema.INTEGER))
ISSUES = schema.listing(schema.shape(code=schema.STRING, path=schema.STRING, message=schema.STRING))
#: Actions that a list of forms tells about.
_ACTIONS = "VCUSAREDP"


def _head(found: FormHead) -> dict[str, Any]:
    return {
        "key": found.key,
        "title": found.title.as_dict(),
        "resource": found.resource,
        "kind": found.kind,
        "version": found.no,
    }


def _visible(actor: Actor, form_key: str) -> FormHead:
    """Return a published form. Raises ``NotFound`` for none, ``NotAllowed`` for one that is nothing to the actor."""
    found = service.head(form_key)
    if not any(resource_allows(actor, found.resource, action) for action in "VC") and not actor.can(
        service.DESIGN, "V"
    ):
        raise NotAllowed
    return found


@operation(
    "GET", "/forms", tag="forms", summary="Published forms", answer=schema.shape(forms=schema.listing(schema.OBJECT))
)
def forms(actor: Actor) -> Answer:
    """Return the forms that the actor may see, with what he may do on them at all."""
    found = service.forms_for(actor)
    return {
        "forms": [
            {**_head(head), "actions": [a for a in _ACTIONS if resource_allows(actor, head.resource, a)]}
            for head in found
        ]
    }


@operation("GET", "/forms/<form>", tag="forms", summary="A published definition", answer=FORM, visitors=True)
def form(actor: Actor, form: str) -> Answer:
    """Return the current definition."""
    found = _visible(actor, form)
    return {**_head(found), "definition": service.definition(form).source}


@operation("GET", "/forms/<form>/versions/<int:number>", tag="forms", summary="An earlier definition", answer=FORM)
def version(actor: Actor, form: str, number: int) -> Answer:
    """Return a definition as it was published."""
    found = _visible(actor, form)
    old = service.definition(form, number)
    return {**_head(found), "title": old.title.as_dict(), "version": number, "definition": old.source}


@operation(
    "POST",
    "/forms",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="Create a form with its first draft",
    status=201,
    body=schema.record(("definition",), definition=schema.OBJECT),
    answer=DRAFT,
)
def create(actor: Actor, body: dict[str, Any]) -> Answer:
    """Create a form."""
    with unit_of_work():
        draft = service.create_form(actor, body["definition"])
    return {"key": draft.form_key, "draft": {"lock_version": draft.lock_version}}


@operation(
    "GET",
    "/forms/<form>/draft",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="The draft of a form",
    answer=schema.shape(lock_version=schema.INTEGER, based_on=schema.INTEGER, definition=schema.OBJECT),
)
def draft(actor: Actor, form: str) -> Answer:
    """Return the draft."""
    found = service.draft(actor, form)
    return {"lock_version": found.lock_version, "based_on": found.based_on, "definition": found.definition}


@operation(
    "PUT",
    "/forms/<form>/draft",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="Save the draft; stale: 409 with what both changed, or merged where the body says so",
    body=schema.record(
        ("lock_version", "definition"),
        lock_version=schema.INTEGER,
        definition=schema.OBJECT,
        merge=schema.BOOLEAN,
        choices=schema.OBJECT,
    ),
    answer={
        **schema.shape(lock_version=schema.INTEGER),
        "properties": {"lock_version": schema.INTEGER, "merged": schema.listing(schema.STRING), "definition": OBJECT},
    },
)
def save(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Replace the draft.

    With ``"merge": true`` a stale save is put together with what others saved since, attribute by attribute; the
    answer then holds the merged ``definition``, which the client goes on with, and in ``merged`` what others changed.
    What both changed differently is answered 409 all the same; the next try names ``"choices": {path: "mine"}`` or
    ``"theirs"``. Without it a stale save is always 409: a client that did not take over the merged definition would
    undo the others' changes with its next save.
    """
    with unit_of_work():
        if not body.get("merge"):
            found = service.save_draft(actor, form, body["lock_version"], body["definition"])
            return {"lock_version": found.lock_version}
        choices = {path: str(side) for path, side in body.get("choices", {}).items()}
        found, merged = service.merge_draft(actor, form, body["lock_version"], body["definition"], choices)
    if merged is None:
        return {"lock_version": found.lock_version}
    return {"lock_version": found.lock_version, "merged": list(merged.theirs), "definition": found.definition}


@operation(
    "POST",
    "/forms/<form>/check",
    tag="design",
    needs="F",
    resource=service.DESIGN,
    summary="What is wrong with the draft",
    answer=schema.shape(errors=ISSUES, warnings=ISSUES),
)
def check(actor: Actor, form: str) -> Answer:
    """Check the draft."""
    found = service.check(actor, form)
    return {
        "errors": [_issue(issue) for issue in found if issue.level == "error"],
        "warnings": [_issue(issue) for issue in found if issue.level != "error"],
    }


def _issue(issue: Issue) -> dict[str, str]:
    return {"code": issue.code, "path": issue.path, "message": issue.message.get(language())}


@operation(
    "POST",
    "/forms/<form>/publish",
    tag="design",
    needs="P",
    resource=service.DESIGN,
    summary="Publish the draft as a job",
    status=202,
    body=schema.record(
        ("lock_version",), lock_version=schema.INTEGER, note=schema.STRING, choices=schema.nullable(schema.OBJECT)
    ),
    answer=schema.shape(job=schema.STRING, impact=schema.OBJECT),
)
def publish_form(actor: Actor, form: str, body: dict[str, Any]) -> Answer:
    """Check at once what would fail at once; leave the rest to a job."""
    note, choices = note_of(body), choices_of(body)
    found = publish.examine(actor, form, body["lock_version"], choices=choices)
    payload = {"form": form, "lock_version": body["lock_version"], "note": note, "choices": choices}
    with unit_of_work():
        job = jobs.enqueue(actor, "publish", payload)
    return {"job": job.id, "impact": found.impact}


@jobs.handler("publish")
def run(job: JobContext) -> dict[str, Any]:
    """Publish as the actor that asked for it, with his rights of now; once, however often a worker is killed."""
    if job.saved:
        return dict(job.saved)
    payload = job.payload
    with unit_of_work():
        done = publish.publish(
            job.actor,
            payload["form"],
            lock_version=payload["lock_version"],
            note=payload.get("note", ""),
            choices=payload.get("choices"),
        )
        result = {"form": done.form_key, "version": done.no, "impact": done.impact, "conversion": done.conversion}
        job.checkpoint(result)
    return result
