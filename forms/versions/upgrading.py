"""From one version of a form to another: what becomes of each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.answers.answer import Answers, Column, is_empty, rows_of
from forms.answers.problems import Invalid
from forms.compiled import CompiledForm
from forms.versions.conversions import Lookup, carries, convert, nobody, reads, stays

#: What becomes of an answer: it stays; it is written otherwise and reads the same; it reads otherwise; it is another
#: option; it was given before and is asked again; it does not fit and is set aside; nobody asks for it any more.
CARRIED, CONVERTED, CHANGED, MAPPED, RESTORED, ASIDE, RETIRED = (
    "carried", "converted", "changed", "mapped", "restored", "aside", "retired",
)  # fmt: skip
#: What did not stay as it was.
MOVED = frozenset({CONVERTED, CHANGED, MAPPED})


#: The number of a row, from 1, and its id.
Place = tuple[int | None, str | None]
NOWHERE: Place = (None, None)


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one answer. ``row`` counts from 1, ``row_id`` names the row of a sub-table."""

    path: str
    kind: str
    old: Any = None
    new: Any = None
    row: int | None = None
    row_id: str | None = None
    #: Of an answer that is set aside: what it read as, and why it does not fit.
    raw: str = ""
    reason: Invalid | None = None


@dataclass(slots=True)
class Upgraded:
    """Answers under another version, and what became of each."""

    answers: Answers = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def upgrade(
    old: CompiledForm,
    new: CompiledForm,
    answers: Mapping[str, Any],
    *,
    earlier: Mapping[str, Any] | None = None,
    apart: frozenset[str] = frozenset(),
    lookup: Lookup = nobody,
) -> Upgraded:
    """Return *answers* to *old* as answers to *new*. Nothing is worked out: computed fields are left to the caller.

    :param earlier: what was last answered to fields that *old* does not ask for: by key, and for columns of sub-tables
        by path, a mapping from row to cell.
    :param apart: paths whose answers of before stay with their versions, for the fields mean something else now.
    """
    mover = _Mover(new, earlier or {}, apart, lookup)
    mover.level(old.columns, new.columns, answers, mover.done.answers)
    return mover.done


@dataclass
class _Mover:
    new: CompiledForm
    earlier: Mapping[str, Any]
    apart: frozenset[str]
    lookup: Lookup
    done: Upgraded = field(default_factory=Upgraded)

    def level(
        self,
        old: Mapping[str, Column],
        new: Mapping[str, Column],
        answers: Mapping[str, Any],
        target: Answers,
        place: Place = NOWHERE,
    ) -> None:
        """Bring the answers of the form, or of one row, into *target*."""
        for key, column in old.items():
            value = answers.get(key)
            if is_empty(value):
                continue
            after = new.get(key)
            if after is None or column.path in self.apart or not carries(column.field, after.field):
                self._note(Step(column.path, RETIRED, value, None, *place))
            elif column.columns or after.columns:
                self._rows(column, after, value, target)
            elif column.type.computes:
                continue
            else:
                target.update(self._cell(column, after, value, place))
        for key, column in new.items():
            former = old.get(key)
            fresh = former is None or column.path in self.apart
            if fresh and column.takes_answers and key not in target:
                target.update(self._again(column, place))

    def _note(self, step: Step) -> None:
        self.done.steps.append(step)

    def _rows(self, old: Column, new: Column, value: Any, target: Answers) -> None:
        if not isinstance(value, list):
            # A draft may hold something else where rows should be.
            target[new.field.key] = value
            return
        rows: list[Answers] = []
        for number, row in enumerate(rows_of(value), 1):
            found: Answers = {"_row": row["_row"]} if "_row" in row else {}
            self.level(old.columns, new.columns, row, found, (number, row.get("_row")))
            rows.append(found)
        target[new.field.key] = rows

    def _cell(self, old: Column, new: Column, value: Any, place: Place) -> Answers:
        key, path = new.field.key, new.path
        if stays(old.field, new.field) and not self._unknown(old, new, value):
            self._note(Step(path, CARRIED, value, value, *place))
            return {key: value}
        try:
            found = convert(old, new, value, self.lookup)
        except Invalid as error:
            self._note(Step(path, ASIDE, value, None, *place, reads(old, value), error))
            return {}
        kind = MAPPED if old.type.has_options and new.type.has_options else CONVERTED if found.same else CHANGED
        self._note(Step(path, kind, value, found.value, *place))
        return {key: found.value}

    @staticmethod
    def _unknown(old: Column, new: Column, value: Any) -> bool:
        """Tell whether a code was an option before and is none now."""
        if not new.type.has_options or old.code_list is None or new.code_list is None:
            return False
        codes = value if isinstance(value, list) else [value]
        return any(
            isinstance(code, str) and old.code_list.get(code) is not None and new.code_list.get(code) is None
            for code in codes
        )

    def _again(self, column: Column, place: Place) -> Answers:
        """Return what was answered to a field before it was retired."""
        value = self.earlier.get(column.path)
        row, row_id = place
        if row is not None:
            value = value.get(row_id) if isinstance(value, Mapping) else None
        elif column.columns:
            known = set(column.columns) | {"_row"}
            value = [{key: cell for key, cell in item.items() if key in known} for item in rows_of(value)]
        if is_empty(value):
            return {}
        self._note(Step(column.path, RESTORED, None, value, *place))
        return {column.field.key: value}
