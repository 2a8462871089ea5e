"""Which field type an XLSForm type means, and how a type that XLSForm does not know leaves its name behind."""

from __future__ import annotations

from forms import field_types
from forms.definition import CodeList, Field
from forms.labels import Label

#: A word of the appearance, ignored by other tools, that keeps the name of a type of ours.
MARK = "xqt-"
SWITCH = "bool"
TREE = "tree"


def marked(appearance: str, name: str) -> str:
    """Return *appearance* with the mark of the type *name*."""
    return f"{appearance} {MARK}{name}".strip()


def spellings() -> dict[str, str]:
    """Return the type that each spelling means: an XLSForm type, or one with an appearance."""
    return {text: kind.name for kind in field_types.FIELD_TYPES.values() for text in kind.xlsform_reads}


def mark_of(word: str, appearance: str) -> str:
    """Return the type whose mark *appearance* carries, if it is one that is written as *word*."""
    for part in appearance.split():
        kind = field_types.FIELD_TYPES.get(part.removeprefix(MARK)) if part.startswith(MARK) else None
        if kind is not None and _word_of(kind) == word:
            return kind.name
    return ""


def grouped_as(appearance: str) -> str:
    """Return the type with parts that a group of this appearance stands for, if it does."""
    known = spellings()
    for part in appearance.split():
        kind = field_types.FIELD_TYPES.get(part.removeprefix(MARK)) if part.startswith(MARK) else None
        if kind is not None and kind.parted:
            return kind.name
        if f"begin group {part}" in known:
            return known[f"begin group {part}"]
    return ""


def _word_of(kind: field_types.FieldType) -> str:
    return (kind.xlsform(Field("x", kind.name, Label(""))) or "").partition(" ")[0]


def would_read(word: str, appearance: str, codes: CodeList | None, *, yes_no: bool = False) -> str:
    """Return the type that is read for an XLSForm type with an appearance; nothing for one that is not known."""
    if found := mark_of(word, appearance):
        return found
    if word == "select_one":
        if yes_no or is_switch({option.code for option in codes.options} if codes else set()):
            return SWITCH
        if codes is not None and codes.is_tree:
            return TREE
    known = spellings()
    for part in appearance.split():
        if f"{word} {part}" in known:
            return known[f"{word} {part}"]
    return known.get(word, "")


def is_switch(codes: set[str]) -> bool:
    """Tell whether a list with these codes asks for yes or no."""
    return {code.casefold() for code in codes} == {"yes", "no"}
