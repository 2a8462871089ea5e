"""What people type and spreadsheets hand over, brought into one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from forms.answers.problems import Invalid
from forms.labels import Label

#: Excel keeps 15 significant digits; a longer number in a number cell has already lost its last ones.
EXCEL_DIGITS = 15
#: Longer numbers are out of range whatever their digits.
LONGEST_NUMBER = 60

#: Full-width signs, and the dashes that Chinese keyboards and word processors put for a hyphen. Not the compatibility
#: forms of Unicode at large: those would turn ``10²`` into 102.
_NARROW = (
    {0xFF01 + offset: 0x21 + offset for offset in range(94)}
    | dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-")
    | {ord("￥"): "¥"}
)
_UNSEEN = {"Cf", "Cc", "Cs"}
_NOT_CHARACTERS = {"\ufffe", "\uffff"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_GROUPED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,4}(,\d{4})+)(\.\d*)?", re.ASCII)


def plain_text(raw: Any) -> str:
    """Return *raw* as text: strange blanks plain, line ends alike, zero-width and control characters gone, trimmed.

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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Composed last: characters that were taken out may have kept others apart.
    return unicodedata.normalize("NFC", "".join(map(_plain_character, text))).strip()


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in {"Zl", "Zp"}:
        return "\n"
    unseen = category in _UNSEEN and character not in "\n\t"
    return "" if unseen or character in _NOT_CHARACTERS else character


def narrow_text(raw: Any) -> str:
    """Return *raw* as text with full-width signs narrowed, dashes as hyphens and no blanks at all."""
    text = plain_text(raw)
    if text.isascii():
        return "".join(text.split())
    return unicodedata.normalize("NFC", "".join(narrow_signs(text).split()))


def narrow_signs(text: str) -> str:
    """Return *text* with full-width letters, digits and signs narrowed."""
    return text if text.isascii() else text.translate(_NARROW)


def read_number(raw: Any, units: Iterable[str] = ()) -> Decimal | None:
    """Return the number meant by *raw*, or None.

    Text may group its digits by three or four (``1,200``), begin with ¥ and end with % or one of *units* (``12人``). A
    float counts for its 15 digits, which is what a spreadsheet shows. What is far too long is infinite.
    """
    if isinstance(raw, bool | list | dict):
        return None
    if isinstance(raw, float):
        text = format(Decimal(f"{raw:.15g}"), "f")
    elif isinstance(raw, Decimal):
        text = format(raw, "f")
    else:
        text = narrow_text(raw).removesuffix("%").removeprefix("¥")
        if not _NUMBER.fullmatch(text):
            text = next((text.removesuffix(unit) for unit in map(narrow_text, units) if text.endswith(unit)), text)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        return None
    if len(text) > LONGEST_NUMBER:
        return Decimal("-Infinity" if text.startswith("-") else "Infinity")
    return Decimal(text)


ROUNDED = Label(
    "Excel 已把这个号码的末几位改成 0，请把单元格设为“文本”后重新填写",
    "Excel has rounded the last digits of this number; set the cell to Text and type it again",
)
#: How a long number looks once a spreadsheet has saved it as text.
SCIENTIFIC = re.compile(r"\s*[1-9](\.\d+)?[Ee]\+\d{2}\s*", re.ASCII)


def refuse_rounded(raw: Any) -> None:
    """Raise Invalid when a cell of a workbook cannot have kept all the digits of an identifier."""
    if isinstance(raw, str):
        rounded = "+" in raw and SCIENTIFIC.fullmatch(raw) is not None
    else:
        rounded = isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= 10**EXCEL_DIGITS
    if rounded:
        raise Invalid("rounded_by_excel", ROUNDED)


def wrong_check_digit(text: str, message: Label) -> Invalid:
    """Return the error of a wrong check digit.

    Digits behind the fifteenth that are all 0 look as if a spreadsheet had rounded the number before it became text.
    """
    lost = text[EXCEL_DIGITS:]
    if not lost or lost.strip("0"):
        return Invalid("check_digit", message)
    return Invalid(
        "check_digit",
        Label(
            f"{message.zh}；末尾是 0，可能被 Excel 改过，请对照原件",
            f"{message.en}; it ends in 0, Excel may have rounded it",
        ),
    )
