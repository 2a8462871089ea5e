"""Options, and lists or trees of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from forms.answers.typed_text import narrow_text
from forms.labels import Label


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: its code is stored and never changes, its label may."""

    code: str
    label: Label
    retired: bool = False
    parent: str | None = None
    kind: str | None = None
    alias: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A list or tree of options, in their order."""

    key: str
    title: Label
    options: tuple[Option, ...]

    @cached_property
    def _by_code(self) -> dict[str, Option]:
        return {option.code: option for option in self.options}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {option.code: place for place, option in enumerate(self.options)}

    @cached_property
    def _below(self) -> dict[str | None, tuple[Option, ...]]:
        found: dict[str | None, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.parent, []).append(option)
        return {code: tuple(options) for code, options in found.items()}

    @cached_property
    def _by_text(self) -> dict[str, tuple[str, ...]]:
        """Codes by what stands for them, the surest reading first: live labels, aliases, retired labels."""
        found: dict[str, tuple[str, ...]] = {}
        live = [option for option in self.options if not option.retired]
        retired = [option for option in self.options if option.retired]
        for options, aliases in ((live, False), (live, True), (retired, False), (retired, True)):
            ring: dict[str, list[str]] = {}
            for option in options:
                for text in {*map(folded, option.alias if aliases else _labels(option))} - {""}:
                    ring.setdefault(text, []).append(option.code)
            for text, codes in ring.items():
                found.setdefault(text, tuple(codes))
        for option in self.options:
            for label in _labels(option):
                found.setdefault(folded(f"{option.code}{label}"), (option.code,))
        return found

    @cached_property
    def is_tree(self) -> bool:
        """Whether any option stands below another."""
        return any(option.parent for option in self.options)

    def get(self, code: str) -> Option | None:
        """Return the option with *code*."""
        return self._by_code.get(code)

    def place(self, code: object) -> int | None:
        """Return the place of *code* in the list, from 0."""
        return self._places.get(code) if isinstance(code, str) else None

    def find(self, text: str) -> str | None:
        """Return the one code meant by *text*: a code, a label in either language, an alias or ``code label``."""
        if text in self._by_code:
            return text
        codes = self._by_text.get(folded(text), ())
        return codes[0] if len(codes) == 1 else None

    def find_all(self, text: str) -> tuple[Option, ...]:
        """Return the options that *text* may stand for."""
        codes = (text,) if text in self._by_code else self._by_text.get(folded(text), ())
        return tuple(self._by_code[code] for code in codes)

    def cell_text(self, code: str, language: str) -> str:
        """Return what stands for *code* in a workbook: its label, or ``code label`` where the label is not clear."""
        option = self.get(code)
        if option is None:
            return code
        label = option.label.get(language)
        return label if self.find(label) == code else f"{code} {label}"

    def children(self, code: str | None) -> tuple[Option, ...]:
        """Return the options directly below *code*; the roots for None."""
        return self._below.get(code, ())

    def path(self, code: str) -> tuple[Option, ...]:
        """Return the options from the root to *code*; empty when it is unknown."""
        trail: list[Option] = []
        option = self.get(code)
        while option is not None and option not in trail:
            trail.append(option)
            option = self.get(option.parent) if option.parent else None
        return tuple(reversed(trail))

    def under(self, code: str) -> frozenset[str]:
        """Return *code* and every code below it."""
        found, open_ = {code}, [code]
        while open_:
            below = [option.code for option in self.children(open_.pop()) if option.code not in found]
            found.update(below)
            open_ += below
        return frozenset(found)


class Shelf(dict[str, CodeList]):
    """Code lists by key, and beside them the other forms that a definition may speak of.

    ``form`` returns the raw definition of a form, None where there is none.
    """

    def __init__(self, lists: Mapping[str, CodeList], form: Callable[[str], Mapping[str, Any] | None]) -> None:
        super().__init__(lists)
        self.form = form


def folded(text: str) -> str:
    """Return *text* as labels are compared: without blanks, case and full-width forms."""
    return narrow_text(text).casefold()


def _labels(option: Option) -> Iterable[str]:
    return {option.label.zh, option.label.en} - {""}
