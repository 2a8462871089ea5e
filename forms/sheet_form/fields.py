"""Fields as a definition writes them, from what their headings say and what type was found."""

from __future__ import annotations

import re
from typing import Any

from pypinyin import lazy_pinyin

from forms.labels import Label
from forms.sheet_form.findings import ASK, LIKELY, Finding, Findings
from forms.sheet_form.guessing import Guess
from forms.sheet_form.heading import Heading
from forms.xlsform.keys import key_of

LONGEST_KEY = 32
#: The keys of form and sub-table make the name of a database table together.
LONGEST_FORM_KEY, LONGEST_TABLE_KEY = 24, 16
LONG_TEXT = 100
_LENGTH = re.compile(r"(\d{2,4})个?字")
_FILES = re.compile(r"(\d+)\s*[-~—至]\s*(\d+)\s*(?:张|个|份)")
#: Types whose answers are personal data, whatever the form.
_PERSONAL = frozenset(["id_card", "phone", "bank_card", "email", "signature"])
_PERSON = re.compile("姓名|住址|家庭|出生|负责人|责任人|联系人|填表人|管理员")


class Fields:
    """Makes the fields of one form; no key stands twice."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._taken: dict[str, set[str]] = {}

    def key(self, name: str, table: str = "", longest: int = LONGEST_KEY) -> str:
        """Return a new key for *name* among the fields of the form, or the columns of *table*: its pinyin."""
        taken = self._taken.setdefault(table, set())
        syllables = lazy_pinyin(re.sub(r"[^\w]", "", name))
        while len(syllables) > 1 and len("_".join(syllables)) > longest:
            syllables.pop()
        key = key_of("_".join(syllables), taken, longest=longest)
        taken.add(key)
        return key

    def make(self, said: Heading, guessed: Guess, place: str, table: str = "") -> dict[str, Any]:
        """Return the field and note what it was made from."""
        key = self.key(said.name, table)
        path = f"{table}.{key}" if table else key
        settings = dict(guessed.settings)
        guessed = self._hinted(said, guessed, settings)
        raw: dict[str, Any] = {"key": key, "type": guessed.type, "label": {"zh": said.name}}
        self.findings.append(Finding("type", place, guessed.sure, guessed.why, path))
        if said.required:
            raw["required"] = True
            self.findings.sure("required", place, Label("标了必填", "Marked as required"), path)
        if said.hint:
            raw["help"] = {"zh": said.hint}
        if said.unit:
            raw["unit"] = {"zh": said.unit}
            self.findings.sure("unit", place, Label(f"单位“{said.unit}”", f"The unit “{said.unit}”"), path)
        if guessed.options:
            raw["options"] = [{"code": str(number), "zh": text} for number, text in enumerate(guessed.options, 1)]
            count = len(guessed.options)
            self.findings.sure("options", place, Label(f"{count} 个选项", f"{count} options"), path)
        raw.update(settings)
        if guessed.type in _PERSONAL or _PERSON.search(said.name):
            message = Label("多半是个人信息，请选敏感级别和脱敏方式", "Probably personal: choose class and mask")
            self.findings.ask("personal", place, message, path)
        return raw

    @staticmethod
    def _hinted(said: Heading, guessed: Guess, settings: dict[str, Any]) -> Guess:
        """Take the length of a text and the number of files out of the hint."""
        if guessed.type in {"text", "textarea"} and (match := _LENGTH.search(said.hint)):
            settings.setdefault("max_length", int(match[1]))
            kind = "textarea" if int(match[1]) >= LONG_TEXT else guessed.type
            sure = LIKELY if guessed.sure == ASK else guessed.sure
            return Guess(kind, sure, Label("表头写了字数", "The heading gives a length"))
        if guessed.type in {"file", "image"} and (match := _FILES.search(said.hint)):
            settings.update({"multiple": True, "min_files": int(match[1]), "max_files": int(match[2])})
        return guessed
