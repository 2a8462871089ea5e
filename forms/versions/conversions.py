"""What becomes of an answer whose field has got another type: the table of what is allowed, and how it is done.

A conversion never guesses: it brings the old answer into a shape that the new type may know, and the check of the new
type decides. What it refuses is set aside by the caller, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from forms import field_types
from forms.answers.answer import Column, is_empty
from forms.answers.problems import Invalid
from forms.definition import CodeList, Field
from forms.field_types.base import FieldType
from forms.labels import Label

#: Lossless; a job with a dry run. What stands in neither is refused: retire the field and add another one.
LOSSLESS, JOB = "lossless", "job"

#: By families of types. Rows: from; columns: to.
TABLE: Mapping[str, Mapping[str, str]] = {
    "text": dict.fromkeys(("text", "integer", "decimal", "date", "bool", "single", "multi", "reference"), JOB),
    "integer": {"text": LOSSLESS, "integer": JOB, "decimal": LOSSLESS, "bool": JOB, "single": JOB},
    "decimal": {"text": LOSSLESS, "integer": JOB, "decimal": JOB},
    "date": {"text": LOSSLESS, "date": JOB},
    "bool": {"text": LOSSLESS, "single": LOSSLESS},
    "single": {"text": LOSSLESS, "integer": JOB, "decimal": JOB, "bool": JOB, "single": JOB, "multi": LOSSLESS}
    | {"reference": JOB},
    "multi": {"text": LOSSLESS, "single": JOB, "multi": JOB},
    "reference": {"text": LOSSLESS, "single": JOB, "reference": JOB},
}
#: Texts that take anything; whatever else is stored as text (a phone number, a month) checks what it takes.
PLAIN_TEXT = frozenset({"text", "textarea"})
_KINDS = {"text": "text", "integer": "integer", "numeric": "decimal", "date": "date", "bool": "bool"}

NOT_FOUND = Label("没有找到这个名称的记录", "No record goes by this name")
SEVERAL = Label("选了多项，不能转为单选", "Several were chosen; only one can be kept")

#: ``(field of the new version, name) → {"id", "label"}`` of the one record that goes by this name, or ``None``.
Lookup = Callable[[Column, str], "dict[str, str] | None"]


def nobody(_column: Column, _name: str) -> None:
    """Find no record by its name."""


@dataclass(frozen=True, slots=True)
class Converted:
    """An answer under its new type. ``same``: it reads as it did before."""

    value: Any
    same: bool


def family(field_type: FieldType) -> str | None:
    """Return the family of a type in :data:`TABLE`; ``None`` for what is never converted (notes, computed fields …)."""
    kept = field_type.stores and not (field_type.computes or field_type.attachment or field_type.parted)
    if not kept or field_type.column_kind is None:
        return None
    if field_type.refers:
        return "reference"
    if field_type.has_options:
        return "multi" if field_type.column_kind == "json" else "single"
    return _KINDS.get(field_type.column_kind)


def grade(old: str, new: str) -> str | None:
    """Return how answers of a field of type *old* become those of type *new*; ``None``: they do not.

    Raises ``KeyError`` for a type that does not exist.
    """
    source, target = field_types.get(old), field_types.get(new)
    found = TABLE.get(family(source) or "", {}).get(family(target) or "")
    checks_text = family(target) == "text" and target.name not in PLAIN_TEXT
    return JOB if found == LOSSLESS and checks_text else found


def stays(old: Field, new: Field) -> bool:
    """Tell whether answers of *old* are answers of *new* as they stand (but for options that are no more)."""
    return old.type == new.type and old.form == new.form


def carries(old: Field, new: Field) -> bool:
    """Tell whether answers of *old* find a place in *new*, converted or as they stand."""
    return stays(old, new) or grade(old.type, new.type) is not None


def convert(old: Column, new: Column, value: Any, lookup: Lookup = nobody) -> Converted:
    """Return *value*, an answer to *old*, as an answer to *new*. Raises ``Invalid`` where it is none.

    A draft's answer that never fitted its own type counts as the text that was typed.
    """
    error = Invalid("not_convertible", Label("无法转换", "Cannot be converted"))
    for candidate in _candidates(old, new, value, lookup):
        try:
            found = new.check(candidate)
        except Invalid as refused:
            error = refused
            continue
        if not is_empty(found):
            return Converted(found, _reads(old, value) == _reads(new, found))
    raise error


def reads(column: Column, value: Any) -> str:
    """Return an answer as text, whether it fits its type or not: what is kept of one that is set aside."""
    try:
        return column.type.display(column.field, value, "zh", column.code_list)
    except (ValueError, TypeError, ArithmeticError, AttributeError, KeyError):
        return str(value)


_reads = reads


def _fits(column: Column, value: Any) -> bool:
    try:
        column.check(value)
    except Invalid:
        return False
    return True


def _candidates(old: Column, new: Column, value: Any, lookup: Lookup) -> Iterable[Any]:
    source, target = family(old.type), family(new.type)
    if stays(old.field, new.field) and not old.type.has_options:
        return [value]
    if not stays(old.field, new.field) and grade(old.field.type, new.field.type) is None:
        return []
    if source != "text" and not _fits(old, value):
        source, value = "text", value if isinstance(value, str) else _reads(old, value)
    if target == "reference":
        return _named(new, [_reads(old, value)], lookup)
    if target == "text":
        return [_written(source, old, value)]
    found: Iterable[Any] = _WAYS.get((str(source), str(target)), _as_it_is)(old, new, value)
    return found


def _written(source: str | None, old: Column, value: Any) -> str:
    """Return a value as text from which nothing is lost: codes with their labels, references with their ids."""
    if source == "single":
        return _coded(old.code_list, value)
    if source == "multi":
        return "、".join(_coded(old.code_list, code) for code in value)
    if source == "reference":
        label = value.get("label") or ""
        return f"{label} [{value['id']}]" if label else str(value["id"])
    return str(value) if source in {"integer", "decimal", "date", "text"} else _reads(old, value)


def _coded(codes: CodeList | None, code: str) -> str:
    option = codes.get(code) if codes is not None else None
    return code if option is None or option.label.zh == code else f"{code} {option.label.zh}"


def _named(new: Column, names: Iterable[str], lookup: Lookup) -> list[Any]:
    found = [record for name in names if (record := lookup(new, name)) is not None]
    if not found:
        raise Invalid("not_found", NOT_FOUND)
    return found


def _as_it_is(_old: Column, _new: Column, value: Any) -> list[Any]:
    return [value if isinstance(value, list | dict) else str(value)]


def _rounded(_old: Column, _new: Column, value: Any) -> list[Any]:
    try:
        return [int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))]
    except InvalidOperation:
        return [str(value)]


def _yes_or_no(_old: Column, _new: Column, value: Any) -> list[Any]:
    return ["是", "Yes", "true", "1", "Y"] if value else ["否", "No", "false", "0", "N"]


def _labelled(old: Column, _new: Column, value: Any) -> list[Any]:
    """Return what a chosen option may be called: by both labels, then by its code."""
    option = old.code_list.get(value) if old.code_list is not None else None
    labels = [option.label.zh, option.label.en] if option is not None else []
    return [text for text in (*labels, value) if text]


def _mapped(old: Column, new: Column, code: str) -> list[Any]:
    """Return the same: an option that means the same by code and label comes first."""
    before = old.code_list.get(code) if old.code_list is not None else None
    after = new.code_list.get(code) if new.code_list is not None else None
    alike = before is not None and after is not None and before.label.zh == after.label.zh
    return [code, *_labelled(old, new, code)] if alike else _labelled(old, new, code)


def _one_of_many(old: Column, new: Column, value: Any) -> list[Any]:
    if len(value) > 1:
        raise Invalid("several", SEVERAL)
    return _mapped(old, new, value[0])


def _each(old: Column, new: Column, value: Any) -> list[Any]:
    return [[_code_in(old, new, code) for code in (value if isinstance(value, list) else [value])]]


def _code_in(old: Column, new: Column, code: str) -> str:
    """Return the option of *new* that stands for one of *old*; the label where there is none, to be refused by it."""
    known = new.code_list
    texts = _mapped(old, new, code)
    return next((found for text in texts if known is not None and (found := known.find(text))), texts[0])


_WAYS: Mapping[tuple[str, str], Callable[[Column, Column, Any], list[Any]]] = {
    ("decimal", "integer"): _rounded,
    ("bool", "single"): _yes_or_no,
    ("single", "integer"): _labelled,
    ("single", "decimal"): _labelled,
    ("single", "bool"): _labelled,
    ("single", "single"): _mapped,
    ("single", "multi"): _each,
    ("multi", "single"): _one_of_many,
    ("multi", "multi"): _each,
    ("reference", "single"): lambda old, _new, value: [_reads(old, value)],
}
