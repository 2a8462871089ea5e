"""What lies open while somebody edits a draft, and how one change of it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.builder import service
from app.builder.checking import issues_of
from app.builder.models import Form
from app.builder.past import last_seen, past_paths, versions
from app.database import db
from app.errors import Conflict, Invalid
from forms.designing.outline import Outline, dicts
from forms.designing.pointing import Target, target
from forms.designing.refusal import Refused
from forms.designing.shape import editable
from forms.designing.uses import Use, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.access.actor import Actor
    from app.builder.models import FormDraft
    from forms.designing.merging import Merged
    from forms.files.loading import Issue

    Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """A draft with what is known about it."""

    actor: Actor
    draft: FormDraft
    lang: str

    @property
    def form_key(self) -> str:
        """The form's key."""
        return self.draft.form_key

    @property
    def raw(self) -> dict[str, Any]:
        """The definition as it stands."""
        return self.draft.definition

    @property
    def base(self) -> str:
        """The address below which the pages of this draft lie."""
        return f"/forms/{self.form_key}/design"

    @cached_property
    def outline(self) -> Outline:
        """The definition read leniently."""
        return Outline(self.raw, service.code_lists())

    @cached_property
    def issues(self) -> list[Issue]:
        """What is wrong with it."""
        return issues_of(self.raw)

    @cached_property
    def past(self) -> frozenset[str]:
        """Every path that was ever published: their keys are never used for something else."""
        return past_paths(self.form_key) | self.published

    @cached_property
    def published(self) -> frozenset[str]:
        """The paths of the current version."""
        number = db.session.scalar(sa.select(Form.current_no).where(Form.key == self.form_key))
        return frozenset(service.definition(self.form_key).paths) if number else frozenset()

    def former(self, path: str) -> str:
        """Return the type that a field has in the current version; empty for one that is not in it."""
        return service.definition(self.form_key).field(path).type if path in self.published else ""

    def retired(self) -> dict[str, dict[str, Any]]:
        """Return the fields that were published and are not in the draft, as they were last, by path."""
        places = self.outline.places
        wanted = {
            path for path in self.past if path not in places and (path.partition(".")[0] in places or "." not in path)
        }
        return last_seen(self.form_key, wanted)

    def past_codes(self, path: str) -> frozenset[str]:
        """Return the codes that options of a field of its own ever had in a published version."""
        found: set[str] = set()
        if path in self.past:
            for version in versions(self.form_key):
                place = Outline(version, {}).places.get(path)
                found |= {str(option.get("code")) for option in dicts(place.raw.get("options"))} if place else set()
        return frozenset(found)

    def uses(self, path: str) -> list[Use]:
        """Return who refers to a field."""
        named = self.raw.get("workflow")
        flow = service.find_workflow(named) if isinstance(named, str) and named else None
        return uses(self.outline, path, flow, service.definitions().values())

    def target(self, issue: Issue) -> Target:
        """Return where an issue is mended."""
        return target(issue.path, self.outline, issue.code)

    def mended_at(self, issue: Issue) -> str:
        """Return the address where an issue is mended."""
        return self.address(self.target(issue))

    def address(self, found: Target) -> str:
        """Return the page on which it is mended, down to the control that takes the focus."""
        mark = anchor(found.part)
        if found.kind == "field":
            part = found.part.partition("[")[0].partition(".")[0]
            if part == "options" and not self.outline.places[found.path].raw.get("codelist"):
                return f"{self.base}/fields/{found.path}/options#options"
            if part == "options":
                mark = "codelist"
            return f"{self.base}/fields/{found.path}#{mark}"
        if found.kind == "section":
            return f"{self.base}/sections/{found.path}#{mark}"
        if found.kind == "setting":
            return f"{self.base}/settings#{anchor(found.path)}"
        return self.base


def anchor(part: str) -> str:
    """Return the id of the control of a property: the whole field begins with its label."""
    name = part.partition("[")[0].partition(".")[0]
    return {"": "label", "english": "label_en"}.get(name, name).replace(".", "-")


def open_desk(actor: Actor, form_key: str, lang: str) -> Desk:
    """Return the draft of a form for editing. Raises ``NotAllowed``, ``NotFound``."""
    return Desk(actor, service.draft(actor, form_key), lang)


def edit(
    actor: Actor, form_key: str, seen: int, change: Change, choices: Mapping[str, str] | None = None
) -> tuple[FormDraft, Merged | None]:
    """Save one *change* of the draft that was at lock version *seen*, beside what others have changed since.

    Raises ``Invalid`` where the change cannot be made, ``Conflict`` where another changed the same differently.
    """
    draft = service.draft(actor, form_key)
    base = draft.definition if draft.lock_version == seen else service.state_at(form_key, seen)
    if base is None:
        raise Conflict(code="stale", lock_version=draft.lock_version, theirs=draft.definition, conflicts=[])
    try:
        new = change(editable(base))
    except Refused as refusal:
        raise Invalid(refusal.message, code="refused") from refusal
    if new == base:
        return draft, None
    return service.merge_draft(actor, form_key, seen, new, choices)
