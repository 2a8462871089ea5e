"""What every field type answers: each aspect of it in one class, so that a new type is one new file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import wtforms
from pypinyin import Style, lazy_pinyin

from forms.definition import CodeList, Field
from forms.labels import Label
from forms.problems import Invalid

Compiled = Callable[[Any], Any]

SORT_KEY_LENGTH = 200
#: Excel keeps 15 significant digits; a longer number in a number cell has already lost its last ones.
EXCEL_DIGITS = 15

EQUALITY = ("eq", "ne", "in", "not_in", "empty", "not_empty")
ORDER = ("lt", "lte", "gt", "gte", "between")
TEXT = ("contains", "starts")


@dataclass(frozen=True, slots=True)
class Setting:
    """One property of a field that the builder offers for its type.

    ``kind`` is ``integer``, ``number``, ``bool``, ``text``, ``list`` or ``codelist``.
    """

    name: str
    kind: str
    label: Label
    default: Any = None


@dataclass(frozen=True, slots=True)
class ExcelColumn:
    """How a field looks in a workbook."""

    width: int
    text: bool = False
    number_format: str | None = None
    dropdown: tuple[str, ...] | None = None
    note: str = ""


def plain_text(raw: Any) -> str:
    """Return *raw* as text: full-width characters narrowed, strange blanks and zero-width marks gone, trimmed.

    A whole number that arrives as a float (Excel) is written without its ``.0``.
    """
    if isinstance(raw, str):
        text = raw
    elif isinstance(raw, bool):
        return "true" if raw else "false"
    elif isinstance(raw, float):
        text = str(int(raw)) if raw.is_integer() else repr(raw)
    elif isinstance(raw, date):
        text = raw.isoformat()
    else:
        text = str(raw)
    # Printable text holds no mark, no control character and no blank but the plain one.
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    return "".join(map(_plain_character, text)).strip()


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return "" if category in {"Cf", "Cc", "Cs"} and character not in "\n\t" else character


def narrow_text(raw: Any) -> str:
    """Return *raw* as text with compatibility forms (full-width digits and letters) narrowed and no blanks at all."""
    text = plain_text(raw)
    return "".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split())


ROUNDED = Label(
    "Excel 已把这个号码的末几位改成 0，请把单元格设为“文本”后重新填写",
    "Excel has rounded the last digits of this number; set the cell to Text and type it again",
)
#: How a long number looks once a spreadsheet has saved it as text.
SCIENTIFIC = re.compile(r"\s*[1-9](\.\d+)?[Ee]\+\d{2}\s*", re.ASCII)


def refuse_rounded(raw: Any) -> None:
    """Raise Invalid when a cell of a workbook cannot have kept all the digits of an identifier."""
    if isinstance(raw, str):
        rounded = SCIENTIFIC.fullmatch(raw) is not None
    else:
        rounded = isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= 10**EXCEL_DIGITS
    if rounded:
        raise Invalid("rounded_by_excel", ROUNDED)


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
    #: Whether an answer is stored at all (a note has none).
    stores: ClassVar[bool] = True
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    settings: ClassVar[tuple[Setting, ...]] = ()
    #: Type of the projection column: text integer numeric date bool json, or None for no column.
    column_kind: ClassVar[str | None] = "text"
    sortable: ClassVar[bool] = True
    searchable: ClassVar[bool] = False
    #: Name of the macro that draws the field on the entry page.
    widget: ClassVar[str] = "input"
    #: HTML attributes of the input.
    html_type: ClassVar[str] = "text"
    inputmode: ClassVar[str | None] = None

    def compile(self, field: Field, code_list: CodeList | None) -> Compiled:
        """Return the check: raw value (API JSON, form text, Excel cell) → canonical value; it raises Invalid."""
        raise NotImplementedError

    def check_beside(self, field: Field, value: Any, siblings: Mapping[str, Any]) -> None:
        """Raise Invalid where a canonical value does not go with the other answers (of its row); run on submitting."""

    def column_value(self, field: Field, value: Any) -> Any:
        """Return the projection column's value."""
        return value

    def sort_key(self, field: Field, value: Any, code_list: CodeList | None) -> str:
        """Return the byte-ordered key by which text sorts."""
        return pinyin_key(self.display(field, value, "zh", code_list))

    def display(self, field: Field, value: Any, language: str, code_list: CodeList | None) -> str:
        """Return the value as a reader sees it."""
        return str(value)

    def masked(self, field: Field, value: Any) -> Any:
        """Return the value as one sees it who may not see it."""
        return mask(field.mask, str(value)) if isinstance(value, str | int) else "***"

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

    def wtforms_field(self, field: Field, code_list: CodeList | None, language: str, validators: Sequence[Any]) -> Any:
        """Return the WTForms field."""
        return wtforms.StringField(field.label.get(language), validators=list(validators))

    def from_form(self, field: Field, values: Sequence[str]) -> Any:
        """Return the raw value of a posted form."""
        return values[-1] if values else None

    def difference(self, field: Field, old: Any, new: Any, language: str, code_list: CodeList | None) -> str:
        """Return a change in words."""
        before, after = (
            self.display(field, v, language, code_list) if v not in (None, "", []) else "—" for v in (old, new)
        )
        return f"{before} → {after}"

    def xlsform(self, field: Field) -> str | None:
        """Return the XLSForm type, or None where XLSForm cannot say it."""
        return "text"

    def check_settings(self, field: Field) -> list[Label]:
        """Return what is wrong with the field's settings."""
        return []


def mask(rule: str | None, text: str) -> str:
    """Return *text* masked by name_m, idcard_m, phone_m, bank_m, addr_m, email_m or hide; ``***`` by any other rule."""
    return _MASKS.get(rule or "", _whole)(text)


def _whole(_text: str) -> str:
    return "***"


def _name(text: str) -> str:
    return text[:1] + "*" * max(1, len(text) - 1)


def _middle(text: str, head: int, tail: int) -> str:
    if len(text) < head + tail + 4:
        return text[:1] + "*" * max(3, len(text) - 1)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]


def _address(text: str) -> str:
    for mark in ("街道", "镇", "乡", "区", "县", "市"):
        head, found, rest = text.partition(mark)
        if found and rest:
            return f"{head}{found}***"
    return text[:3] + "***" if len(text) > 6 else "***"


def _email(text: str) -> str:
    name, _, domain = text.partition("@")
    return f"{name[:1]}***@{domain}" if domain else "***"


_MASKS: dict[str, Callable[[str], str]] = {
    "name_m": _name,
    "idcard_m": lambda text: _middle(text, 6, 4),
    "phone_m": lambda text: _middle(text, 3, 4),
    "bank_m": lambda text: _middle(text, 0, 4) if len(text) > 8 else "***",
    "addr_m": _address,
    "email_m": _email,
    "hide": lambda _text: "***",
}
MASKS = tuple(_MASKS)
