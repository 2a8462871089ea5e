"""The job that reads an uploaded file and finds out what importing it would do; nothing is written to records."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.access.query import tagged
from app.database import db, unit_of_work, utcnow
from app.errors import NotFound
from app.exchange import isolation
from app.exchange.importing import parsing, previewing, staging, unfinished
from app.exchange.importing.answering import Meanings
from app.exchange.importing.candidates import gather
from app.exchange.importing.existing import find
from app.exchange.importing.fixed import arrange
from app.exchange.importing.judging import CHANGED, ERROR, NEW, UNCHANGED, Judge, Verdict
from app.exchange.importing.ownership import Owners
from app.exchange.layout import RECORD, fillable
from app.exchange.models import CHECKING, DONE, READY, Import
from app.jobs.registry import handler
from app.records.projection.tables import form_table
from app.records.reading.looks import Looks
from app.records.writing import matching, owners
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.access.actor import Actor
    from app.exchange.importing.candidates import Candidate
    from app.exchange.importing.judging import Fresh
    from app.exchange.importing.parsing import Parsed, Remark
    from app.jobs.context import JobContext
    from app.records.projection.tables import FormTable

KIND = "import_check"
#: How many rows are judged between two reports.
STEP = 200
#: What is shown of a file before it is imported.
SHOWN_ROWS, SHOWN_ERRORS = 10, 200
NOT_FOUND = Label(
    "没有找到这个编号的记录，请核对；新记录请填本文件内的序号",
    "There is no record of this number; give new ones numbers of your own",
)
IMPORTED_BEFORE = Label(
    "这个文件已经导入过；这一行没有可以识别的编号，为避免重复不再导入",
    "This file was imported before; this row has nothing to be recognised by and is not imported twice",
)

IMPORTED_BY_ANOTHER = Label(
    "本单位其他人已经导入过这个文件；您看不到其中的关键内容，无法核对是否重复，为避免重复不再导入",
    "A colleague has imported this file before. What its rows are known by is masked for you: none is imported twice",
)


@handler(KIND, given_up=unfinished.given_up)
def check(job: JobContext) -> dict[str, Any]:
    """Check the file of an import. Raises ``Invalid`` for a file that is not read, ``NotAllowed``."""
    found = db.session.get(Import, job.payload["import"])
    if found is None:
        raise NotFound
    if found.state != CHECKING:
        return {"import": found.id}
    cells = staging.cells_of(found.id)
    isolation.read(staging.upload_of(found.id, found.kind), found.kind, cells)
    parsed = parsing.parse(form_table(found.form_key).compiled, isolation.lines(cells))
    looks = Looks()
    verdicts, strays = _judged(job, found, parsed, looks)
    order = {placed.name: number for number, placed in enumerate(parsed.placed)}

    def placed_by(remark: Remark) -> tuple[int, int]:
        return order.get(remark.sheet, 0), remark.row

    remarks = [remark for verdict in verdicts for remark in verdict.candidate.remarks] + strays
    remarks.sort(key=placed_by)
    warnings = [remark for verdict in verdicts for remark in verdict.candidate.warnings]
    warnings.sort(key=placed_by)
    # Those first that hold something back: only so many are shown.
    notes = [remark.as_dict() for remark in [*remarks, *parsed.remarks, *warnings]]
    staging.write(found.id, staging.PLACES, [asdict(placed) for placed in parsed.placed])
    staging.write(found.id, staging.NOTES, notes)
    staging.write_rows(found.id, verdicts)
    with unit_of_work():
        job.checkpoint({"checked": True}, done=len(verdicts), total=len(verdicts))
        looks.log(job.actor, found.form_key, found.id)
        found.version_no = form_table(found.form_key).version_no
        found.counts = _counts(verdicts, strays, job.actor)
        found.preview = [previewing.item(verdict) for verdict in verdicts[:SHOWN_ROWS]]
        found.errors = notes[:SHOWN_ERRORS]
        found.state, found.ended_at = READY, utcnow()
    return {"import": found.id}


def _counts(verdicts: Iterable[Verdict], strays: list[Remark], actor: Actor) -> dict[str, int]:
    """Return how many rows there are of each kind; rows of sub-tables count only where they belong to no record.

    ``on_behalf``, only where there are some: new records of organizations that are not the actor's.
    """
    counts = dict.fromkeys(("rows", NEW, CHANGED, UNCHANGED, "errors", "warnings", "attachments", "removed"), 0)
    for verdict in verdicts:
        counts["rows"] += 1
        counts["errors" if verdict.action == ERROR else verdict.action] += 1
        if verdict.action in {NEW, CHANGED}:
            counts["attachments"] += bool(verdict.due)
            counts["removed"] += verdict.removed
            counts["warnings"] += bool(verdict.candidate.warnings)
        if verdict.action == NEW and verdict.organization and verdict.organization[0] not in actor.organizations:
            counts["on_behalf"] = counts.get("on_behalf", 0) + 1
    counts["rows"] += len(strays)
    counts["errors"] += len(strays)
    return counts


def _judged(job: JobContext, found: Import, parsed: Parsed, looks: Looks) -> tuple[list[Verdict], list[Remark]]:
    actor, form_key = job.actor, found.form_key
    table = form_table(form_key)
    owners.require_filler(actor, table.definition)
    candidates, strays = gather(parsed)
    arrange(table.compiled, candidates)
    paths = fillable(actor, table)
    meanings = Meanings(actor, table.compiled, paths, candidates)
    judge = Judge(actor, Owners(actor, form_key, candidates, meanings), paths, meanings, looks)
    job.progress(0, len(candidates))
    # Those that name no record: read as new ones first, since their keys may be those of records that are here.
    named = {item.record_id for item in candidates if item.record_id}
    fresh = {id(item): judge.fresh(item) for item in candidates if not item.record_id}
    keyed = [item for item in candidates if not item.record_id]
    read = [fresh[id(item)] for item in keyed]
    whose = [one.owner.organization.id for one in read]
    matches = matching.by_unique(actor, form_key, [one.answers for one in read], whose, looks=looks)
    meant = {id(item): record_id for item, record_id in zip(keyed, matches, strict=True) if record_id}
    existing = find(actor, form_key, {*named, *meant.values()})
    again = _again(actor, found, keyed, read)
    verdicts: list[Verdict] = []
    for number, item in enumerate(candidates, 1):
        record_id = item.record_id or meant.get(id(item))
        if record_id is None:
            verdict = judge.new(item, fresh[id(item)])
            if id(item) in again:
                item.remark("imported_before", again[id(item)])
        elif record_id in existing:
            verdict = judge.known(item, existing[record_id])
        else:
            item.remark("not_found", NOT_FOUND, RECORD)
            verdict = Verdict(item, ERROR)
        verdicts.append(verdict)
        if number % STEP == 0:
            job.progress(number)
    _tell_repeated(form_table(form_key), verdicts)
    for verdict in verdicts:
        verdict.settle()
    return verdicts, strays


def _again(actor: Actor, found: Import, rows: Sequence[Candidate], read: Sequence[Fresh]) -> dict[int, Label]:
    """Return, by identity, what is told of rows that would come in twice if they are matched with no record.

    The own organization has imported the same file already, and they have no unique key by which the actor would find
    their records: none at all, or one that is masked for him in what somebody else has written.
    """
    importers = _importers(found)
    if not importers:
        return {}
    told: dict[int, Label] = {}
    others = importers != {found.user_id}
    sees: dict[int, bool] = {}
    for item, one, keyless in zip(rows, read, _keyless(found, [one.answers for one in read]), strict=True):
        whose = one.owner.organization
        if keyless:
            told[id(item)] = IMPORTED_BEFORE
        elif others:
            if whose.id not in sees:
                sees[whose.id] = matching.recognises(actor, found.form_key, whose)
            if not sees[whose.id]:
                told[id(item)] = IMPORTED_BY_ANOTHER
    return told


def _importers(found: Import) -> set[int | None]:
    """Return who of the own organization has imported the same file already."""
    table = Import.__table__
    statement = (
        sa.select(table.c.user_id)
        .distinct()
        .where(
            table.c.form_key == found.form_key,
            table.c.organization_id == found.organization_id,
            table.c.sha256 == found.sha256,
            table.c.state == DONE,
            table.c.id != found.id,
        )
    )
    return set(db.session.scalars(tagged(statement, "imports of the own organization")))


def _keyless(found: Import, rows: list[dict[str, Any]]) -> list[bool]:
    """Tell of each row whether it has no unique key by which its record would be found again."""
    table = form_table(found.form_key)
    without = [True] * len(rows)
    for unique in table.definition.unique:
        keys = matching.keys_of(table, unique, rows)
        without = [before and key is None for before, key in zip(without, keys, strict=True)]
    return without


def _tell_repeated(table: FormTable, verdicts: list[Verdict]) -> None:
    """Tell the later of two rows that mean the same record, or would have the same unique key."""
    first: dict[tuple[Any, ...], Candidate] = {}

    def meet(verdict: Verdict, key: tuple[Any, ...], path: str, text: Label) -> None:
        earlier = first.setdefault(key, verdict.candidate)
        if earlier is not verdict.candidate and all(item.code != "repeated" for item in verdict.candidate.remarks):
            row = earlier.line.row
            message = Label(f"与第 {row} 行{text.zh}", f"{text.get('en')} as row {row}")
            verdict.candidate.remark("repeated", message, path)

    for verdict in verdicts:
        if verdict.existing is not None:
            meet(verdict, ("_record", verdict.existing.view.id), RECORD, Label("是同一条记录", "The same record"))
    for number, unique in enumerate(table.definition.unique):
        labels = [table.definition.key_label(key) for key in unique.fields]
        zh, en = "、".join(label.zh for label in labels), ", ".join(label.get("en") for label in labels)
        keys = matching.keys_of(table, unique, [verdict.whole for verdict in verdicts])
        for verdict, key in zip(verdicts, keys, strict=True):
            if key is not None:
                meet(
                    verdict, (number, verdict.organization, *key), unique.place, Label(f"的{zh}相同", f"The same {en}")
                )
