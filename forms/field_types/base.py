"""What every field type answers: each aspect of it in one class, so that a new type is one new file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

from pypinyin import Style, lazy_pinyin

from forms.answers.masks import MASKS, WHOLE, mask
from forms.answers.problems import Invalid
from forms.answers.typed_text import narrow_text, plain_text, read_number, refuse_rounded, wrong_check_digit
from forms.definition import CodeList, Field
from forms.labels import Label

__all__ = [
    "EQUALITY",
    "MASKS",
    "ORDER",
    "SORT_KEY_LENGTH",
    "TEXT",
    "Compiled",
    "ExcelColumn",
    "FieldType",
    "Setting",
    "mask",
    "narrow_text",
    "pinyin_key",
    "plain_text",
    "read_number",
    "refuse_rounded",
    "wrong_check_digit",
]

Compiled = Callable[[Any], Any]

SORT_KEY_LENGTH = 200

EQUALITY = ("eq", "ne", "in", "not_in", "empty", "not_empty")
ORDER = ("lt", "lte", "gt", "gte", "between")
TEXT = ("contains", "starts")


@dataclass(frozen=True, slots=True)
class Setting:
    """One property of a field that the builder offers for its type.

    ``kind`` is ``integer``, ``number``, ``bool``, ``text``, ``label``, ``list``, ``codelist`` or ``options`` (codes
    with labels, written as the options of a choice). An integer lies between ``least`` and ``most``; a text is one of
    ``choices`` where there are any.
    """

    name: str
    kind: str
    label: Label
    default: Any = None
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    def complaint(self, value: Any) -> Label | None:
        """Return what is wrong with *value*, which is of the kind already."""
        if self.choices and value not in self.choices:
            zh, en = "、".join(self.choices), ", ".join(self.choices)
            return Label(f"“{self.label.zh}”只能是 {zh}", f"“{self.label.en}” is one of {en}")
        low = self.least is not None and value < self.least
        if low or (self.most is not None and value > self.most):
            return Label(
                f"“{self.label.zh}”应在 {self.least} 到 {self.most} 之间",
                f"“{self.label.en}” lies between {self.least} and {self.most}",
            )
        return None


@dataclass(frozen=True, slots=True)
class ExcelColumn:
    """How a field looks in a workbook."""

    width: int
    text: bool = False
    number_format: str | None = None
    dropdown: tuple[str, ...] | None = None
    note: str = ""


@lru_cache(maxsize=8192)
def pinyin_key(text: str) -> str:
    """Return the key by which Chinese text sorts: its pinyin, then the text itself; ASCII text sorts by itself."""
    if not text:
        return ""
    if text.isascii():
        return text.casefold()[:SORT_KEY_LENGTH]
    syllables = lazy_pinyin(text[:40], style=Style.NORMAL, errors="default")
    return f"{' '.join(syllables).casefold()}\x01{text}"[:SORT_KEY_LENGTH]


class FieldType:
    """A kind of question. Canonical values are the JSON values of the API; empty never reaches these methods."""

    name: ClassVar[str]
    label: ClassVar[Label]
    #: Under which heading of :data:`forms.palette.GROUPS` the builder offers it, and what it says about it.
    group: ClassVar[str] = "text"
    about: ClassVar[Label] = Label("", "")
    #: Whether an answer is stored at all (a note has none).
    stores: ClassVar[bool] = True
    #: Whether the form works the answer out and nobody types it.
    computes: ClassVar[bool] = False
    #: Whether answers are codes of the field's options or code list.
    has_options: ClassVar[bool] = False
    #: Whether the answer is a record of the field's ``form``, ``{"id", "label"}``; its label has a column of its own.
    refers: ClassVar[bool] = False
    #: Whether an answer is a mapping by the keys of :meth:`parts`.
    parted: ClassVar[bool] = False
    #: Whether a text stands in a column of its own beside the column: the label of a reference, the line of an address.
    labelled: ClassVar[bool] = False
    #: Whether answers are attachments, which travel in no workbook.
    attachment: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    settings: ClassVar[tuple[Setting, ...]] = ()
    #: Type of the projection column: text integer numeric date bool json, or None for no column.
    column_kind: ClassVar[str | None] = "text"
    #: Decimal places of a numeric column whose field does not set ``places``.
    places: ClassVar[int] = 0
    sortable: ClassVar[bool] = True
    searchable: ClassVar[bool] = False
    #: Name of the macro that draws the field on the entry page.
    widget: ClassVar[str] = "input"
    #: Whether a page posts any number of values for it.
    several: ClassVar[bool] = False
    #: Whether its values are few, so that a summary counts each of them.
    counted: ClassVar[bool] = False
    #: Whether its values are so short that no cell breaks them over two lines.
    short: ClassVar[bool] = False
    #: Whether it takes the whole width of a page.
    wide: ClassVar[bool] = False
    #: HTML attributes of the input.
    html_type: ClassVar[str] = "text"
    placeholder: ClassVar[str] = ""
    inputmode: ClassVar[str | None] = None

    def parts(self, field: Field) -> tuple[Field, ...]:
        """Return the inputs of an answer that has several, each as a field; the answer is a mapping by their keys.

        A part whose type has options chooses from those of the field.
        """
        return ()

    def codes(self, value: Any) -> list[Any]:
        """Return the codes that a canonical value has chosen; of a type without options it means nothing."""
        return value if isinstance(value, list) else [value]

    def pieces(self, field: Field, code: str) -> list[Any]:
        """Return pieces of JSON: an answer that has chosen *code* holds one of them (of a type with a JSON column)."""
        return [[code]]

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        """Return the check: raw value (API JSON, form text, Excel cell) → canonical value; it raises Invalid."""
        raise NotImplementedError

    def check_complete(self, field: Field, value: Any, *, required: bool) -> None:
        """Raise Invalid where a canonical value lacks a part that it needs; run on submitting."""

    def check_beside(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> None:
        """Raise Invalid where a canonical value does not go with the other answers (of its row); run on submitting."""

    def doubts(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> Iterable[Invalid]:
        """Return what somebody should look at again in a canonical value that may be right all the same.

        A doubt is a warning: it is told wherever problems are told and never keeps an answer back.
        """
        return ()

    def column_value(self, field: Field, value: Any) -> Any:
        """Return the projection column's value."""
        return value

    def beside_value(self, field: Field, value: Any) -> str:
        """Return the text that stands beside the column, of a type that is ``labelled``."""
        raise NotImplementedError

    def from_columns(self, field: Field, stored: Any, beside: str) -> Any:
        """Return the canonical value that the column and the text beside it stand for, of a ``labelled`` type."""
        raise NotImplementedError

    def from_column(self, field: Field, stored: Any) -> Any:
        """Return the canonical value that a column's value stands for, of a type that is not ``labelled``."""
        if isinstance(stored, Decimal):
            return format(stored.quantize(Decimal(1).scaleb(-field.setting("places", self.places))), "f")
        return stored.isoformat() if isinstance(stored, date) else stored

    def filter_value(self, field: Field, raw: Any, check: Compiled, code_list: CodeList | None) -> Any:
        """Return what a filter compares the column with; raises Invalid for what no answer could be.

        For a column of JSON it is a list: of pieces of JSON, one of which the answer must hold.
        """
        return self.column_value(field, check(raw))

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        """Return the byte-ordered key by which text sorts."""
        return pinyin_key(self.display(field, value, "zh", code_list))

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        """Return the value as a reader sees it."""
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        """Return the value as one sees it who may not see it."""
        return mask(field.mask, str(value)) if isinstance(value, str | int) else WHOLE

    def excel(self, field: Field, code_list: CodeList | None, language: str) -> ExcelColumn:
        """Return the look of the column in a workbook."""
        return ExcelColumn(width=18, text=True, note=self.note(field, language))

    def note(self, field: Field, language: str) -> str:
        """Return how to fill the field, in a few words."""
        return self.label.get(language)

    def to_excel(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> Any:
        """Return the cell's value."""
        return self.display(field, value, language, code_list)

    def from_excel(self, field: Field, cell: Any, code_list: CodeList | None) -> Any:
        """Return the raw value meant by a cell."""
        return cell

    def from_form(self, field: Field, values: Sequence[str], code_list: CodeList | None) -> Any:
        """Return the raw value that a page posts as *values*, none of them blank; None where there is none."""
        if self.several:
            return list(dict.fromkeys(values)) or None
        if not values:
            return None
        chosen = code_list.find(values[-1]) if self.has_options and code_list is not None else None
        return chosen or values[-1]

    def difference(self, field: Field, old: Any, new: Any, language: str, code_list: CodeList | None) -> str:
        """Return a change in words."""
        before, after = (
            self.display(field, v, language, code_list) if v not in (None, "", []) else "—" for v in (old, new)
        )
        return f"{before} → {after}"

    def xlsform(self, field: Field) -> str | None:
        """Return the XLSForm type, or None where XLSForm cannot say it."""
        return "text"

    #: The standard appearance that goes with the XLSForm type.
    xlsform_appearance: ClassVar[str] = ""
    #: What other tools write for this type: an XLSForm type, or one with an appearance.
    xlsform_reads: ClassVar[tuple[str, ...]] = ()
    #: Settings that XLSForm says as a part of the constraint, with ``$n`` for the value.
    xlsform_limits: ClassVar[Mapping[str, str]] = {}
    #: Whether a question is asked at all: only then is it required, constrained, read only or has it a default.
    xlsform_input: ClassVar[bool] = True

    #: Settings that XLSForm says by the questions of a group, of a type with parts.
    xlsform_parts: ClassVar[tuple[str, ...]] = ()

    def from_xlsform_parts(self, parts: Sequence[tuple[str, Label | None]]) -> Mapping[str, Any]:
        """Return the settings that the questions of a group mean, each a key and a label."""
        return {}

    def xlsform_parameters(self, field: Field) -> Mapping[str, str]:
        """Return the parameters of the XLSForm type."""
        return {}

    def from_xlsform_parameters(self, parameters: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return the settings that *parameters* mean, None where this type cannot say them."""
        return {}

    def xlsform_value(self, field: Field, value: Any) -> str:
        """Return a default as XLSForm writes it."""
        return str(value)

    def from_xlsform_value(self, text: str) -> Any:
        """Return the default that XLSForm writes as *text*."""
        return text

    def check_settings(self, field: Field) -> list[Label]:
        """Return what is wrong with the field's settings; they are of the kinds that the type declares."""
        given = ((setting, field.settings.get(setting.name)) for setting in self.settings)
        found = (setting.complaint(value) for setting, value in given if value is not None)
        return [message for message in found if message is not None]
