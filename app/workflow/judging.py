"""What a step asks for besides the right to take it: the moment, words, complete answers, the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import BadRequest, Conflict, Invalid
from app.workflow import rules
from forms.answers.problems import Problem
from forms.labels import Label

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.workflow.notes import Note
    from app.workflow.rules import Standing
    from forms.compiled import Context
    from forms.workflow import Verb


def check_moment(at: Standing, verb: Verb, lock_version: int | None, *, system: bool = False) -> None:
    """Raise ``Conflict`` where the record has moved on or stands elsewhere, ``BadRequest`` for no lock."""
    if lock_version is None and not system:
        raise BadRequest(Label("缺少 lock_version。", "lock_version is missing."), code="lock_version")
    if lock_version is not None and lock_version != at.lock_version:
        raise Conflict(
            Label("该记录已有新的修改，请核对后再办理。", "The record has changed since. Look at it, then decide."),
            code="stale",
            lock_version=at.lock_version,
        )
    if at.state not in verb.from_:
        state = at.workflow.states.get(at.state)
        label = state.label if state else Label(at.state)
        raise Conflict(
            Label(
                f"该记录现在是“{label.zh}”，不能办理“{verb.label.zh}”，可能已被他人处理。",
                f"The record is “{label.get('en')}” now; “{verb.label.get('en')}” is not possible.",
            ),
            code="state",
            state=at.state,
            lock_version=at.lock_version,
        )
    if verb.kind == "recall" and not rules.undecided(at):
        raise Conflict(Label("审核人已经处理，不能撤回。", "A reviewer has decided already."), code="decided")


def check_words(verb: Verb, comment: str, notes: Collection[Note]) -> None:
    """Raise ``Invalid`` for a return without a note, or a step without the comment that it needs."""
    if verb.kind == "return" and not notes:
        text = Label("退回时请至少写一条批注，说明哪里要改", "A return needs at least one note on what to mend")
        raise Invalid(errors=[Problem("notes", None, "required", text)])
    if verb.needs_comment and not comment and not notes:
        raise Invalid(errors=[Problem("comment", None, "required", Label("请填写说明", "Write a comment"))])


def check_answers(at: Standing, verb: Verb, known: Context) -> None:
    """Raise ``Invalid`` with what a submission lacks, or where the guard does not hold."""
    if verb.kind == "submit":
        problems = [item for item in at.compiled.validate(at.answers, context=known) if item.level == "error"]
        if problems:
            raise Invalid(errors=problems, id=at.record_id, lock_version=at.lock_version)
    if not rules.guard_holds(verb, at, known):
        raise Invalid(verb.guard_message, code="guard", errors=[Problem("", None, "guard", verb.guard_message)])
