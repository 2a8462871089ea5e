"""Which languages the columns of a workbook speak."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from forms.labels import Label

NAMES = {"zh": "中文 (zh)", "en": "English (en)"}
_CODE = re.compile(r"\(([A-Za-z]{2,3})[^)]*\)\s*$")
_CHINESE = re.compile("[\u3400-\u9fff]")
_WORDS = {
    "chinese": "zh",
    "中文": "zh",
    "汉语": "zh",
    "简体中文": "zh",
    "zh": "zh",
    "english": "en",
    "英文": "en",
    "en": "en",
}


def language_of(name: str) -> str:
    """Return the code of a language as a column names it, or the name itself where it is not known."""
    match = _CODE.search(name)
    code = match[1].casefold() if match else name.strip().casefold()
    code = _WORDS.get(code, code)
    return code[:2] if code[:2] in NAMES and (match or code in NAMES) else name.strip()


def spoken(text: str) -> str:
    """Return the language that *text* is in: Chinese where it has Chinese characters."""
    return "zh" if _CHINESE.search(text) else "en"


def label_of(texts: Mapping[str, str]) -> Label | None:
    """Return the label of what stands in the columns, by language; the key ``""`` is the column without one.

    Another language takes the place of Chinese where neither Chinese nor English is there.
    """
    found = {code: texts[code] for code in NAMES if texts.get(code)}
    if plain := texts.get("", ""):
        found.setdefault(spoken(plain), plain)
    if not found:
        other = next((text for text in texts.values() if text), "")
        return Label(other) if other else None
    zh, en = found.get("zh", ""), found.get("en", "")
    if not zh:
        return Label.of({"en": en})
    return Label(zh, "" if en == zh else en)


def columns(head: str, label: Label | None, languages: Iterable[str]) -> dict[str, str]:
    """Return the cells of a label, one column for each of *languages*."""
    if label is None:
        return {}
    return {f"{head}::{NAMES[code]}": label.get(code) for code in languages}
