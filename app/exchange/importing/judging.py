"""What becomes of each candidate: a new record, a change of one, nothing, or an error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.access.law import Mode
from app.database import db
from app.exchange.importing.answering import values_of
from app.exchange.importing.comparing import Comparison
from app.exchange.importing.ownership import STAYS
from app.exchange.importing.parsing import Remark
from app.exchange.layout import OWNER
from app.identity.models import Organization
from app.records.projection.tables import form_table
from app.records.writing import owners
from app.records.writing.context import context_for
from forms.answers.answer import rows_of
from forms.answers.prefill import prefill_row
from forms.answers.problems import Problem
from forms.answers.validation import TELL_NOTHING
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from app.access.actor import Actor
    from app.exchange.importing.answering import Meanings
    from app.exchange.importing.candidates import Candidate
    from app.exchange.importing.existing import Existing
    from app.exchange.importing.ownership import Owners
    from app.records.reading.looks import Looks
    from app.records.writing.bulk import Owner
    from forms.compiled import CompiledForm, Context

NEW, CHANGED, UNCHANGED, ERROR = "new", "changed", "unchanged", "error"
#: Attachments do not travel in a workbook; what lacks one can be a draft.
DUE = "attachment_due"
HELD_BACK = Label(
    "明细表中有错误，改正后本行才能导入", "There are errors on a detail sheet; this row waits until they are mended"
)
UNCERTAIN = Label(
    "此项现有内容有问题，请在页面上核对", "There is something wrong with what stands here; check it on the page"
)


@dataclass(slots=True)
class Verdict:
    """What becomes of a candidate.

    ``answers``: all of a new record, or what changes. ``whole``: the answers that the record then has, as far as the
    actor may know them, for unique keys. ``due``: attachments that are still to come, as path and row.
    """

    candidate: Candidate
    action: str
    answers: dict[str, Any] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)
    existing: Existing | None = None
    #: Whose record it is or will be.
    organization: tuple[int, str] | None = None
    due: list[tuple[str, int | None]] = field(default_factory=list)
    removed: int = 0

    def settle(self) -> None:
        """Turn it into an error if anything is wrong with its rows; a bad row of a sub-table holds its record back."""
        candidate = self.candidate
        if not candidate.remarks:
            return
        self.action = ERROR
        below = next((item for item in candidate.remarks if item.sheet != candidate.line.sheet), None)
        if below is not None and all(item.code != "held_back" for item in candidate.remarks):
            table = next((key for key, lines in candidate.children.items() if lines[0].sheet == below.sheet), "")
            candidate.remark("held_back", HELD_BACK, table)


def _named(organization: Organization) -> tuple[int, str]:
    return organization.id, organization.name


def _discreet(
    problem: Problem, answers: Mapping[str, Any], before: Mapping[str, Any], modes: Mapping[str, Mode]
) -> Problem:
    """Return a problem that tells nothing of content that the actor may not see and has not just typed.

    :param answers: as they would be; *before*: as they were without the file.
    """
    if modes.get(problem.field, Mode.HIDE) is Mode.PLAIN or problem.code in TELL_NOTHING:
        return problem
    return (
        problem
        if _content(answers, problem) != _content(before, problem, answers)
        else replace(problem, message=UNCERTAIN)
    )


def _content(answers: Mapping[str, Any], problem: Problem, numbered: Mapping[str, Any] | None = None) -> Any:
    """Return what stands where a problem is; rows are those that *numbered* counts, found by their ids."""
    table, _, key = problem.field.partition(".")
    if not key:
        return answers.get(table)
    listed = rows_of((answers if numbered is None else numbered).get(table))
    if problem.row is None or problem.row > len(listed):
        return None
    identifier = listed[problem.row - 1].get("_row")
    return next((row.get(key) for row in rows_of(answers.get(table)) if row.get("_row") == identifier), None)


def _known(existing: Existing, looked: Collection[str]) -> dict[str, Any]:
    """Return those of a record's answers that another row of the file may be held against.

    They are plain, the actor's own words, or *looked* at.
    """
    modes, words = existing.view.modes, existing.words
    return {
        key: value
        for key, value in existing.stored.items()
        if key in looked or modes.get(key, Mode.HIDE) is Mode.PLAIN or value in words.get((key, None), ())
    }


@dataclass(frozen=True, slots=True)
class Fresh:
    """A candidate taken for a new record: its answers, cleaned, for whom it is, and what cannot be read of it."""

    answers: dict[str, Any]
    owner: Owner
    problems: list[Problem]


class Judge:
    """Judges the candidates of one file."""

    def __init__(self, actor: Actor, whose: Owners, paths: Collection[str], meanings: Meanings, looks: Looks) -> None:
        self._actor, self._whose, self._paths, self._meanings = actor, whose, paths, meanings
        self._looks = looks
        self._form = whose.home.compiled
        self._modes: dict[int, Mapping[str, Mode]] = {}
        self._contexts: dict[tuple[int, int], Context] = {}
        self._prefilled = {
            item.key
            for item in self._form.definition.subtables
            if any(column.prefill is not None or column.default is not None for column in item.fields)
        }

    def fresh(self, candidate: Candidate) -> Fresh:
        """Take a candidate for a new record."""
        form = self._form
        values = values_of(candidate.line, form.columns, self._paths, self._meanings)
        problems = [Problem(form.columns[key].path, None, e.code, e.message) for key, e in values.wrong.items()]
        owner, wrong = self._whose.of(candidate.line, values.filled)
        if wrong is not None and all(problem.field != wrong.field for problem in problems):
            problems.append(wrong)
        answers, _ = form.clean({**owner.initial, **values.filled})
        for table, lines in candidate.children.items():
            if table not in self._paths:
                continue
            columns = form.columns[table].columns
            rows = []
            for number, line in enumerate(lines, 1):
                cells = values_of(line, columns, self._paths, self._meanings)
                problems += [Problem(columns[key].path, number, e.code, e.message) for key, e in cells.wrong.items()]
                start = prefill_row(form, table, answers, owner.context) if table in self._prefilled else {}
                rows.append({**start, **cells.filled})
            answers.update(form.clean({table: rows})[0])
        return Fresh(answers, owner, problems)

    def new(self, candidate: Candidate, fresh: Fresh) -> Verdict:
        """Judge a candidate that is no record yet."""
        answers, owner = fresh.answers, fresh.owner
        found = Verdict(candidate, NEW, answers, answers, organization=_named(owner.organization))
        modes = self._modes.get(owner.organization.id)
        if modes is None:
            table, keys = form_table(self._form.definition.key), owners.keys_of_new(owner.organization)
            modes = self._modes[owner.organization.id] = owners.modes(self._actor, table, "V", keys)
        veil = partial(_discreet, answers=answers, before=owner.initial, modes=modes)
        self._tell(found, self._validated(self._form, answers, owner.context, fresh.problems, veil))
        return found

    def known(self, candidate: Candidate, existing: Existing) -> Verdict:
        """Judge a candidate that is a record already."""
        context = self._context(existing)
        comparison = Comparison(self._form, existing, self._paths, self._meanings, context)
        changes = comparison.changes(candidate)
        self._looks.note(existing.view.id, comparison.looked)
        known = _known(existing, comparison.looked)
        found = Verdict(candidate, UNCHANGED, changes.answers, known, existing, removed=changes.removed)
        owner = existing.view.organization
        found.organization = owner["id"], owner["name"]
        if not self._whose.stays(candidate.line, owner["id"]):
            candidate.remark("other_owner", STAYS, OWNER)
        if not changes.answers and not changes.problems:
            return found
        found.action = CHANGED
        if not existing.open:
            self._closed(candidate, existing)
            return found
        form = existing.view.compiled
        whole, _ = form.clean(form.merge(existing.stored, changes.answers))
        found.whole = {key: value for key, value in whole.items() if key in known or key in changes.answers}
        veil = partial(_discreet, answers=whole, before=existing.stored, modes=existing.view.modes)
        self._tell(found, self._validated(form, whole, context, changes.problems, veil))
        return found

    def _closed(self, candidate: Candidate, existing: Existing) -> None:
        state = existing.view.state_label
        text = Label(
            f"记录 {existing.view.serial} 现在是“{state.zh}”，不能修改",
            f"Record {existing.view.serial} is “{state.get('en')}” now and cannot be changed",
        )
        candidate.remark("not_editable" if candidate.record_id else "duplicate", text)

    def _context(self, existing: Existing) -> Context:
        view = existing.view
        key = (view.organization["id"], view.form_version)
        if key not in self._contexts:
            organization = db.session.get_one(Organization, view.organization["id"])
            self._contexts[key] = context_for(self._actor, view.definition, organization)
        known = self._contexts[key]
        return replace(known, previous=existing.stored, variables={**known.variables, "state": view.state})

    @staticmethod
    def _validated(
        form: CompiledForm,
        answers: dict[str, Any],
        context: Context,
        problems: Iterable[Problem],
        veil: Callable[[Problem], Problem],
    ) -> list[Problem]:
        """Return what cannot be read, and what is wrong or doubtful beside that, as *veil* leaves it.

        Nobody is asked to look again at what he cannot see: of a warning that *veil* changes nothing is told.
        """
        told = list(problems)
        places = {(problem.field, problem.row) for problem in told}
        for item in form.validate(answers, context=context):
            veiled = veil(item)
            if (item.field, item.row) not in places and (item.level == "error" or veiled is item):
                told.append(veiled)
        return told

    def _tell(self, verdict: Verdict, problems: Iterable[Problem]) -> None:
        candidate = verdict.candidate
        for problem in problems:
            if problem.code == DUE:
                verdict.due.append((problem.field, problem.row))
                continue
            table = problem.field.partition(".")[0]
            lines = candidate.children.get(table, [])
            message = problem.message
            if problem.row is not None and problem.row <= len(lines):
                line = lines[problem.row - 1]
                if line.left_out is not None:
                    zh, en = line.left_out.zh, line.left_out.get("en")
                    message = Label(f"“{zh}”这一行：{message.zh}", f"Row “{en}”: {message.get('en')}")
            else:
                line = candidate.line
                if problem.row is not None:
                    message = Label(f"第 {problem.row} 行明细：{message.zh}", f"Row {problem.row}: {message.get('en')}")
            among = candidate.remarks if problem.level == "error" else candidate.warnings
            among.append(Remark(line.sheet, line.row, problem.field, problem.code, message, problem.level))
