"""What is said about the answers on a page: problems and reviewers' notes, each at its field and above the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.records.entry.model import Message, NoteView
from app.records.entry.texts import note_heading
from app.records.reading.show_page import place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from forms.answers.problems import Problem
    from forms.definition import Definition


@dataclass(frozen=True)
class Said:
    """The problems and notes of one page; *hidden* are the fields that its reader does not see."""

    definition: Definition
    lang: str
    hidden: frozenset[str]
    problems: tuple[Problem, ...]
    notes: tuple[NoteView, ...]

    @classmethod
    def of(
        cls,
        definition: Definition,
        lang: str,
        hidden: Collection[str],
        problems: Iterable[Problem],
        notes: Iterable[Any],
    ) -> Said:
        """Gather them; *notes* have ``field``, ``row``, ``text``, ``severity`` and ``author_name``."""
        return cls(definition, lang, frozenset(hidden), tuple(problems), tuple(map(_note, notes)))

    def errors_in(self, keys: Collection[str]) -> int:
        """Return how many errors stand at some fields or in their rows."""
        return sum(1 for p in self.problems if p.field.partition(".")[0] in keys and p.level == "error")

    def messages(self, path: str, row: int | None) -> tuple[Message, ...]:
        """Return what is wrong with the field at *path*."""
        return tuple(
            Message(problem.message.get(self.lang), level=problem.level)
            for problem in self.problems
            if problem.field == path and problem.row == row
        )

    def notes_at(self, path: str, row: int | None) -> tuple[NoteView, ...]:
        """Return the reviewers' notes on the field at *path*."""
        return tuple(note for note in self.notes if note.field == path and note.row in {row, None})

    def note_links(self) -> tuple[Message, ...]:
        """Return the notes as lines that link to their fields."""
        return tuple(
            Message(
                note.text,
                note_heading(self.place(note.field, note.row), note.author),
                self.target(note.field, note.row),
            )
            for note in self.notes
        )

    def summary(self) -> tuple[Message, ...]:
        """Return every problem with the place it links to, in the order of the fields."""
        order = {path: index for index, path in enumerate(self.definition.paths)}
        problems = sorted(self.problems, key=lambda p: (order.get(p.field, -1), p.row or 0))
        return tuple(
            Message(p.message.get(self.lang), self.place(p.field, p.row), self.target(p.field, p.row), p.level)
            for p in problems
        )

    def place(self, path: str, row: int | None) -> str:
        """Return what a reader calls the field at *path*."""
        return place_of(self.definition, path, row, self.lang) if self.definition.has(path) else ""

    def target(self, path: str, row: int | None) -> str:
        """Return the id of the input at *path*; a field that is not on the page has none."""
        table, _, column = path.partition(".")
        if not self.definition.has(path) or table in self.hidden:
            return ""
        return f"f-{table}-{(row or 1) - 1}-{column}" if column else f"f-{path}"


def _note(note: Any) -> NoteView:
    if isinstance(note, NoteView):
        return note
    author = getattr(note, "author_name", "") or getattr(note, "author", "") or ""
    return NoteView(note.text, note.field or "", note.row, str(author), note.severity or "must")
