"""What bringing many records to another version would do: counted over all, and samples that the law shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.access.query import modes_in
from app.records.projection.tables import form_table
from app.records.versions.upgrading import shown_steps
from forms.versions.upgrading import ASIDE, CARRIED, CHANGED, CONVERTED, MAPPED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from app.access.actor import Actor
    from app.records.reading.record import RecordView
    from app.records.versions.carrying import Plan
    from app.records.versions.upgrading import ShownStep
    from forms.definition import Definition

#: Samples of one field.
MOST_SAMPLES = 50
#: Worth a look first: what would not fit, then what reads otherwise, then what is another option.
_ORDER = {ASIDE: 0, CHANGED: 1, MAPPED: 2, CONVERTED: 3}


@dataclass(frozen=True, slots=True)
class Sample:
    """What becomes of an answer of one record, as the reader may see it."""

    record_id: str
    serial: str
    step: ShownStep
    old: Definition
    new: Definition


@dataclass(slots=True)
class FieldSurvey:
    """What becomes of the answers to one field: how many of each kind, and samples."""

    path: str
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    @property
    def ok(self) -> int:
        """How many answers read as before."""
        return sum(self.counts.get(kind, 0) for kind in (CARRIED, CONVERTED))

    @property
    def changed(self) -> int:
        """How many answers read otherwise."""
        return sum(self.counts.get(kind, 0) for kind in (CHANGED, MAPPED))

    @property
    def aside(self) -> int:
        """How many answers would be set aside."""
        return self.counts.get(ASIDE, 0)


@dataclass(slots=True)
class Survey:
    """All fields together. ``records``: how many were looked at; ``left``: those of them that would stay, by reason."""

    records: int = 0
    left: dict[str, int] = field(default_factory=dict)
    fields: dict[str, FieldSurvey] = field(default_factory=dict)
    #: How many records there are; more than were looked at, where that would take too long for a page.
    total: int = 0
    #: Of counts over all records that a job has made: when; of a job that is at it: which.
    counted_at: datetime | None = None
    job: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether every record was looked at."""
        return self.records >= self.total

    def numbers(self) -> dict[str, Any]:
        """Return the counts as JSON, without any answer."""
        fields = {path: dict(item.counts) for path, item in self.fields.items()}
        return {"records": self.records, "left": dict(self.left), "fields": fields}

    def counted(self, numbers: Mapping[str, Any]) -> Survey:
        """Return the survey with the counts of *numbers* in place of its own; samples stay."""
        fields = {
            path: FieldSurvey(path, dict(counts), self.fields[path].samples if path in self.fields else [])
            for path, counts in numbers["fields"].items()
        }
        return Survey(numbers["records"], dict(numbers["left"]), fields, self.total)

    def leave(self, reason: str, count: int = 1) -> None:
        """Count records that stay as they are."""
        if count:
            self.left[reason] = self.left.get(reason, 0) + count

    def add(
        self,
        actor: Actor,
        form_key: str,
        plans: Sequence[Plan],
        views: Mapping[str, RecordView],
        paths: Collection[str] | None = None,
    ) -> None:
        """Count what becomes of records; those among *views* may be samples.

        :param paths: the fields of interest, all by default.
        """
        for plan in plans:
            self.records += 1
            wanting = False
            for step in plan.done.steps:
                if paths is not None and step.path not in paths:
                    continue
                found = self.fields.setdefault(step.path, FieldSurvey(step.path))
                found.counts[step.kind] = found.counts.get(step.kind, 0) + 1
                wanting = wanting or (step.kind != CARRIED and len(found.samples) < 2 * MOST_SAMPLES)
            view = views.get(plan.shell.id)
            if wanting and view is not None:
                self._sample(actor, form_key, plan, view, paths)

    def _sample(self, actor: Actor, form_key: str, plan: Plan, view: RecordView, paths: Collection[str] | None) -> None:
        old, new = plan.old.definition, plan.new.definition
        after = modes_in(actor, form_table(form_key), "V", view.scopes, definition=new)
        for step in shown_steps(plan, view.modes, after):
            if step.kind == CARRIED or (paths is not None and step.path not in paths):
                continue
            samples = self.fields[step.path].samples
            samples.append(Sample(view.id, view.serial, step, old, new))
            if len(samples) > 2 * MOST_SAMPLES:
                samples.sort(key=_order)
                del samples[MOST_SAMPLES:]

    def finish(self) -> Survey:
        """Keep the samples that are most worth a look."""
        for item in self.fields.values():
            item.samples.sort(key=_order)
            del item.samples[MOST_SAMPLES:]
        return self


def _order(sample: Sample) -> tuple[int, Any]:
    return _ORDER.get(sample.step.kind, len(_ORDER)), sample.record_id
